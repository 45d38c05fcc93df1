"""What the audit trail is asked for is found by indexes, however long the trail is."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("actor", "action", "subject"):
        column = "actor_id" if name == "actor" else name
        op.create_index(
            f"portal_audit_by_{name}",
            "portal_audit",
            ["tenancy_id", column, sa.text("at desc"), sa.text("id desc")],
            unique=False,
        )
