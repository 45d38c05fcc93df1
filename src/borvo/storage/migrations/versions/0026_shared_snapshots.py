"""Results of the two-step query for agencies, and what erasing a person leaves behind."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "shared_snapshot",
        sa.Column("key_digest", sa.LargeBinary(), nullable=False),
        sa.Column("client_key", sa.UUID(), nullable=False),
        sa.Column("agent_id", sa.UUID()),
        sa.Column("query", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key_digest", name=op.f("shared_snapshot_pkey")),
    )
    op.create_index(op.f("shared_snapshot_expires_at_ix"), "shared_snapshot", ["expires_at"])
    op.create_index("shared_snapshot_by_maker", "shared_snapshot", ["client_key", "agent_id", "expires_at"])
    op.create_table(
        "shared_snapshot_part",
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("key_digest", sa.LargeBinary(), nullable=False),
        sa.Column("subject", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True)),
        sa.Column("codes", postgresql.ARRAY(sa.SmallInteger()), nullable=False),
        sa.Column("guarded", postgresql.ARRAY(sa.SmallInteger()), nullable=False),
        sa.Column("readable", postgresql.ARRAY(sa.SmallInteger()), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "key_digest", "subject", name=op.f("shared_snapshot_part_pkey")),
    )
    op.create_index("shared_snapshot_part_by_key", "shared_snapshot_part", ["key_digest"])
    op.add_column(
        "sample_position",
        sa.Column("erased_position", sa.BigInteger(), nullable=False, server_default="0"),
    )
    op.add_column(
        "sample_position", sa.Column("is_closed", sa.Boolean(), nullable=False, server_default=sa.false())
    )
