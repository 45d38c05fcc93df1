"""Reminders of invites that people keep, and who wants none."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("agency_kept_invite", sa.Column("remind_at", sa.DateTime(timezone=True)))
    op.add_column(
        "agency_kept_invite", sa.Column("reminders", sa.Integer(), nullable=False, server_default="0")
    )
    op.create_index("agency_kept_invite_by_reminder", "agency_kept_invite", ["remind_at"])
    op.create_table(
        "agency_reminder_refusal",
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("agency_reminder_refusal_pkey")),
    )
