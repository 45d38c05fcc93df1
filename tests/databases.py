"""Copies of the migrated database, one test after another in the same one, and connections that stay open from one
test to the next."""

from typing import Any, Self
from uuid import uuid4

import asyncpg

from borvo.storage.database import Database

_FEW = 6
"""How many connections are kept: those that a race needed beside them would only take memory."""
_REVISION = "alembic_version"
# Sessions that a test has left: all but those of the pool that wait for work, of which the test is told.
_END_OTHERS = """
with others as (
    select pid, pid = any($1::integer[]) and state = 'idle' as kept from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
)
select count(*) filter (where kept), bool_and(kept or pg_terminate_backend(pid)) from others
"""
# What a test may change beside rows: the tables with their columns, and the revision that the database says it has.
_SHAPE = f"""
select relkind::text as kind, relname as name, relnatts as columns from pg_class
where relnamespace = to_regnamespace('public')
union all select '', version_num, 0 from {_REVISION} order by 1, 2
"""


def replace_database(url: str, name: str) -> str:
    """The same server, another database."""
    head, _, query = url.partition("?")
    return f"{head.rpartition('/')[0]}/{name}?{query}"


async def execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(statement)
    await connection.close()


class SparePool:
    """The pool of a test's platform, which the next test's platform goes on with: a new connection costs as much as
    twenty statements, and each of them has to learn the tables anew."""

    def __init__(self) -> None:
        self._pool: asyncpg.Pool[Any] | None = None
        self.pids: set[int] = set()

    def lend(self, database: Database) -> None:
        """Lets it open with this pool, and close without ending it."""
        connect = database._connect

        async def reuse() -> None:
            if self._pool is None or self._pool.is_closing():
                await connect()
                self._pool = database.pool
            database._pool = self._pool

        database._connect = reuse  # type: ignore[method-assign]

    async def take_back(self, database: Database) -> None:
        """Ends it if the test has left it in use or has many connections open."""
        used, database._pool = database._pool, None
        if used is not self._pool and used is not None:
            await used.close()
        self.pids = await self._reset()

    async def _reset(self) -> set[int]:
        pool = self._pool
        if pool is None or pool.is_closing():
            return set()
        if pool.get_idle_size() < pool.get_size() or pool.get_size() > _FEW:
            self.drop()
            return set()
        connections = [await pool.acquire() for _ in range(pool.get_size())]
        pids = set()
        for connection in connections:
            await connection.reset()
            pids.add(connection.get_server_pid())
            await pool.release(connection)
        return pids

    def drop(self) -> None:
        """Ends its connections at once."""
        if self._pool is not None and not self._pool.is_closing():
            self._pool.terminate()
        self._pool, self.pids = None, set()


class Keeper:
    """Looks after one copy through a connection of its own."""

    def __init__(self, connection: "asyncpg.Connection[Any]", shape: list[asyncpg.Record]) -> None:
        self._connection = connection
        self._shape = shape
        tables = [row["name"] for row in shape if row["kind"] == "r" and row["name"] != _REVISION]
        asked = ", ".join(f"(select '{table}' from \"{table}\" limit 1)" for table in tables)
        self._find_filled = f"select array_remove(array[{asked}], null)"

    @classmethod
    async def start(cls, url: str) -> Self:
        connection = await asyncpg.connect(url)
        # As a replica, so that no trigger guards a trail.
        await connection.execute("set session_replication_role = replica")
        return cls(connection, await connection.fetch(_SHAPE))

    async def empty(self, spare: SparePool) -> bool:
        """Whether it is as it was when it was new."""
        kept, _ = await self._connection.fetchrow(_END_OTHERS, list(spare.pids)) or (0, True)
        if kept < len(spare.pids):
            spare.drop()
        if not await self._has_its_shape():
            return False
        if filled := await self._connection.fetchval(self._find_filled):
            await self._connection.execute("; ".join(f'delete from "{table}"' for table in filled))
        return True

    async def _has_its_shape(self) -> bool:
        try:
            return await self._connection.fetch(_SHAPE) == self._shape
        except asyncpg.UndefinedTableError:
            return False

    async def stop(self) -> None:
        await self._connection.close()


class Databases:
    """One that a test leaves is emptied for the next, which takes a tenth of the time of a new copy; one whose tables
    a test has changed is dropped."""

    def __init__(self, server_url: str, template: str) -> None:
        self._server_url = server_url
        self._template = template
        self._keeper: Keeper | None = None
        self._spare: str = ""
        self.pool = SparePool()

    async def take(self) -> str:
        """The address of an empty one."""
        if self._keeper is None:
            name = f"test_{uuid4().hex}"
            # Copying files beats writing them through the log where nothing is to survive a crash.
            copied = f'create database "{name}" template "{self._template}" strategy file_copy'
            await execute(self._server_url, copied)
            self._spare = replace_database(self._server_url, name)
            self._keeper = await Keeper.start(self._spare)
        return self._spare

    async def give_back(self) -> None:
        if self._keeper is not None and not await self._keeper.empty(self.pool):
            await self.close()

    async def close(self) -> None:
        """Drops what there is."""
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            self.pool.drop()
            await keeper.stop()
            name = self._spare.partition("?")[0].rpartition("/")[2]
            await execute(self._server_url, f'drop database "{name}" with (force)')
