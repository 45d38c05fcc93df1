"""Codes and refresh tokens that are bound to a key, and the proofs of possession that were used."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("authorization_code", sa.Column("dpop_jkt", sa.Text()))
    op.add_column("token_family", sa.Column("dpop_jkt", sa.Text()))
    op.create_table(
        "used_proof",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("used_proof_pkey")),
    )
    op.create_index(op.f("used_proof_expires_at_ix"), "used_proof", ["expires_at"])
