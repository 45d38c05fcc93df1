"""When secrets were last used: noted in memory while clients wait, written later and seldom."""

from datetime import datetime, timedelta
from uuid import UUID

from borvo.kernel.ids import ClientKey
from borvo.portal import secret_store
from borvo.storage.database import Database

FLUSH_EVERY = 20.0
USE_GRANULARITY = timedelta(minutes=1)
"""A secret is written at most once in it, however many workers see it used."""

_MOST = 10_000


class SecretUses:
    """What this process has seen since it last wrote; bounded, since a flush may fail for long."""

    def __init__(self) -> None:
        self._seen: dict[tuple[ClientKey, UUID], datetime] = {}

    def note(self, client_key: ClientKey, secret_id: UUID, now: datetime) -> None:
        name = (client_key, secret_id)
        if name in self._seen or len(self._seen) < _MOST:
            self._seen[name] = now

    async def flush(self, database: Database) -> None:
        """Writes what was noted. What cannot be written is noted again, unless it was used anew meanwhile."""
        seen, self._seen = self._seen, {}
        if not seen:
            return
        try:
            async with database.transaction() as connection:
                await secret_store.note_uses(connection, seen, USE_GRANULARITY)
        except BaseException:
            self._seen = {**seen, **self._seen}
            raise
