"""What comes up while clients wait and is written later, in one statement for many."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, TypeVar

from borvo.storage.database import Connection, Database

K = TypeVar("K")
V = TypeVar("V")

Write = Callable[[Connection, Mapping[K, V]], Awaitable[None]]


class Notes(Generic[K, V]):
    """What this process has noted since it last wrote: one value a key. A process that is killed forgets it.

    `combine` makes one value of an earlier and a later one. Beyond `most` keys, new ones are not noted: a flush may
    fail for long. A commit whose answer is lost on the way is taken for one that failed, and written again.
    """

    def __init__(self, write: Write[K, V], combine: Callable[[V, V], V], *, most: int | None = None) -> None:
        self._write = write
        self._combine = combine
        self._most = most
        self._noted: dict[K, V] = {}

    def note(self, key: K, value: V) -> None:
        """Neither waits nor fails."""
        if key in self._noted:
            self._noted[key] = self._combine(self._noted[key], value)
        elif self._most is None or len(self._noted) < self._most:
            self._noted[key] = value

    async def flush(self, database: Database) -> None:
        """Writes what was noted. What cannot be written is kept for the next time, with what came meanwhile."""
        noted, self._noted = self._noted, {}
        if not noted:
            return
        try:
            async with database.transaction() as connection:
                await self._write(connection, noted)
        except BaseException:
            later, self._noted = self._noted, noted
            for key, value in later.items():
                self.note(key, value)
            raise
