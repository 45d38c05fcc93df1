"""Exports of samples, and their files in parts."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    counts = ("position", "total", "written")
    op.create_table(
        "sample_export",
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in counts),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("after_id", sa.UUID()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("failed_at", sa.DateTime(timezone=True)),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "id", name=op.f("sample_export_pkey")),
    )
    op.create_index(op.f("sample_export_expires_at_ix"), "sample_export", ["expires_at"])
    op.create_index(
        "sample_export_waiting",
        "sample_export",
        ["created_at"],
        postgresql_where=sa.text("finished_at is null and failed_at is null"),
    )
    op.create_table(
        "sample_export_part",
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("export_id", sa.UUID(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "export_id", "number", name=op.f("sample_export_part_pkey")),
    )
