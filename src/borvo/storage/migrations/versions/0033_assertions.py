"""Assertions that clients used, and the secrets of those that sign with them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "used_assertion",
        sa.Column("client_key", UUID(), primary_key=True),
        sa.Column("digest", sa.LargeBinary(), primary_key=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("used_assertion_expires_at_ix", "used_assertion", ["expires_at"])
    op.add_column("client_secret", sa.Column("sealed", sa.LargeBinary()))
