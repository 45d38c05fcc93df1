"""When a signing key takes over, and when one is withdrawn; the private part of one that has served is erased."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("signing_key", sa.Column("activates_at", sa.DateTime(timezone=True)))
    op.execute("update signing_key set activates_at = created_at")
    op.alter_column("signing_key", "activates_at", nullable=False)
    op.alter_column("signing_key", "retired_at", new_column_name="withdrawn_at")
    op.alter_column("signing_key", "sealed_private_jwk", nullable=True)
