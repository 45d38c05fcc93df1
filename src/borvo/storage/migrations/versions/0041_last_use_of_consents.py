"""When an app last used what a person allows it."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("consent", sa.Column("last_used_at", sa.DateTime(timezone=True)))
