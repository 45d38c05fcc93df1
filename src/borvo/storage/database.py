"""Connections and transactions."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeAlias

import asyncpg

from borvo.storage.waiting_line import WaitingLine

DATABASE_ABSENCES: tuple[type[Exception], ...] = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ReadOnlySQLTransactionError,
    # A statement sent before the end of its connection was noticed.
    asyncpg.InternalClientError,
)
"""What is raised while the database is away, starts, stops, is full, or only stands by: none of our statements'
doing, and over some time later."""

_UNREADY: tuple[type[Exception], ...] = (
    *DATABASE_ABSENCES,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    TimeoutError,
)

Connection: TypeAlias = "asyncpg.pool.PoolConnectionProxy[Any] | asyncpg.Connection[Any]"
PooledConnection: TypeAlias = "asyncpg.pool.PoolConnectionProxy[Any]"
_Handed: TypeAlias = "asyncpg.pool.PoolConnectionProxy[Any] | None"
Row: TypeAlias = "asyncpg.Record"


_SESSION = {
    "application_name": "borvo",
    "timezone": "UTC",
    # Every statement of ours has one good plan, found by its key. Planning it anew for each value takes longer
    # than running it.
    "plan_cache_mode": "force_generic_plan",
    "jit": "off",
}


_POOL_EACH = 1000


async def _keep(_: object) -> None:
    """What a connection is reset by between two uses: nothing, which saves a round trip each time. No statement of
    ours leaves anything behind on a session; settings and locks end with their transaction."""


def _is_open(connection: PooledConnection) -> bool:
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:
        # The pool has noticed before.
        return False


def _is_idle(connection: PooledConnection) -> bool:
    """Whether the next may have it as it is: a transaction that was left open would take her work along when it is
    rolled back, as the pool does."""
    return _is_open(connection) and not connection.is_in_transaction()


class _Lease:
    """A connection for as long as a block runs."""

    __slots__ = ("_connection", "_database")

    def __init__(self, database: "Database") -> None:
        self._database = database

    async def __aenter__(self) -> Connection:
        self._connection = await self._database.take()
        return self._connection

    async def __aexit__(self, kind: object, *_: object) -> None:
        await self._database.give_back(self._connection, is_clean=kind is None)


class Database:
    """A pool of connections.

    Statements are prepared and cached on each connection, so a store writes its SQL as constants.
    """

    def __init__(self, url: str, *, size: int = 10) -> None:
        self._url = url
        self._size = size
        self._pool: asyncpg.Pool[Any] | None = None
        self._in_use = 0
        # Handed to them is a connection, or the place of one that the pool still has to give.
        self._line: WaitingLine[_Handed] = WaitingLine()
        self._kept: list[PooledConnection] = []
        self._most_kept = size // 2
        self._turn = 0
        self._after_commit: dict[int, set[Callable[[], None]]] = {}
        self._first: list[Callable[[Connection], Awaitable[None]]] = []

    def call_first(self, call: Callable[[Connection], Awaitable[None]]) -> None:
        """Calls it whenever the database is opened, before anybody else has a connection."""
        self._first.append(call)

    async def open(self) -> None:
        """Connects; raises what asyncpg raises when the server cannot be reached, and what those raise that were to be
        called first."""
        await self._connect()
        try:
            async with self.pool.acquire() as connection:
                for call in self._first:
                    await call(connection)
        except BaseException:
            await self.close()
            raise

    async def _connect(self) -> None:
        self._pool = await asyncpg.create_pool(
            self._url,
            min_size=1,
            max_size=self._size,
            command_timeout=60,
            # Idle connections stay: a timer started and stopped with every request costs more than they do.
            max_inactive_connection_lifetime=0,
            reset=_keep,
            server_settings=_SESSION,
        )

    async def close(self) -> None:
        if self._pool is not None:
            while self._kept:
                await self._pool.release(self._kept.pop())
            # It waits for those in use, which it gets from now on.
            await self._pool.close()
            self._pool = None

    @property
    def pool(self) -> "asyncpg.Pool[Any]":
        if self._pool is None:
            raise RuntimeError("the database is not open")
        return self._pool

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """One unit of work: committed when the block ends, rolled back when it raises."""
        async with self.connection() as connection, self.begin(connection):
            yield connection

    @asynccontextmanager
    async def begin(self, connection: Connection) -> AsyncIterator[None]:
        """A unit of work on a connection in hand, for effects of several statements: one alone needs none, and so saves
        two round trips. Within a unit of work that has begun it is part of that."""
        if connection.is_in_transaction():
            yield
            return
        try:
            async with connection.transaction():
                yield
            for call in self._after_commit.get(id(connection), ()):
                call()
        finally:
            self._after_commit.pop(id(connection), None)

    def call_after_commit(self, connection: Connection, call: Callable[[], None]) -> None:
        """Calls it once the unit of work on the connection is committed, and never if that is rolled back. Raises
        `RuntimeError` outside one: it would be called when another's is over."""
        if not connection.is_in_transaction():
            raise RuntimeError("no unit of work has begun on the connection")
        self._after_commit.setdefault(id(connection), set()).add(call)

    def connection(self) -> AbstractAsyncContextManager[Connection]:
        """For single statements, which need no transaction around them. Raises `OverloadedError` when too many wait, or
        this one has waited for too long."""
        return _Lease(self)

    async def take(self) -> PooledConnection:
        """A connection, to be given back."""
        if self._in_use >= self._size:
            return await self._await_turn() or await self._take_free()
        self._in_use += 1
        return await self._take_free()

    async def _take_free(self) -> PooledConnection:
        """For a place that is counted already."""
        try:
            while self._kept:
                connection = self._kept.pop()
                if _is_open(connection):
                    return connection
                await self.pool.release(connection)
            return await self.pool.acquire()
        except BaseException:
            self._free_place()
            raise

    async def _await_turn(self) -> _Handed:
        place = self._line.join()
        try:
            return await place.wait()
        except BaseException:
            self._line.leave(place)
            for left in place.list_left():
                await self._pass_on(left)
            raise

    async def _pass_on(self, connection: _Handed) -> None:
        if connection is None:
            self._free_place()
        else:
            await self.give_back(connection, is_clean=True)

    def _free_place(self) -> None:
        if not self._line.hand(None):
            self._in_use -= 1

    async def give_back(self, connection: PooledConnection, *, is_clean: bool) -> None:
        """To whoever waits, or a few are kept for whoever comes next: the pool's own way takes longer than a short
        statement. It has those on which something went wrong, and each now and then, since it replaces the old ones."""
        if is_clean and self._is_kept(connection):
            return
        try:
            await self.pool.release(connection)
        finally:
            self._free_place()

    def _is_kept(self, connection: PooledConnection) -> bool:
        """Whether somebody has it now, or it waits for the next."""
        self._turn += 1
        if (
            not (self._most_kept and self._turn % _POOL_EACH and _is_idle(connection))
            or self.pool.is_closing()
        ):
            return False
        if self._line.hand(connection):
            return True
        if len(self._kept) >= self._most_kept:
            return False
        self._kept.append(connection)
        self._in_use -= 1
        return True

    @asynccontextmanager
    async def borrow(self, connection: "Connection | None") -> AsyncIterator[Connection]:
        """The connection in hand, or as `connection` where there is none."""
        if connection is not None:
            yield connection
            return
        async with self.connection() as own:
            yield own

    @asynccontextmanager
    async def spare_connection(self) -> "AsyncIterator[asyncpg.Connection[Any]]":
        """Outside the pool, in a transaction: for work that callers wait for who hold pooled connections
        themselves. Taken from the pool, it could wait for those who wait for it."""
        connection = await asyncpg.connect(self._url)
        try:
            async with connection.transaction():
                yield connection
        finally:
            await connection.close()

    async def is_ready(self) -> bool:
        """Whether the server answers a statement."""
        try:
            async with self.connection() as connection:
                return bool(await connection.fetchval("select true"))
        except _UNREADY:
            return False
