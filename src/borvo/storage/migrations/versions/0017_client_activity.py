"""What clients do by the day, and how near they come to limits."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "client_activity",
        sa.Column("client_key", sa.UUID(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("client_key", "day", "kind", name=op.f("client_activity_pkey")),
    )
    op.create_index(op.f("client_activity_day_ix"), "client_activity", ["day"], unique=False)
    op.create_table(
        "client_limit_peak",
        sa.Column("client_key", sa.UUID(), nullable=False),
        sa.Column("limit_name", sa.Text(), nullable=False),
        sa.Column("window_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "client_key", "limit_name", "window_start", name=op.f("client_limit_peak_pkey")
        ),
    )
    op.create_index(
        op.f("client_limit_peak_window_start_ix"), "client_limit_peak", ["window_start"], unique=False
    )
