"""What a client may be set to for the flows beyond the first ones."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("is_public", "allows_front_channel_tokens"):
        op.add_column("client", sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False))
    defaults = {
        "access_token_format": "jwt",
        "signing_algorithm": "RS256",
        "frontchannel_logout_uri": "",
        "backchannel_logout_uri": "",
    }
    for name, default in defaults.items():
        op.add_column("client", sa.Column(name, sa.Text(), server_default=default, nullable=False))
    op.add_column(
        "client",
        sa.Column(
            "post_logout_redirect_uris", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False
        ),
    )
