"""Samples and how many there are a day."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sample",
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("position", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("type_code", sa.SmallInteger(), nullable=False),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("device", sa.Text(), nullable=True),
        sa.Column("client_key", sa.UUID(), nullable=False),
        sa.Column("client_assigned_id", sa.Text(), nullable=True),
        sa.Column("content_digest", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("person_id", "id", "position", name=op.f("sample_pkey")),
    )
    for name, column in (("sample_by_start", "start_at"), ("sample_by_end", "end_at")):
        op.create_index(
            name, "sample", ["person_id", "type_code", column, "id"], postgresql_where=sa.text("position = 0")
        )
    op.create_index(
        "sample_by_client_assigned_id",
        "sample",
        ["person_id", "client_key", "client_assigned_id"],
        unique=True,
        postgresql_where=sa.text("position = 0 and client_assigned_id is not null"),
    )
    op.create_table(
        "sample_count",
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("type_code", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("samples", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "type_code", "day", name=op.f("sample_count_pkey")),
    )
