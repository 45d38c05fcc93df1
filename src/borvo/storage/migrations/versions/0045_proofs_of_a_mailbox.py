"""Who has shown in a session that she reads her mail, before her first second factor counts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "mailbox_proof",
        sa.Column("person_id", postgresql.UUID(), nullable=False),
        sa.Column("session_id", postgresql.UUID(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("code_digest", sa.LargeBinary()),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("proved_at", instant),
        sa.Column("expires_at", instant, nullable=False),
        sa.PrimaryKeyConstraint("person_id", "session_id"),
    )
    op.create_index("mailbox_proof_expires_at_ix", "mailbox_proof", ["expires_at"])
