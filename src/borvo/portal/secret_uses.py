"""When secrets were last used: noted in memory while clients wait, written later and seldom."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from borvo.kernel.ids import ClientKey
from borvo.portal import secret_store
from borvo.storage.database import Connection, Database
from borvo.storage.notes import Notes

FLUSH_EVERY = 20.0
USE_GRANULARITY = timedelta(minutes=1)
"""A secret is written at most once in it, however many workers see it used."""

_MOST = 10_000


class SecretUses:
    """What this process has seen since it last wrote; bounded, since a flush may fail for long."""

    def __init__(self) -> None:
        self._notes = Notes(_write, max, most=_MOST)

    def note(self, client_key: ClientKey, secret_id: UUID, now: datetime) -> None:
        self._notes.note((client_key, secret_id), now)

    async def flush(self, database: Database) -> None:
        """Writes what was noted. What cannot be written is noted again, unless it was used anew meanwhile."""
        await self._notes.flush(database)


async def _write(connection: Connection, seen: Mapping[tuple[ClientKey, UUID], datetime]) -> None:
    await secret_store.note_uses(connection, seen, USE_GRANULARITY)
