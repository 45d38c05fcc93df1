"""People who stand in for people while a developer tries a client."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("person", sa.Column("sandbox_tenancy_id", sa.UUID()))
    op.create_index(
        "person_sandbox",
        "person",
        ["created_at"],
        postgresql_where=sa.text("sandbox_tenancy_id is not null"),
    )
