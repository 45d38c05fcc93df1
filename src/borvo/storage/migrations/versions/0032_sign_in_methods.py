"""How people proved who they are, kept with sessions and with what follows from them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_HOLDERS = ("login_session", "authorization_code", "token_family", "device_authorization")


def upgrade() -> None:
    for table in _HOLDERS:
        # Until now there was the password and nothing else.
        op.add_column(table, sa.Column("methods", ARRAY(sa.Text()), nullable=False, server_default="{pwd}"))
