"""Tables of developers: tenancies, their members, the clients and their secrets, and what was changed."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from borvo.storage.schema import metadata

_INSTANT = sa.DateTime(timezone=True)

tenancy = sa.Table(
    "tenancy",
    metadata,
    sa.Column("id", UUID, primary_key=True),
    sa.Column("prefix", sa.Text, nullable=False, unique=True),
    sa.Column("created_at", _INSTANT, nullable=False),
    sa.Column("suspended_at", _INSTANT),
)

tenancy_member = sa.Table(
    "tenancy_member",
    metadata,
    sa.Column("person_id", UUID, primary_key=True),
    sa.Column("tenancy_id", UUID, primary_key=True, index=True),
    sa.Column("joined_at", _INSTANT, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
)

# One that is accepted or revoked is deleted; the audit trail knows of it.
tenancy_invitation = sa.Table(
    "tenancy_invitation",
    metadata,
    sa.Column("tenancy_id", UUID, primary_key=True),
    sa.Column("id", UUID, primary_key=True),
    sa.Column("email", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("token_digest", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("invited_by", UUID, nullable=False),
    sa.Column("sent_at", _INSTANT, nullable=False),
    sa.Column("expires_at", _INSTANT, nullable=False),
    sa.UniqueConstraint("tenancy_id", "email"),
)

personal_token = sa.Table(
    "personal_token",
    metadata,
    sa.Column("person_id", UUID, primary_key=True),
    sa.Column("id", UUID, primary_key=True),
    sa.Column("tenancy_id", UUID, nullable=False),
    # Keyed, as that of generated secrets.
    sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("scopes", ARRAY(sa.Text), nullable=False),
    sa.Column("ending", sa.Text, nullable=False),
    sa.Column("created_at", _INSTANT, nullable=False),
    sa.Column("expires_at", _INSTANT, nullable=False, index=True),
    sa.Column("last_used_at", _INSTANT),
)

# With which programs register clients. Of who made it only while she is a member; null for support.
initial_token = sa.Table(
    "initial_token",
    metadata,
    sa.Column("tenancy_id", UUID, primary_key=True),
    sa.Column("id", UUID, primary_key=True),
    # Keyed, as that of generated secrets.
    sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("ending", sa.Text, nullable=False),
    sa.Column("maker_id", UUID),
    sa.Column("created_at", _INSTANT, nullable=False),
    sa.Column("expires_at", _INSTANT, nullable=False, index=True),
    # How many clients it may register, and how many it has.
    sa.Column("most", sa.Integer, nullable=False),
    sa.Column("made", sa.Integer, nullable=False, server_default="0"),
)

client = sa.Table(
    "client",
    metadata,
    sa.Column("client_id", sa.Text, primary_key=True),
    # The key inside the database: short, so that rows written by the client need not repeat a long client_id.
    sa.Column("client_key", UUID, nullable=False, unique=True),
    sa.Column("tenancy_id", UUID, nullable=False),
    sa.Column("suffix", sa.Text, nullable=False),
    sa.Column("display_name", sa.Text, nullable=False),
    sa.Column("client_uri", sa.Text, nullable=False),
    sa.Column("redirect_uris", ARRAY(sa.Text), nullable=False),
    sa.Column("grant_types", ARRAY(sa.Text), nullable=False),
    sa.Column("scopes", ARRAY(sa.Text), nullable=False),
    sa.Column("require_pkce", sa.Boolean, nullable=False),
    sa.Column("is_public", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("allows_front_channel_tokens", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("access_token_format", sa.Text, nullable=False, server_default="jwt"),
    sa.Column("signing_algorithm", sa.Text, nullable=False, server_default="RS256"),
    sa.Column("post_logout_redirect_uris", ARRAY(sa.Text), nullable=False, server_default="{}"),
    sa.Column("frontchannel_logout_uri", sa.Text, nullable=False, server_default=""),
    sa.Column("backchannel_logout_uri", sa.Text, nullable=False, server_default=""),
    # Shorter than the operator's, or nothing.
    sa.Column("access_token_minutes", sa.Integer),
    sa.Column("refresh_token_days", sa.Integer),
    sa.Column("refresh_token_idle_days", sa.Integer),
    # Seconds; OpenID Connect Registration 2.
    sa.Column("default_max_age", sa.Integer),
    # Named as in RFC 7591, RFC 9126, RFC 9101 and RFC 9449.
    sa.Column("token_endpoint_auth_method", sa.Text, nullable=False, server_default="secret"),
    sa.Column("jwks", sa.Text, nullable=False, server_default=""),
    sa.Column("jwks_uri", sa.Text, nullable=False, server_default=""),
    sa.Column("require_pushed_authorization_requests", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("require_signed_request_object", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("dpop_bound_access_tokens", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("subject_type", sa.Text, nullable=False, server_default="public"),
    sa.Column("sector_identifier_uri", sa.Text, nullable=False, server_default=""),
    sa.Column("userinfo_signed_response_alg", sa.Text),
    sa.Column("request_uris", ARRAY(sa.Text), nullable=False, server_default="{}"),
    # For people to read; no token request loads them.
    sa.Column("description", sa.Text, nullable=False, server_default=""),
    sa.Column("tos_uri", sa.Text, nullable=False, server_default=""),
    sa.Column("policy_uri", sa.Text, nullable=False, server_default=""),
    # Counted up with each change of the details, so that nobody overwrites what she has not seen.
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    sa.Column("created_at", _INSTANT, nullable=False),
    sa.Column("updated_at", _INSTANT, nullable=False),
    # Neither draft nor live is a matter of access; disabled is, and whatever is deleted is disabled as well.
    sa.Column("live_at", _INSTANT),
    sa.Column("disabled_at", _INSTANT),
    # Disabled only because its tenancy is suspended: it is enabled when the tenancy is resumed.
    sa.Column("is_suspended", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("deleted_at", _INSTANT),
    # Set when a client is enabled again: what was issued earlier stays dead.
    sa.Column("tokens_void_before", _INSTANT),
    sa.UniqueConstraint("tenancy_id", "suffix"),
    sa.CheckConstraint("deleted_at is null or disabled_at is not null", name="deletion"),
)

# Of clients that programs registered.
client_registration = sa.Table(
    "client_registration",
    metadata,
    sa.Column("client_key", UUID, primary_key=True),
    # Of the registration access token that opens it, keyed; null once that has ended.
    sa.Column("digest", sa.LargeBinary, unique=True),
    sa.Column("secret_method", sa.Text, nullable=False),
    sa.Column("registered_at", _INSTANT, nullable=False),
    # Of the initial access token, which may be gone. Empty where it was not kept.
    sa.Column("initial_label", sa.Text, nullable=False, server_default=""),
    # What the program says of itself (RFC 7591 2). It has no effect.
    sa.Column("contacts", ARRAY(sa.Text), nullable=False, server_default="{}"),
    sa.Column("software_id", sa.Text, nullable=False, server_default=""),
    sa.Column("software_version", sa.Text, nullable=False, server_default=""),
    sa.Column("initiate_login_uri", sa.Text, nullable=False, server_default=""),
)

client_logo = sa.Table(
    "client_logo",
    metadata,
    sa.Column("client_key", UUID, primary_key=True),
    # SHA-256 in hex: the name under which browsers fetch and keep it.
    sa.Column("digest", sa.Text, nullable=False, index=True),
    sa.Column("media_type", sa.Text, nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Column("uploaded_at", _INSTANT, nullable=False),
)

# Apart from the client's row, which changes of the details lock.
client_usage = sa.Table(
    "client_usage",
    metadata,
    sa.Column("client_key", UUID, primary_key=True),
    sa.Column("last_used_at", _INSTANT, nullable=False),
)

# How much of what, by day; nothing in it says by whom. No index holds the count, so that adding to it is cheap.
client_activity = sa.Table(
    "client_activity",
    metadata,
    sa.Column("client_key", UUID, primary_key=True),
    # Of UTC.
    sa.Column("day", sa.Date, primary_key=True, index=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("count", sa.BigInteger, nullable=False),
)

# How high the highest counter of a limit stood that the client's requests met. Whose counter is not kept.
client_limit_peak = sa.Table(
    "client_limit_peak",
    metadata,
    sa.Column("client_key", UUID, primary_key=True),
    sa.Column("limit_name", sa.Text, primary_key=True),
    sa.Column("window_start", _INSTANT, primary_key=True, index=True),
    sa.Column("attempts", sa.Integer, nullable=False),
)

client_secret = sa.Table(
    "client_secret",
    metadata,
    sa.Column("client_key", UUID, primary_key=True),
    sa.Column("id", UUID, primary_key=True),
    # 'hmac-sha256' for generated secrets, 'argon2id' for those that a developer chose.
    sa.Column("algorithm", sa.Text, nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    # The secret itself, of a client that signs with it: whoever verifies such a signature needs it, too.
    sa.Column("sealed", sa.LargeBinary),
    # Null when a program registered the client by a token of support.
    sa.Column("created_by", UUID),
    sa.Column("created_at", _INSTANT, nullable=False),
    sa.Column("expires_at", _INSTANT),
    sa.Column("label", sa.Text, nullable=False, server_default=""),
    # The last four characters of a generated secret. Of a chosen one none is kept: it may be guessable.
    sa.Column("ending", sa.Text, nullable=False, server_default=""),
    # No index holds it, so that writing it every minute leaves the indexes alone.
    sa.Column("last_used_at", _INSTANT),
    # So many days before the end the members were warned last.
    sa.Column("warned_days", sa.SmallInteger),
)
sa.Index(
    "client_secret_by_digest",
    client_secret.c.digest,
    postgresql_where=client_secret.c.algorithm == sa.literal_column("'hmac-sha256'"),
)
sa.Index(
    "client_secret_by_end",
    client_secret.c.expires_at,
    postgresql_where=client_secret.c.expires_at.is_not(None),
)

client_refusal = sa.Table(
    "client_refusal",
    metadata,
    sa.Column("client_key", UUID, primary_key=True),
    # Of version 7, so in the order of time.
    sa.Column("id", UUID, primary_key=True),
    sa.Column("at", _INSTANT, nullable=False, index=True),
    sa.Column("endpoint", sa.Text, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("parameter", sa.Text, nullable=False),
    sa.Column("sent", sa.Text, nullable=False),
    sa.Column("expected", sa.Text, nullable=False),
    sa.Column("correlation_id", sa.Text, nullable=False),
)

# Rows are only added: a trigger of the migration refuses changes, and deletion within a year.
portal_audit = sa.Table(
    "portal_audit",
    metadata,
    sa.Column("tenancy_id", UUID, primary_key=True),
    sa.Column("id", UUID, primary_key=True),
    sa.Column("at", _INSTANT, nullable=False),
    # Null for the operator.
    sa.Column("actor_id", UUID),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("before", JSONB, nullable=False),
    sa.Column("after", JSONB, nullable=False),
    # The token that the person acted through.
    sa.Column("through", sa.Text, nullable=False, server_default=""),
)
_NEWEST_FIRST = (portal_audit.c.at.desc(), portal_audit.c.id.desc())
sa.Index("portal_audit_by_time", portal_audit.c.tenancy_id, *_NEWEST_FIRST)
# One for each thing that the trail is asked for: rows are added seldom and read with a person waiting.
sa.Index("portal_audit_by_actor", portal_audit.c.tenancy_id, portal_audit.c.actor_id, *_NEWEST_FIRST)
sa.Index("portal_audit_by_action", portal_audit.c.tenancy_id, portal_audit.c.action, *_NEWEST_FIRST)
# For the clean-up, over all tenancies: rows come in the order of time, so the smallest index will do.
sa.Index("portal_audit_by_age", portal_audit.c.at, postgresql_using="brin")
sa.Index("portal_audit_by_subject", portal_audit.c.tenancy_id, portal_audit.c.subject, *_NEWEST_FIRST)
