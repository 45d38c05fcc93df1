"""When a mark was set: used to know what may have been forgotten by a restore."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("database_mark", sa.Column("at", sa.DateTime(timezone=True)))
