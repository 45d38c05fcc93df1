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
