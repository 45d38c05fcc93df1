"""Tables of agencies. What a person decided and what was read of her begins with her, for sharding."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from borvo.storage.schema import metadata

_INSTANT = sa.DateTime(timezone=True)

# Of nobody yet: who opens the link is known by the link alone (contract 7).
agency_invite = sa.Table(
    "agency_invite",
    metadata,
    sa.Column("id", UUID, primary_key=True),
    sa.Column("token_digest", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("client_key", UUID, nullable=False),
    # Null where a client asked by itself.
    sa.Column("agent_id", UUID),
    # The organisation, or the agent in person.
    sa.Column("agency_id", UUID, nullable=False),
    sa.Column("is_organisation", sa.Boolean, nullable=False),
    sa.Column("email", sa.Text, nullable=False),
    sa.Column("phone_number", sa.Text, nullable=False),
    sa.Column("scopes", ARRAY(sa.Text), nullable=False),
    sa.Column("unregistered", ARRAY(sa.Text), nullable=False),
    sa.Column("notify_path", sa.Text, nullable=False),
    sa.Column("notify_state", sa.Text, nullable=False),
    sa.Column("redirect_path", sa.Text, nullable=False),
    sa.Column("redirect_state", sa.Text, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("duration_days", sa.Integer),
    sa.Column("created_at", _INSTANT, nullable=False),
    sa.Column("sent_at", _INSTANT, nullable=False),
    sa.Column("expires_at", _INSTANT, nullable=False, index=True),
    # 'accepted', 'declined' or 'withdrawn'; empty while it waits.
    sa.Column("answer", sa.Text, nullable=False),
    sa.Column("answered_at", _INSTANT),
    sa.Column("answered_by", UUID),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Index("agency_invite_by_agency", "agency_id", "created_at"),
)

# Invites that a person who had the link wants to decide on later.
agency_kept_invite = sa.Table(
    "agency_kept_invite",
    metadata,
    sa.Column("person_id", UUID, primary_key=True),
    sa.Column("invite_id", UUID, primary_key=True),
    sa.Column("kept_at", _INSTANT, nullable=False),
    # When the next mail about it is due; null when there is none to come.
    sa.Column("remind_at", _INSTANT),
    sa.Column("reminders", sa.Integer, nullable=False, server_default="0"),
    sa.Index("agency_kept_invite_by_reminder", "remind_at"),
)

# People who want no reminders of what they keep.
agency_reminder_refusal = sa.Table(
    "agency_reminder_refusal",
    metadata,
    sa.Column("person_id", UUID, primary_key=True),
    sa.Column("at", _INSTANT, nullable=False),
)

# The latest version of each consent, which every read looks at.
agency_relationship = sa.Table(
    "agency_relationship",
    metadata,
    sa.Column("person_id", UUID, primary_key=True),
    sa.Column("client_key", UUID, primary_key=True),
    sa.Column("agency_id", UUID, primary_key=True),
    sa.Column("is_organisation", sa.Boolean, nullable=False),
    # The only name under which the agency knows the person.
    sa.Column("subject", UUID, nullable=False, unique=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("scopes", ARRAY(sa.Text), nullable=False),
    sa.Column("data_from", _INSTANT),
    sa.Column("until", _INSTANT),
    sa.Column("standing", sa.Text, nullable=False),
    sa.Column("granted_at", _INSTANT, nullable=False),
    sa.Column("changed_at", _INSTANT, nullable=False),
    sa.Column("first_read_at", _INSTANT),
    sa.Index("agency_relationship_by_agency", "agency_id", "client_key", "subject"),
)

# Every version, as it was shown and chosen. A trigger refuses changes, and deletion within a year.
agency_consent = sa.Table(
    "agency_consent",
    metadata,
    sa.Column("person_id", UUID, primary_key=True),
    sa.Column("subject", UUID, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", _INSTANT, nullable=False),
    sa.Column("standing", sa.Text, nullable=False),
    sa.Column("scopes", ARRAY(sa.Text), nullable=False),
    sa.Column("data_from", _INSTANT),
    sa.Column("until", _INSTANT),
    # Who asked, what for, and the words and language in which it was shown.
    sa.Column("shown", JSONB, nullable=False),
    sa.Index("agency_consent_by_age", "at", postgresql_using="brin"),
)

agency_query_token = sa.Table(
    "agency_query_token",
    metadata,
    sa.Column("token_digest", sa.LargeBinary, primary_key=True),
    sa.Column("client_key", UUID, nullable=False),
    sa.Column("agent_id", UUID),
    # Side by side: whom it opens, and which version of her consent.
    sa.Column("subjects", ARRAY(UUID), nullable=False),
    sa.Column("versions", ARRAY(sa.Integer), nullable=False),
    sa.Column("expires_at", _INSTANT, nullable=False, index=True),
    sa.Column("used_at", _INSTANT),
)

# What was read of a person, written in the transaction that reads it. Rows are only added, as consents are.
agency_access = sa.Table(
    "agency_access",
    metadata,
    sa.Column("person_id", UUID, primary_key=True),
    # Of version 7, so in the order of time.
    sa.Column("id", UUID, primary_key=True),
    sa.Column("at", _INSTANT, nullable=False),
    sa.Column("subject", UUID, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("agent_id", UUID),
    # As they were called then.
    sa.Column("agent_name", sa.Text, nullable=False),
    sa.Column("organisation_name", sa.Text, nullable=False),
    sa.Column("client_id", sa.Text, nullable=False),
    sa.Column("client_name", sa.Text, nullable=False),
    sa.Column("types", ARRAY(sa.Text), nullable=False),
    sa.Column("period_from", _INSTANT),
    sa.Column("period_until", _INSTANT),
    sa.Column("samples", sa.Integer, nullable=False),
    sa.Index("agency_access_by_subject", "person_id", "subject", "at"),
    # For the clean-up, over all people: rows come in the order of time, so the smallest index will do.
    sa.Index("agency_access_by_age", "at", postgresql_using="brin"),
)
