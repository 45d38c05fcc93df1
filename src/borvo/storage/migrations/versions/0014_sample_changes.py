"""Versions, offsets and positions of samples, and what samples were before they were changed."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sample", sa.Column("version", sa.Integer()))
    for name in ("start_offset", "end_offset"):
        op.add_column("sample", sa.Column(name, sa.SmallInteger()))
    for name in ("created_position", "changed_position"):
        op.add_column("sample", sa.Column(name, sa.BigInteger(), server_default="0", nullable=False))
    op.create_index(
        "sample_by_change",
        "sample",
        ["person_id", "changed_position", "id"],
        postgresql_where=sa.text("position = 0"),
    )
    op.create_table(
        "sample_position",
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("deleted_position", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("sample_position_pkey")),
    )
    _create_past()


def _create_past() -> None:
    instants = ("start_at", "end_at", "created_at")
    op.create_table(
        "sample_past",
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("position", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("type_code", sa.SmallInteger(), nullable=False),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=False) for name in instants),
        sa.Column("value", sa.Double()),
        sa.Column("category", sa.Text()),
        sa.Column("device", sa.Text()),
        sa.Column("client_key", sa.UUID(), nullable=False),
        sa.Column("client_assigned_id", sa.Text()),
        sa.Column("content_digest", sa.LargeBinary()),
        sa.Column("version", sa.Integer()),
        sa.Column("start_offset", sa.SmallInteger()),
        sa.Column("end_offset", sa.SmallInteger()),
        sa.Column("created_position", sa.BigInteger(), nullable=False),
        sa.Column("changed_position", sa.BigInteger(), nullable=False),
        sa.Column("ended_position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint(
            "person_id", "id", "position", "ended_position", name=op.f("sample_past_pkey")
        ),
    )
    op.create_index("sample_past_by_end", "sample_past", ["person_id", "ended_position"])
    op.create_index(
        "sample_past_by_client_assigned_id",
        "sample_past",
        ["person_id", "client_key", "client_assigned_id"],
        postgresql_where=sa.text("is_deleted"),
    )
