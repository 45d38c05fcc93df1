"""What is known of a client secret: its end, its label, its last characters, its last use."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("client_secret", sa.Column("expires_at", sa.DateTime(timezone=True)))
    op.add_column("client_secret", sa.Column("label", sa.Text(), nullable=False, server_default=""))
    op.add_column("client_secret", sa.Column("ending", sa.Text(), nullable=False, server_default=""))
    op.add_column("client_secret", sa.Column("last_used_at", sa.DateTime(timezone=True)))
    op.add_column("client_secret", sa.Column("warned_days", sa.SmallInteger()))
    op.create_index(
        "client_secret_by_digest",
        "client_secret",
        ["digest"],
        postgresql_where=sa.text("algorithm = 'hmac-sha256'"),
    )
    op.create_index(
        "client_secret_by_end",
        "client_secret",
        ["expires_at"],
        postgresql_where=sa.text("expires_at is not null"),
    )
