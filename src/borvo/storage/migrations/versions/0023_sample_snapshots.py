"""Results of the two-step query."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sample_snapshot",
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("key_digest", sa.LargeBinary(), nullable=False),
        sa.Column("client_key", sa.UUID(), nullable=False),
        sa.Column("consent_version", sa.Integer()),
        sa.Column("subject_id", sa.UUID(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("query", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "key_digest", name=op.f("sample_snapshot_pkey")),
    )
    op.create_index(op.f("sample_snapshot_expires_at_ix"), "sample_snapshot", ["expires_at"])
    op.create_index("sample_snapshot_by_subject", "sample_snapshot", ["subject_id"])
    op.create_index("sample_past_by_age", "sample_past", ["ended_at"])
