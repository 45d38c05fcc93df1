"""Requests that clients push or publish, and the resources that they ask access to."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_HOLDERS = ("authorization_code", "token_family", "device_authorization")


def upgrade() -> None:
    op.add_column("authorization_request", sa.Column("client_id", sa.Text()))
    op.add_column("authorization_request", sa.Column("pushed_until", sa.DateTime(timezone=True)))
    op.add_column("authorization_request", sa.Column("opened_at", sa.DateTime(timezone=True)))
    for table in _HOLDERS:
        op.add_column(table, sa.Column("resources", ARRAY(sa.Text()), nullable=False, server_default="{}"))
    op.add_column("client", sa.Column("request_uris", ARRAY(sa.Text()), nullable=False, server_default="{}"))
