"""What developers say of a client, its states, its logo, and when it was last used."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("description", "tos_uri", "policy_uri"):
        op.add_column("client", sa.Column(name, sa.Text(), server_default="", nullable=False))
    for name in ("access_token_minutes", "refresh_token_days", "refresh_token_idle_days"):
        op.add_column("client", sa.Column(name, sa.Integer()))
    op.add_column("client", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    for name in ("live_at", "deleted_at", "tokens_void_before"):
        op.add_column("client", sa.Column(name, sa.DateTime(timezone=True)))
    op.create_check_constraint(
        op.f("client_deletion_check"), "client", "deleted_at is null or disabled_at is not null"
    )
    op.create_table(
        "client_logo",
        sa.Column("client_key", postgresql.UUID(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("client_key", name=op.f("client_logo_pkey")),
    )
    op.create_index(op.f("client_logo_digest_ix"), "client_logo", ["digest"])
    op.create_table(
        "client_usage",
        sa.Column("client_key", postgresql.UUID(), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("client_key", name=op.f("client_usage_pkey")),
    )
