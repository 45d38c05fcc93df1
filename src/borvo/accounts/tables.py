"""Tables of people. Every table that grows with people is keyed by the person first, so that it can be sharded."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import UUID

from borvo.storage.schema import metadata

_INSTANT = sa.DateTime(timezone=True)

person = sa.Table(
    "person",
    metadata,
    sa.Column("id", UUID, primary_key=True),
    sa.Column("email", sa.Text, nullable=False),
    sa.Column("email_verified_at", _INSTANT),
    sa.Column("given_name", sa.Text, nullable=False),
    sa.Column("family_name", sa.Text, nullable=False),
    sa.Column("created_at", _INSTANT, nullable=False),
    sa.Column("closed_at", _INSTANT),
)

# The directory that finds a person by address: the one table keyed otherwise, since uniqueness needs it.
person_email = sa.Table(
    "person_email",
    metadata,
    sa.Column("email", sa.Text, primary_key=True),
    sa.Column("person_id", UUID, nullable=False),
)

person_password = sa.Table(
    "person_password",
    metadata,
    sa.Column("person_id", UUID, primary_key=True),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("changed_at", _INSTANT, nullable=False),
)

person_role = sa.Table(
    "person_role",
    metadata,
    sa.Column("person_id", UUID, primary_key=True),
    sa.Column("role", sa.Text, primary_key=True),
    sa.Column("granted_at", _INSTANT, nullable=False),
)

login_session = sa.Table(
    "login_session",
    metadata,
    sa.Column("person_id", UUID, primary_key=True),
    sa.Column("id", UUID, primary_key=True),
    sa.Column("token_digest", sa.LargeBinary, nullable=False),
    sa.Column("user_agent", sa.Text, nullable=False),
    sa.Column("authenticated_at", _INSTANT, nullable=False),
    sa.Column("last_seen_at", _INSTANT, nullable=False),
    sa.Column("expires_at", _INSTANT, nullable=False, index=True),
    sa.Column("ended_at", _INSTANT),
)

attempt_counter = sa.Table(
    "attempt_counter",
    metadata,
    sa.Column("subject", sa.LargeBinary, primary_key=True),
    sa.Column("window_start", _INSTANT, primary_key=True, index=True),
    sa.Column("attempts", sa.Integer, nullable=False),
)
