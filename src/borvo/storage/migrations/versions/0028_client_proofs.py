"""How clients prove who they are, push what they ask, bind their tokens, and know people."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_TEXTS = {
    "token_endpoint_auth_method": "secret",
    "jwks": "",
    "jwks_uri": "",
    "subject_type": "public",
    "sector_identifier_uri": "",
}
_SWITCHES = (
    "require_pushed_authorization_requests",
    "require_signed_request_object",
    "dpop_bound_access_tokens",
)


def upgrade() -> None:
    for name, default in _TEXTS.items():
        op.add_column("client", sa.Column(name, sa.Text(), nullable=False, server_default=default))
    for name in _SWITCHES:
        op.add_column("client", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("client", sa.Column("userinfo_signed_response_alg", sa.Text()))
