"""Sends the security event log on to where the operator watches: in the order of its chain, each event at least
once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol
from urllib.parse import urlsplit

from borvo.kernel.clock import Clock
from borvo.kernel.hosts import LOOPBACK_HOSTS
from borvo.storage.database import Connection, Database
from borvo.storage.security_events.log import NAMED_COLUMNS, read_event
from borvo.storage.security_events.model import RecordedEvent

_LEASE = timedelta(seconds=60)
_BATCH = 200


@dataclass(frozen=True, slots=True)
class SentEvent:
    """An event with its place in the chain, by which whoever gets it twice tells."""

    position: int
    event: RecordedEvent


@dataclass(frozen=True, slots=True)
class SinkAddress:
    """Where a sink is. `url` is what was entered."""

    scheme: str
    host: str
    port: int
    url: str


_PORTS = {"syslogs": 6514, "syslog": 601, "https": 443, "http": 80}
_ENCRYPTED = frozenset({"syslogs", "https"})


def parse_sink(url: str) -> SinkAddress:
    """Raises `ValueError` with a word for the operator."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError(
            f"it has to begin with one of {', '.join(f'{scheme}://' for scheme in _PORTS)} and name a host"
        )
    if parts.scheme not in _ENCRYPTED and parts.hostname not in LOOPBACK_HOSTS:
        raise ValueError("what is not encrypted must stay on this machine; use syslogs:// or https://")
    return SinkAddress(parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme], url)


class SinkError(Exception):
    """What was to be sent has not arrived, as far as anybody knows."""


class Sink(Protocol):
    """Where events go."""

    async def send(self, events: Sequence[SentEvent]) -> None:
        """Returns once they have arrived, as far as the protocol tells; raises `SinkError` within `_LEASE`."""
        ...


@dataclass(frozen=True, slots=True)
class Stream:
    """The way from the chain to a sink."""

    database: Database
    clock: Clock
    sink: Sink

    async def send_due(self) -> int:
        """How many were sent: none while another worker is at it. Raises `SinkError`; they are sent again then."""
        now = self.clock()
        async with self.database.connection() as connection:
            # Begins with what happens from now on; what was before can be exported.
            position = await connection.fetchval(
                """insert into security_event_stream as stream (id, position, leased_until)
                   values (1, (select coalesce(max(position), 0) from security_event_link),
                           $1::timestamptz + $2::interval)
                   on conflict (id) do update set leased_until = excluded.leased_until where stream.leased_until <= $1
                   returning position""",
                now,
                _LEASE,
            )
            events = [] if position is None else await _load(connection, position)
        try:
            if events:
                await self.sink.send(events)
                position = events[-1].position
        finally:
            if position is not None:
                await self._give_back(position)
        return len(events)

    async def _give_back(self, position: int) -> None:
        async with self.database.connection() as connection:
            await connection.execute(
                "update security_event_stream set position = greatest(position, $1), leased_until = $2",
                position,
                self.clock(),
            )


async def _load(connection: Connection, after: int) -> list[SentEvent]:
    rows = await connection.fetch(
        f"""select l.position, {NAMED_COLUMNS} from security_event_link l
            join security_event e on e.person_id = l.person_id and e.id = l.event_id
            where l.position > $1 order by l.position limit $2""",
        after,
        _BATCH,
    )
    return [SentEvent(row["position"], read_event(row)) for row in rows]
