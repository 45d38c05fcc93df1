"""Writes and reads the security event log."""

import json
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from borvo.kernel.clock import Clock
from borvo.kernel.digests import digest_with_key
from borvo.kernel.entropy import Entropy, create_uuid
from borvo.kernel.origin import current_origin
from borvo.storage.database import Connection, Row
from borvo.storage.security_events.model import (
    KEPT_AT_LEAST,
    EventFilter,
    RecordedEvent,
    SecurityEvent,
    SecurityEventKind,
)

_COLUMNS = "id, person_id, at, kind, actor, client_id, address, correlation_id, detail"
_ADDRESS_MAXIMUM = 100
# Greater than any id, so that a list without a beginning starts with the newest.
_NEWEST = UUID(int=2**128 - 1)
_RECORD = f"insert into security_event ({_COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)"


EVENT_COLUMNS = tuple(_COLUMNS.split(", "))
"""What an event is read from."""

NAMED_COLUMNS = ", ".join(f"e.{name}" for name in EVENT_COLUMNS)
"""The same of the table under the name `e`, beside others."""


_TYPES = ("uuid", "uuid", "timestamptz", "text", "text", "text", "text", "text", "jsonb")


def compose_recording(first: int, source: str) -> str:
    """The part of a statement that records an event for each row of `source`, which are one or none: so it comes with
    its deed, or neither does, without a transaction around them. `$first` and those behind it are the values of
    `SecurityLog.describe`."""
    values = ", ".join(f"${first + place}::{kind}" for place, kind in enumerate(_TYPES))
    return f"insert into security_event ({_COLUMNS}) select {values} from {source}"


def read_event(row: "Row | Mapping[str, Any]") -> RecordedEvent:
    """Of a row with `EVENT_COLUMNS`, and perhaps others."""
    return RecordedEvent(
        **{**{name: row[name] for name in EVENT_COLUMNS}, "detail": json.loads(row["detail"])}
    )


class SecurityLog:
    """Events are recorded in the transaction of the deed, so that neither is there without the other. What failed
    is recorded in a transaction of its own, which is committed although the request ends in an error."""

    def __init__(self, clock: Clock, entropy: Entropy, key: bytes) -> None:
        self._clock = clock
        self._entropy = entropy
        self._key = key

    def digest(self, text: str) -> str:
        """For what may not stand in the log in the clear, but shall be found again: the address of nobody known."""
        return digest_with_key(self._key, text).hex()

    async def record(self, connection: Connection, event: SecurityEvent) -> None:
        """When and from where is added: from the clock, and from the request that this task answers."""
        await connection.execute(_RECORD, *self.describe(event))

    def describe(self, event: SecurityEvent) -> tuple[object, ...]:
        """The event as `record` writes it, for a statement with `compose_recording`."""
        now, origin = self._clock(), current_origin()
        return (
            create_uuid(now, self._entropy),
            event.person_id,
            now,
            event.kind.value,
            event.named_actor,
            event.client_id,
            # Behind a proxy it is what a header says.
            origin.find_address()[:_ADDRESS_MAXIMUM] or None,
            origin.correlation_id or None,
            json.dumps(dict(event.detail)),
        )

    async def clean_up(self, connection: Connection, days: int) -> None:
        """Deletes what is older. The database keeps the last month whatever is asked for here."""
        before = self._clock() - max(timedelta(days=days), KEPT_AT_LEAST)
        # A database whose clock differs holds its own month, and would refuse all if one row were too young.
        await connection.execute(
            "delete from security_event where at < $1 and at < now() - $2::interval", before, KEPT_AT_LEAST
        )


async def list_events_of(
    connection: Connection, person_id: UUID, *, before: UUID | None = None, most: int
) -> list[RecordedEvent]:
    """The person's own log, newest first, from the event `before` backwards."""
    rows = await connection.fetch(
        f"select {_COLUMNS} from security_event where person_id = $1 and id < $2 order by id desc limit $3",
        person_id,
        before or _NEWEST,
        most,
    )
    return [read_event(row) for row in rows]


async def list_events_about(connection: Connection, client_id: str, *, most: int) -> list[RecordedEvent]:
    """What concerns a client, whoever's log it is in, newest first."""
    rows = await connection.fetch(
        f"select {_COLUMNS} from security_event where client_id = $1 order by id desc limit $2",
        client_id,
        most,
    )
    return [read_event(row) for row in rows]


async def list_chosen_events(
    connection: Connection, chosen: EventFilter, *, before: UUID | None = None, most: int
) -> list[RecordedEvent]:
    """Whoever's log they are in, newest first, from the event `before` backwards. Only what is asked for is in the
    statement, so that each combination finds its index and reads no more than a page of it."""
    values: list[object] = [most]
    conditions = ["true"]
    bounds = ("id <", before), ("id >=", find_first(chosen.since)), ("id <", find_first(chosen.until))
    for condition, value in (*bounds, *chosen.list_equals()):
        if value is not None:
            values.append(value)
            conditions.append(f"{condition} ${len(values)}")
    rows = await connection.fetch(
        f"select {_COLUMNS} from security_event where {' and '.join(conditions)} order by id desc limit $1",
        *values,
    )
    return [read_event(row) for row in rows]


def find_first(moment: datetime | None) -> UUID | None:
    """Not greater than the id of any event from then on: ids begin with their millisecond (RFC 9562 5.7)."""
    return UUID(int=max(0, int(moment.timestamp() * 1000)) << 80) if moment else None


async def find_last_event(
    connection: Connection, person_id: UUID, kind: SecurityEventKind, actor: str, since: datetime
) -> RecordedEvent | None:
    """The last one of the kind that the actor caused in the person's log since then."""
    row = await connection.fetchrow(
        f"""select {_COLUMNS} from security_event
            where person_id = $1 and id >= $2 and kind = $3 and actor = $4 order by id desc limit 1""",
        person_id,
        find_first(since),
        kind.value,
        actor,
    )
    return read_event(row) if row else None


async def list_events_between(
    connection: Connection, chosen: EventFilter
) -> AsyncIterator[tuple[int, RecordedEvent]]:
    """The events with their places in the chain, 0 for those that have none yet, the oldest first; never all of them in
    memory. Takes a connection in a transaction."""
    async for row in connection.cursor(
        f"""select coalesce(l.position, 0) as position, {NAMED_COLUMNS} from security_event e
            left join security_event_link l on l.person_id = e.person_id and l.event_id = e.id
            where ($1::timestamptz is null or e.at >= $1) and ($2::timestamptz is null or e.at < $2)
              and ($3::text is null or e.kind = $3) and ($4::uuid is null or e.person_id = $4)
              and ($5::text is null or e.client_id = $5) and ($6::text is null or e.address = $6)
              and ($7::text is null or e.correlation_id = $7)
            order by e.at, e.id""",
        chosen.since,
        chosen.until,
        chosen.kind.value if chosen.kind else None,
        chosen.person_id,
        chosen.client_id,
        chosen.address,
        chosen.correlation_id,
        prefetch=_FETCHED,
    ):
        yield row["position"], read_event(row)


_FETCHED = 500
