"""Agencies: invites, consents with all their versions, query tokens, and the log of what was read."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_TEXTS = postgresql.ARRAY(sa.Text())

# As with security events: whoever asks, rows stay as they are, and those of the last year stay.
_APPEND_ONLY = """
create function keep_agency_records() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    if old.at < now() - interval '1 year' then
      return old;
    end if;
  end if;
  raise exception 'consents and reads are only added to, never changed' using errcode = 'insufficient_privilege';
end $$
"""
_GUARD_ROWS = """create trigger {table}_rows before update or delete on {table}
                 for each row execute function keep_agency_records()"""
_GUARD_TABLE = """create trigger {table}_table before truncate on {table}
                  for each statement execute function keep_agency_records()"""


def upgrade() -> None:
    _create_invites()
    _create_consents()
    _create_reads()
    op.execute(_APPEND_ONLY)
    for table in ("agency_consent", "agency_access"):
        op.execute(_GUARD_ROWS.format(table=table))
        op.execute(_GUARD_TABLE.format(table=table))


def _create_invites() -> None:
    op.create_table(
        "agency_invite",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("client_key", sa.UUID(), nullable=False),
        sa.Column("agent_id", sa.UUID(), nullable=True),
        sa.Column("agency_id", sa.UUID(), nullable=False),
        sa.Column("is_organisation", sa.Boolean(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("phone_number", sa.Text(), nullable=False),
        sa.Column("scopes", _TEXTS, nullable=False),
        sa.Column("unregistered", _TEXTS, nullable=False),
        sa.Column("notify_path", sa.Text(), nullable=False),
        sa.Column("notify_state", sa.Text(), nullable=False),
        sa.Column("redirect_path", sa.Text(), nullable=False),
        sa.Column("redirect_state", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("duration_days", sa.Integer(), nullable=True),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("sent_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_at", _TIME, nullable=True),
        sa.Column("answered_by", sa.UUID(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("agency_invite_pkey")),
        sa.UniqueConstraint("token_digest", name=op.f("agency_invite_token_digest_key")),
    )
    op.create_index("agency_invite_by_agency", "agency_invite", ["agency_id", "created_at"])
    op.create_index(op.f("agency_invite_expires_at_ix"), "agency_invite", ["expires_at"])
    op.create_table(
        "agency_kept_invite",
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("invite_id", sa.UUID(), nullable=False),
        sa.Column("kept_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("person_id", "invite_id", name=op.f("agency_kept_invite_pkey")),
    )


def _create_consents() -> None:
    op.create_table(
        "agency_relationship",
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("client_key", sa.UUID(), nullable=False),
        sa.Column("agency_id", sa.UUID(), nullable=False),
        sa.Column("is_organisation", sa.Boolean(), nullable=False),
        sa.Column("subject", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("scopes", _TEXTS, nullable=False),
        sa.Column("data_from", _TIME, nullable=True),
        sa.Column("until", _TIME, nullable=True),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.Column("granted_at", _TIME, nullable=False),
        sa.Column("changed_at", _TIME, nullable=False),
        sa.Column("first_read_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint(
            "person_id", "client_key", "agency_id", name=op.f("agency_relationship_pkey")
        ),
        sa.UniqueConstraint("subject", name=op.f("agency_relationship_subject_key")),
    )
    op.create_index(
        "agency_relationship_by_agency", "agency_relationship", ["agency_id", "client_key", "subject"]
    )
    op.create_table(
        "agency_consent",
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("subject", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.Column("scopes", _TEXTS, nullable=False),
        sa.Column("data_from", _TIME, nullable=True),
        sa.Column("until", _TIME, nullable=True),
        sa.Column("shown", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "subject", "version", name=op.f("agency_consent_pkey")),
    )


def _create_reads() -> None:
    op.create_table(
        "agency_query_token",
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("client_key", sa.UUID(), nullable=False),
        sa.Column("agent_id", sa.UUID(), nullable=True),
        sa.Column("subjects", postgresql.ARRAY(sa.UUID()), nullable=False),
        sa.Column("versions", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("used_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("token_digest", name=op.f("agency_query_token_pkey")),
    )
    op.create_index(op.f("agency_query_token_expires_at_ix"), "agency_query_token", ["expires_at"])
    op.create_table(
        "agency_access",
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("subject", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.UUID(), nullable=True),
        sa.Column("agent_name", sa.Text(), nullable=False),
        sa.Column("organisation_name", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("client_name", sa.Text(), nullable=False),
        sa.Column("types", _TEXTS, nullable=False),
        sa.Column("period_from", _TIME, nullable=True),
        sa.Column("period_until", _TIME, nullable=True),
        sa.Column("samples", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "id", name=op.f("agency_access_pkey")),
    )
    op.create_index("agency_access_by_subject", "agency_access", ["person_id", "subject", "at"])
