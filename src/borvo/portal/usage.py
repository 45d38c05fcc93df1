"""When clients were last used: noted in memory, written once a minute, never in the way of a request."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from borvo.kernel.clock import Clock
from borvo.kernel.ids import ClientKey
from borvo.storage.database import Connection, Database
from borvo.storage.notes import Notes

WRITE_EVERY = timedelta(minutes=1)
"""Coarse on purpose: it tells a client that is in use from one that is not."""


class ClientUsage:
    """What this worker has seen since it last wrote. A worker that is killed forgets a minute."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._notes = Notes(write_last_uses, max)

    def note(self, client_key: ClientKey) -> None:
        """That the client has just been given what it asked for."""
        self._notes.note(client_key, self._clock())

    async def flush(self, database: Database) -> None:
        """Writes what was noted; what cannot be written now is kept for the next time."""
        await self._notes.flush(database)


async def write_last_uses(connection: Connection, seen: Mapping[ClientKey, datetime]) -> None:
    """In the order of the keys, so that two workers never wait for each other; a row that another worker wrote within
    the minute stays as it is."""
    rows = sorted(seen.items())
    await connection.execute(
        """insert into client_usage as present (client_key, last_used_at)
           select * from unnest($1::uuid[], $2::timestamptz[])
           on conflict (client_key) do update set last_used_at = excluded.last_used_at
             where present.last_used_at <= excluded.last_used_at - $3::interval""",
        [key for key, _ in rows],
        [at for _, at in rows],
        WRITE_EVERY,
    )
