"""When apps last used what people allow them, for those people to see: noted in memory, written later and seldom."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from borvo.identity import consent_store
from borvo.identity.consent_store import UsedConsent
from borvo.kernel.ids import ClientId, PersonId
from borvo.storage.database import Connection, Database
from borvo.storage.notes import Notes

FLUSH_EVERY = 20.0
USE_GRANULARITY = timedelta(minutes=15)
"""A consent is written at most once in it, however often its tokens come."""

_MOST = 50_000


class ConsentUses:
    """What this process has seen since it last wrote; bounded, since a flush may fail for long."""

    def __init__(self) -> None:
        self._notes = Notes(_write, max, most=_MOST)

    def note(self, person_id: PersonId, client_id: ClientId, version: int, now: datetime) -> None:
        self._notes.note((person_id, client_id, version), now)

    async def flush(self, database: Database) -> None:
        """Writes what was noted; what cannot be written now is kept for the next time."""
        await self._notes.flush(database)


async def _write(connection: Connection, seen: Mapping[UsedConsent, datetime]) -> None:
    await consent_store.note_uses(connection, seen, USE_GRANULARITY)
