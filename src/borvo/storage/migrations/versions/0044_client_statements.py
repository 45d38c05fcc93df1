"""How long ago people may have signed in by default, and what programs say of themselves that register clients."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("client", sa.Column("default_max_age", sa.Integer()))
    texts = postgresql.ARRAY(sa.Text())
    op.add_column("client_registration", sa.Column("contacts", texts, server_default="{}", nullable=False))
    for name in ("software_id", "software_version", "initiate_login_uri"):
        op.add_column("client_registration", sa.Column(name, sa.Text(), server_default="", nullable=False))
