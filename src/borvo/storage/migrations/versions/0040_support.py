"""Suspended accounts, lost second factors, and the security log by what operators look for."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("person", sa.Column("suspended_at", _INSTANT))
    op.add_column("person", sa.Column("tokens_void_before", _INSTANT))
    op.create_table(
        "factor_removal",
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("kinds", ARRAY(sa.Text()), nullable=False),
        sa.Column("asked_at", _INSTANT, nullable=False),
        sa.Column("due_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("factor_removal_pkey")),
    )
    op.create_index(op.f("factor_removal_due_at_ix"), "factor_removal", ["due_at"])
    op.create_index("security_event_by_id", "security_event", ["id"])
    op.create_index("security_event_by_kind", "security_event", ["kind", "id"])
    for column in ("address", "correlation_id"):
        op.create_index(
            f"security_event_by_{column}",
            "security_event",
            [column, "id"],
            postgresql_where=sa.text(f"{column} is not null"),
        )
