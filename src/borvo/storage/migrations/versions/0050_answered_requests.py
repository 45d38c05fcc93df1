"""A code names the request that waited and is answered by it.

The column comes empty, without a look at the table.
"""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("authorization_code", sa.Column("request_digest", sa.LargeBinary()))
