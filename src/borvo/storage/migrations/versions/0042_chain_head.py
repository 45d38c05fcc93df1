"""The signed end of the chain of security events, and which links were made since there is one."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "security_event_head",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("security_event_head_pkey")),
    )
    for table in ("security_event_link", "security_event_anchor"):
        op.add_column(table, sa.Column("is_headed", sa.Boolean(), server_default=sa.false(), nullable=False))
