"""Tables of people. Every table that grows with people is keyed by the person first, so that it can be sharded."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, UUID

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
    # Nobody reaches the account from then on, since she closed it or support suspended it.
    sa.Column("closed_at", _INSTANT),
    # When all that is hers goes, unless she signs in before.
    sa.Column("erase_at", _INSTANT),
    # Support's doing: until it is lifted, she cannot come back herself.
    sa.Column("suspended_at", _INSTANT),
    # Counts up when all her sessions end: who proved something before, and is not signed in yet, comes too late.
    sa.Column("sign_in_epoch", sa.Integer, nullable=False, server_default="0"),
    # No access token about her that was issued before is believed.
    sa.Column("tokens_void_before", _INSTANT),
    # Set for a stand-in that a developer's test drive made and deletes: nobody real, for no list of people.
    sa.Column("sandbox_tenancy_id", UUID),
)
sa.Index("person_erase", person.c.erase_at, postgresql_where=person.c.erase_at.is_not(None))
sa.Index("person_sandbox", person.c.created_at, postgresql_where=person.c.sandbox_tenancy_id.is_not(None))

# The directory that finds a person by address: the one table keyed otherwise, since uniqueness needs it.
person_email = sa.Table(
    "person_email",
    metadata,
    sa.Column("email", sa.Text, primary_key=True),
    sa.Column("person_id", UUID, nullable=False),
    # Set for an address that she left, and may go back to until then.
    sa.Column("kept_until", _INSTANT),
)

# Of a link in a mail: of one that makes an account, the person is who would come about.
account_link = sa.Table(
    "account_link",
    metadata,
    sa.Column("person_id", UUID, primary_key=True),
    sa.Column("token_digest", sa.LargeBinary, primary_key=True),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("email", sa.Text, nullable=False),
    sa.Column("return_to", sa.Text, nullable=False),
    sa.Column("browser_digest", sa.LargeBinary, nullable=False),
    sa.Column("created_at", _INSTANT, nullable=False),
    sa.Column("expires_at", _INSTANT, nullable=False, index=True),
    sa.Column("used_at", _INSTANT),
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
    # Set while it rests, since she came back by her mailbox alone: it opens nothing until then.
    sa.Column("held_until", _INSTANT),
)

# One row for whoever told anything; empty text where nothing is told.
person_profile = sa.Table(
    "person_profile",
    metadata,
    sa.Column("person_id", UUID, primary_key=True),
    sa.Column("middle_name", sa.Text, nullable=False),
    sa.Column("nickname", sa.Text, nullable=False),
    sa.Column("preferred_username", sa.Text, nullable=False),
    sa.Column("profile", sa.Text, nullable=False),
    sa.Column("picture", sa.Text, nullable=False),
    sa.Column("website", sa.Text, nullable=False),
    sa.Column("gender", sa.Text, nullable=False),
    sa.Column("birthdate", sa.Text, nullable=False),
    sa.Column("zoneinfo", sa.Text, nullable=False),
    sa.Column("locale", sa.Text, nullable=False),
    sa.Column("phone_number", sa.Text, nullable=False),
    sa.Column("phone_number_verified_at", _INSTANT),
    sa.Column("street_address", sa.Text, nullable=False),
    sa.Column("locality", sa.Text, nullable=False),
    sa.Column("region", sa.Text, nullable=False),
    sa.Column("postal_code", sa.Text, nullable=False),
    sa.Column("country", sa.Text, nullable=False),
    sa.Column("updated_at", _INSTANT, nullable=False),
)

login_session = sa.Table(
    "login_session",
    metadata,
    sa.Column("person_id", UUID, primary_key=True),
    sa.Column("id", UUID, primary_key=True),
    sa.Column("token_digest", sa.LargeBinary, nullable=False),
    sa.Column("user_agent", sa.Text, nullable=False),
    sa.Column("client_address", sa.Text, nullable=False, server_default=""),
    sa.Column("authenticated_at", _INSTANT, nullable=False),
    sa.Column("last_seen_at", _INSTANT, nullable=False),
    sa.Column("expires_at", _INSTANT, nullable=False, index=True),
    sa.Column("ended_at", _INSTANT),
    # How she proved who she is (RFC 8176).
    sa.Column("methods", ARRAY(sa.Text), nullable=False, server_default="{pwd}"),
)

attempt_counter = sa.Table(
    "attempt_counter",
    metadata,
    sa.Column("subject", sa.LargeBinary, primary_key=True),
    sa.Column("window_start", _INSTANT, primary_key=True, index=True),
    sa.Column("attempts", sa.Integer, nullable=False),
)
