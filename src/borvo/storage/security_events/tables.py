"""The table of security events. A trigger of the migration refuses every change of a row, and its deletion within
`KEPT_AT_LEAST`, whoever asks for it."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, UUID

from borvo.storage.schema import metadata

security_event = sa.Table(
    "security_event",
    metadata,
    # The nil UUID for what concerns the instance and nobody in particular.
    sa.Column("person_id", UUID, primary_key=True),
    # Of version 7, so in the order of time.
    sa.Column("id", UUID, primary_key=True),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False, index=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("client_id", sa.Text),
    sa.Column("address", sa.Text),
    sa.Column("correlation_id", sa.Text),
    sa.Column("detail", JSONB, nullable=False),
)
sa.Index(
    "security_event_by_client",
    security_event.c.client_id,
    security_event.c.id,
    postgresql_where=security_event.c.client_id.is_not(None),
)
sa.Index("security_event_by_id", security_event.c.id)
sa.Index("security_event_by_kind", security_event.c.kind, security_event.c.id)
sa.Index(
    "security_event_by_address",
    security_event.c.address,
    security_event.c.id,
    postgresql_where=security_event.c.address.is_not(None),
)
sa.Index(
    "security_event_by_correlation_id",
    security_event.c.correlation_id,
    security_event.c.id,
    postgresql_where=security_event.c.correlation_id.is_not(None),
)

# In the order in which events were seen, each bound to the one before (`chain.py`). Of the whole instance, so that it
# is one chain: whoever spreads the tables over a cluster has it on every node.
security_event_link = sa.Table(
    "security_event_link",
    metadata,
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("person_id", UUID, nullable=False),
    sa.Column("event_id", UUID, nullable=False),
    # As the event says; what is gone by age still has its link for a while.
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    # False for those of before the end was signed.
    sa.Column("is_headed", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.UniqueConstraint("person_id", "event_id"),
)

# The end of the chain, signed: one row, or none.
security_event_head = sa.Table(
    "security_event_head",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("signature", sa.LargeBinary, nullable=False),
)

# The last link that was taken away together with its event: one row, or none.
security_event_anchor = sa.Table(
    "security_event_anchor",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    sa.Column("before", sa.LargeBinary, nullable=False),
    # That it was the clean-up which cut the chain here. Null for what an earlier release cut.
    sa.Column("signature", sa.LargeBinary),
    sa.Column("is_headed", sa.Boolean, nullable=False, server_default=sa.false()),
)

# How far the log was sent on: one row, or none.
security_event_stream = sa.Table(
    "security_event_stream",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("position", sa.BigInteger, nullable=False),
    # One worker sends at a time.
    sa.Column("leased_until", sa.DateTime(timezone=True), nullable=False),
)
