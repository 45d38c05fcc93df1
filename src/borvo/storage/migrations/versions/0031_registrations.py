"""Clients that programs register: initial access tokens, and what opens a registration."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "initial_token",
        sa.Column("tenancy_id", postgresql.UUID(), nullable=False),
        sa.Column("id", postgresql.UUID(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("ending", sa.Text(), nullable=False),
        sa.Column("maker_id", postgresql.UUID()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.Column("made", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("tenancy_id", "id", name=op.f("initial_token_pkey")),
        sa.UniqueConstraint("digest", name=op.f("initial_token_digest_key")),
    )
    op.create_index(op.f("initial_token_expires_at_ix"), "initial_token", ["expires_at"])
    op.create_table(
        "client_registration",
        sa.Column("client_key", postgresql.UUID(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("secret_method", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("client_key", name=op.f("client_registration_pkey")),
        sa.UniqueConstraint("digest", name=op.f("client_registration_digest_key")),
    )
    op.alter_column("client_secret", "created_by", nullable=True)
