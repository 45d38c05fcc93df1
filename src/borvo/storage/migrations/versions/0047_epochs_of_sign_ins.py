"""When all sessions of a person end, sign-ins that are under way end, too."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("person", sa.Column("sign_in_epoch", sa.Integer(), server_default="0", nullable=False))
