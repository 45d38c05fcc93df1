"""The table of what is to be delivered."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import UUID

from borvo.storage.schema import metadata

_INSTANT = sa.DateTime(timezone=True)

outbox_message = sa.Table(
    "outbox_message",
    metadata,
    # The nil UUID for what concerns nobody in particular.
    sa.Column("person_id", UUID, primary_key=True),
    sa.Column("id", UUID, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("sealed_payload", sa.LargeBinary, nullable=False),
    sa.Column("created_at", _INSTANT, nullable=False),
    sa.Column("due_at", _INSTANT, nullable=False),
    # Counted when a worker takes the message, so that one which ends the worker does not come for ever.
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("claimed_until", _INSTANT),
    sa.Column("last_error", sa.Text),
    sa.Column("delivered_at", _INSTANT),
    sa.Column("dead_at", _INSTANT),
)
sa.Index(
    "outbox_message_waiting",
    outbox_message.c.due_at,
    postgresql_where=sa.text("delivered_at is null and dead_at is null"),
)
