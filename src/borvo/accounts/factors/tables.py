"""Tables of second factors, keyed by person. What is spent of a challenge is known before the person is."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from borvo.storage.schema import metadata

_INSTANT = sa.DateTime(timezone=True)

# Of an authenticator app. It counts from `confirmed_at` on; `last_step` is the last time step whose code was used, and
# `wrong_codes` came one after the other since she last proved who she is; at `relaxed_at` a new password let some more
# be tried.
person_totp = sa.Table(
    "person_totp",
    metadata,
    sa.Column("person_id", UUID, primary_key=True),
    sa.Column("sealed_secret", sa.LargeBinary, nullable=False),
    sa.Column("created_at", _INSTANT, nullable=False),
    sa.Column("confirmed_at", _INSTANT),
    sa.Column("last_step", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("wrong_codes", sa.Integer, nullable=False, server_default="0"),
    sa.Column("relaxed_at", _INSTANT),
)

person_recovery_code = sa.Table(
    "person_recovery_code",
    metadata,
    sa.Column("person_id", UUID, primary_key=True),
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("created_at", _INSTANT, nullable=False),
    sa.Column("used_at", _INSTANT),
)

person_passkey = sa.Table(
    "person_passkey",
    metadata,
    sa.Column("person_id", UUID, primary_key=True),
    sa.Column("credential_id", sa.LargeBinary, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("public_key", sa.LargeBinary, nullable=False),
    sa.Column("sign_count", sa.BigInteger, nullable=False),
    # Whether it may be copied to other devices of hers.
    sa.Column("is_synced", sa.Boolean, nullable=False),
    sa.Column("transports", ARRAY(sa.Text), nullable=False),
    sa.Column("created_at", _INSTANT, nullable=False),
    sa.Column("last_used_at", _INSTANT),
)

# What support was asked to remove, once its time has come and nobody has stopped it. One at a time.
factor_removal = sa.Table(
    "factor_removal",
    metadata,
    sa.Column("person_id", UUID, primary_key=True),
    sa.Column("kinds", ARRAY(sa.Text), nullable=False),
    sa.Column("asked_at", _INSTANT, nullable=False),
    sa.Column("due_at", _INSTANT, nullable=False, index=True),
)

# Somebody who has proved one thing and is asked for the second. It opens nothing.
half_login = sa.Table(
    "half_login",
    metadata,
    sa.Column("person_id", UUID, primary_key=True),
    sa.Column("id", UUID, primary_key=True),
    sa.Column("token_digest", sa.LargeBinary, nullable=False),
    sa.Column("methods", ARRAY(sa.Text), nullable=False),
    sa.Column("return_to", sa.Text, nullable=False),
    # The login that is to be worth more, when there is one already.
    sa.Column("login_session_id", UUID),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("expires_at", _INSTANT, nullable=False, index=True),
    sa.Column("ended_at", _INSTANT),
)

# Somebody who is signed in and shows by a code in a mail that she reads it. The session keeps the proof for a while.
mailbox_proof = sa.Table(
    "mailbox_proof",
    metadata,
    sa.Column("person_id", UUID, primary_key=True),
    sa.Column("session_id", UUID, primary_key=True),
    sa.Column("email", sa.Text, nullable=False),
    # Empty once it was used, and of who came by a link instead.
    sa.Column("code_digest", sa.LargeBinary),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("proved_at", _INSTANT),
    sa.Column("expires_at", _INSTANT, nullable=False, index=True),
)

# Challenges that were answered rightly, until they would have expired anyway: each is good for once.
spent_challenge = sa.Table(
    "spent_challenge",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("expires_at", _INSTANT, nullable=False, index=True),
)
