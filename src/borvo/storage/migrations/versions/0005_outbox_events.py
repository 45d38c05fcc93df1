"""What is to be delivered, and the security event log."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_outbox()
    _create_security_events()


def _create_outbox() -> None:
    op.create_table(
        "outbox_message",
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sealed_payload", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dead_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("person_id", "id", name=op.f("outbox_message_pkey")),
    )
    op.create_index(
        "outbox_message_waiting",
        "outbox_message",
        ["due_at"],
        postgresql_where=sa.text("delivered_at is null and dead_at is null"),
    )


# Whatever the program or somebody at its place asks for: rows stay as they are, and the last month's stay.
_APPEND_ONLY = """
create function keep_security_events() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    if old.at < now() - interval '30 days' then
      return old;
    end if;
  end if;
  raise exception 'security events are only added, never changed' using errcode = 'insufficient_privilege';
end $$
"""
_GUARDS = (
    """create trigger security_event_rows before update or delete on security_event
       for each row execute function keep_security_events()""",
    """create trigger security_event_table before truncate on security_event
       for each statement execute function keep_security_events()""",
)


def _create_security_events() -> None:
    op.create_table(
        "security_event",
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("correlation_id", sa.Text(), nullable=True),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "id", name=op.f("security_event_pkey")),
    )
    op.create_index(op.f("security_event_at_ix"), "security_event", ["at"])
    op.create_index(
        "security_event_by_client",
        "security_event",
        ["client_id", "id"],
        postgresql_where=sa.text("client_id is not null"),
    )
    op.execute(_APPEND_ONLY)
    for guard in _GUARDS:
        op.execute(guard)
