"""The audit trail of each developer tenancy."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# As with security events: whoever asks, rows stay as they are, and those of the last year stay.
_APPEND_ONLY = """
create function keep_portal_audit() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    if old.at < now() - interval '1 year' then
      return old;
    end if;
  end if;
  raise exception 'the audit trail is only added to, never changed' using errcode = 'insufficient_privilege';
end $$
"""
_GUARDS = (
    """create trigger portal_audit_rows before update or delete on portal_audit
       for each row execute function keep_portal_audit()""",
    """create trigger portal_audit_table before truncate on portal_audit
       for each statement execute function keep_portal_audit()""",
)


def upgrade() -> None:
    op.create_table(
        "portal_audit",
        sa.Column("tenancy_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.UUID(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("tenancy_id", "id", name=op.f("portal_audit_pkey")),
    )
    op.create_index(
        "portal_audit_by_time", "portal_audit", ["tenancy_id", sa.text("at desc"), sa.text("id desc")]
    )
    op.execute(_APPEND_ONLY)
    for guard in _GUARDS:
        op.execute(guard)
