"""Many callers, one statement: that reads for all of them, or writes."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from itertools import islice
from typing import Generic, TypeVar

import asyncpg

from borvo.storage.database import Connection, Database

K = TypeVar("K")
V = TypeVar("V")

_ROUNDS = 20
_MOST_KEYS = 64
"""Of one statement: its rows are read in one go, and meanwhile the event loop does nothing else."""
_TOLD_AT_ONCE = 4

LoadAll = Callable[[Connection, list[K]], Awaitable[Mapping[K, V]]]


class Gathering(Generic[K, V]):
    """Loads things by key. Callers who ask while a statement is under way share the next one.

    Nothing is remembered: the statement that answers a caller starts after the caller asked.
    """

    def __init__(self, database: Database, load_all: LoadAll[K, V]) -> None:
        self._database = database
        self._load_all = load_all
        self._waiting: dict[K, list[asyncio.Future[V | None]]] = {}
        self._asked: dict[K, list[asyncio.Future[V | None]]] = {}
        self._task: asyncio.Task[None] | None = None

    async def find(self, key: K) -> V | None:
        """What lies under the key; raises what the database raises, to everybody of the same statement."""
        future: asyncio.Future[V | None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, []).append(future)
        if self._task is None:
            self._task = asyncio.create_task(self._answer())
        return await future

    async def _answer(self) -> None:
        try:
            while self._waiting:
                await self._answer_some()
        finally:
            self._task = None

    async def _answer_some(self) -> None:
        """Over one connection, as long as there are more who ask, but not for ever: others may wait for it."""
        try:
            async with self._database.connection() as connection:
                for _ in range(_ROUNDS):
                    await self._answer_round(connection)
                    if not self._waiting:
                        break
        except Exception as fault:  # noqa: BLE001  (it is raised where somebody waits)
            self._refuse(fault)

    async def _answer_round(self, connection: Connection) -> None:
        self._asked = dict(islice(self._waiting.items(), _MOST_KEYS))
        for key in self._asked:
            del self._waiting[key]
        await self._answer_asked(connection)

    async def _answer_asked(self, connection: Connection) -> None:
        found = await self._load_all(connection, list(self._asked))
        while self._asked:
            self._tell_some(found)
            if self._asked:
                # Whoever is told goes on at once, with a signature for instance: the loop turns in between.
                await asyncio.sleep(0)

    def _tell_some(self, found: Mapping[K, V]) -> None:
        for key in list(islice(self._asked, _TOLD_AT_ONCE)):
            for future in _list_open([self._asked.pop(key)]):
                future.set_result(found.get(key))

    def _refuse(self, fault: Exception) -> None:
        """Everybody of the statement that failed; when there was not even a connection, everybody who waits."""
        if not self._asked:
            self._asked, self._waiting = self._waiting, {}
        for future in _list_open(self._asked.values()):
            future.set_exception(fault)
        self._asked = {}


class Joining(Gathering[K, V]):
    """Writes things, each by a key that is itself: what is asked for while a statement is under way is written by the
    next one, and so with one commit. The statement is a unit of work by itself. Where the database refuses it, nothing
    of it was written, and each is written alone: nobody fails for what another one wrote."""

    async def _answer_asked(self, connection: Connection) -> None:
        try:
            await super()._answer_asked(connection)
        except asyncpg.PostgresError:
            if len(self._asked) == 1:
                raise
            for key, futures in list(self._asked.items()):
                await self._answer_alone(connection, key, futures)
            self._asked = {}

    async def _answer_alone(
        self, connection: Connection, key: K, futures: list["asyncio.Future[V | None]"]
    ) -> None:
        self._asked = {key: futures}
        try:
            await super()._answer_asked(connection)
        except Exception as fault:  # noqa: BLE001  (it is raised where somebody waits)
            self._refuse(fault)


def _list_open(groups: Iterable[list["asyncio.Future[V | None]"]]) -> list["asyncio.Future[V | None]"]:
    """Without those of callers who went away meanwhile, which are cancelled."""
    return [future for futures in groups for future in futures if not future.done()]
