"""Tables of the OpenID provider: keys, requests under way, consents, codes, tokens, revocations."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from borvo.storage.schema import metadata

_INSTANT = sa.DateTime(timezone=True)

signing_key = sa.Table(
    "signing_key",
    metadata,
    sa.Column("kid", sa.Text, primary_key=True),
    sa.Column("algorithm", sa.Text, nullable=False),
    sa.Column("public_jwk", JSONB, nullable=False),
    # Erased when the key has served or was withdrawn.
    sa.Column("sealed_private_jwk", sa.LargeBinary),
    # Published from here on; signs from activates_at until another takes over. Never believed once withdrawn.
    sa.Column("created_at", _INSTANT, nullable=False),
    sa.Column("activates_at", _INSTANT, nullable=False),
    sa.Column("withdrawn_at", _INSTANT),
)

# A request that waits for a person to sign in or to consent, or was pushed and waits for a browser. Nobody
# is known yet, so it is not keyed by person.
authorization_request = sa.Table(
    "authorization_request",
    metadata,
    sa.Column("id_digest", sa.LargeBinary, primary_key=True),
    sa.Column("parameters", JSONB, nullable=False),
    sa.Column("created_at", _INSTANT, nullable=False),
    sa.Column("expires_at", _INSTANT, nullable=False, index=True),
    # Of one that was pushed (RFC 9126): whose it is, until when a browser may bring its name, and when one did first.
    sa.Column("client_id", sa.Text),
    sa.Column("pushed_until", _INSTANT),
    sa.Column("opened_at", _INSTANT),
)

consent = sa.Table(
    "consent",
    metadata,
    sa.Column("person_id", UUID, primary_key=True),
    sa.Column("client_key", UUID, primary_key=True),
    sa.Column("scopes", ARRAY(sa.Text), nullable=False),
    # What she was asked for and did not allow, so that she is not asked each time.
    sa.Column("declined_scopes", ARRAY(sa.Text), nullable=False, server_default="{}"),
    # Counted up when consent is withdrawn: tokens name the version under which they were issued.
    sa.Column("version", sa.Integer, nullable=False),
    # Since when she allows the client anything.
    sa.Column("granted_at", _INSTANT, nullable=False),
    sa.Column("withdrawn_at", _INSTANT),
    # When the client last signed her in or came with a token of hers. No index holds it.
    sa.Column("last_used_at", _INSTANT),
)

authorization_code = sa.Table(
    "authorization_code",
    metadata,
    sa.Column("person_id", UUID, primary_key=True),
    sa.Column("code_digest", sa.LargeBinary, primary_key=True),
    sa.Column("client_key", UUID, nullable=False),
    sa.Column("redirect_uri", sa.Text, nullable=False),
    sa.Column("scopes", ARRAY(sa.Text), nullable=False),
    sa.Column("nonce", sa.Text),
    sa.Column("code_challenge", sa.Text),
    sa.Column("login_session_id", UUID, nullable=False),
    sa.Column("auth_time", _INSTANT, nullable=False),
    sa.Column("consent_version", sa.Integer, nullable=False),
    sa.Column("issued_at", _INSTANT, nullable=False),
    sa.Column("expires_at", _INSTANT, nullable=False, index=True),
    sa.Column("redeemed_at", _INSTANT),
    # What the code was redeemed for, so that a replay can revoke it.
    sa.Column("token_id", sa.Text),
    sa.Column("token_expires_at", _INSTANT),
    sa.Column("family_id", UUID),
    # The claims that the request named one by one (OpenID Connect Core 5.5).
    sa.Column("claims", JSONB),
    # The thumbprint of the key by which alone it is redeemed (RFC 9449 10).
    sa.Column("dpop_jkt", sa.Text),
    # The resources that were asked for (RFC 8707); none stands for the whole instance.
    sa.Column("resources", ARRAY(sa.Text), nullable=False, server_default="{}"),
    # How the person proved who she is (RFC 8176).
    sa.Column("methods", ARRAY(sa.Text), nullable=False, server_default="{pwd}"),
    # The request that waited and is answered by it, if one did.
    sa.Column("request_digest", sa.LargeBinary),
)

revoked_token = sa.Table(
    "revoked_token",
    metadata,
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("token_id", sa.Text, primary_key=True),
    sa.Column("expires_at", _INSTANT, nullable=False, index=True),
)

# Assertions by which clients proved who they are: each works once (RFC 7523 3).
used_assertion = sa.Table(
    "used_assertion",
    metadata,
    sa.Column("client_key", UUID, primary_key=True),
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("expires_at", _INSTANT, nullable=False, index=True),
)

# The refresh tokens that follow from one redemption; access tokens issued along with them name the family.
token_family = sa.Table(
    "token_family",
    metadata,
    sa.Column("person_id", UUID, primary_key=True),
    sa.Column("id", UUID, primary_key=True),
    sa.Column("client_key", UUID, nullable=False),
    sa.Column("scopes", ARRAY(sa.Text), nullable=False),
    sa.Column("claims", JSONB),
    sa.Column("login_session_id", UUID, nullable=False),
    sa.Column("auth_time", _INSTANT, nullable=False),
    sa.Column("consent_version", sa.Integer, nullable=False),
    sa.Column("current_digest", sa.LargeBinary, nullable=False),
    sa.Column("previous_digest", sa.LargeBinary),
    sa.Column("rotated_at", _INSTANT),
    sa.Column("created_at", _INSTANT, nullable=False),
    sa.Column("expires_at", _INSTANT, nullable=False),
    sa.Column("idle_expires_at", _INSTANT, nullable=False, index=True),
    sa.Column("revoked_at", _INSTANT),
    # The thumbprint of the key by which alone a public client uses its tokens (RFC 9449 5).
    sa.Column("dpop_jkt", sa.Text),
    sa.Column("resources", ARRAY(sa.Text), nullable=False, server_default="{}"),
    # How the person proved who she is (RFC 8176).
    sa.Column("methods", ARRAY(sa.Text), nullable=False, server_default="{pwd}"),
)

# Opaque access tokens. The subject is the person, or the key of a client that acts in its own name.
access_token = sa.Table(
    "access_token",
    metadata,
    sa.Column("subject_id", UUID, primary_key=True),
    sa.Column("token_digest", sa.LargeBinary, primary_key=True),
    sa.Column("claims", JSONB, nullable=False),
    sa.Column("expires_at", _INSTANT, nullable=False, index=True),
)

# Proofs of possession that were used (RFC 9449 11.1), for as long as anybody would take them.
used_proof = sa.Table(
    "used_proof",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("expires_at", _INSTANT, nullable=False, index=True),
)

# A device that waits for a person to enter its code (RFC 8628). Nobody is known when it begins.
device_authorization = sa.Table(
    "device_authorization",
    metadata,
    sa.Column("device_code_digest", sa.LargeBinary, primary_key=True),
    sa.Column("user_code_digest", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("client_id", sa.Text, nullable=False),
    sa.Column("scopes", ARRAY(sa.Text), nullable=False),
    sa.Column("created_at", _INSTANT, nullable=False),
    sa.Column("expires_at", _INSTANT, nullable=False, index=True),
    sa.Column("interval_seconds", sa.Integer, nullable=False),
    sa.Column("polled_at", _INSTANT),
    # From here on: what the person decided. Without `granted_scopes` she declined.
    sa.Column("decided_at", _INSTANT),
    sa.Column("person_id", UUID),
    sa.Column("login_session_id", UUID),
    sa.Column("auth_time", _INSTANT),
    sa.Column("granted_scopes", ARRAY(sa.Text)),
    sa.Column("consent_version", sa.Integer),
    sa.Column("redeemed_at", _INSTANT),
    sa.Column("resources", ARRAY(sa.Text), nullable=False, server_default="{}"),
    # How the person proved who she is (RFC 8176).
    sa.Column("methods", ARRAY(sa.Text), nullable=False, server_default="{pwd}"),
)

# Which clients a login session signed in to, of those that want to know when it ends.
session_client = sa.Table(
    "session_client",
    metadata,
    sa.Column("person_id", UUID, primary_key=True),
    sa.Column("login_session_id", UUID, primary_key=True),
    sa.Column("client_key", UUID, primary_key=True),
    sa.Column("signed_in_at", _INSTANT, nullable=False, index=True),
)
