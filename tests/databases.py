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
# What a test may change beside rows: tables, their columns and triggers, and the revision that the database says it is.
_SHAPE = f"""
select md5(string_agg(line, ',' order by line)) from (
    select concat_ws(' ', relkind, relname, relnatts) as line from pg_class
    where relnamespace = to_regnamespace('public')
    union all select concat_ws(' ', tgrelid::regclass, tgname, tgenabled) from pg_trigger where not tgisinternal
    union all select version_num::text from {_REVISION}
) lines
"""
_TABLES = f"""
select relname from pg_class
where relnamespace = to_regnamespace('public') and relkind = 'r' and relname <> '{_REVISION}'
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
        # How many statements each connection had run when it was as new.
        self._counts: dict[int, int] = {}

    @property
    def pids(self) -> set[int]:
        return set(self._counts)

    def lend(self, database: Database) -> None:
        """Lets it open with this pool, and close without ending it."""
        connect = database._connect
        # So that a statement sent after its block has ended fails, as it does with the pool alone.
        database._most_kept = 0

        async def reuse() -> None:
            # One of another size would keep the next test's races waiting for connections.
            if self._pool is not None and self._pool.get_max_size() != database._size:
                self.drop()
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
        self._counts = await self._reset()

    async def _reset(self) -> dict[int, int]:
        """Those connections that the test has used."""
        pool = self._pool
        if pool is None or pool.is_closing():
            return {}
        if pool.get_idle_size() < pool.get_size() or pool.get_size() > _FEW:
            self.drop()
            return {}
        connections = [await pool.acquire() for _ in range(pool.get_size())]
        counts = {}
        # The one that was used last is the first that the next test is given.
        for connection in reversed(connections):
            pid = connection.get_server_pid()
            if _count(connection) != self._counts.get(pid):
                await connection.reset()
            counts[pid] = _count(connection)
            await pool.release(connection)
        return counts

    def drop(self) -> None:
        """Ends its connections at once."""
        if self._pool is not None and not self._pool.is_closing():
            self._pool.terminate()
        self._pool, self._counts = None, {}


def _count(connection: Any) -> int:
    count: int = connection._protocol.queries_count
    return count


class Keeper:
    """Looks after one copy through a connection of its own."""

    def __init__(self, connection: "asyncpg.Connection[Any]", shape: str, tables: list[str]) -> None:
        self._connection = connection
        self._shape = shape
        asked = ", ".join(f"(select '{table}' from \"{table}\" limit 1)" for table in tables)
        self._look = f"select ({_SHAPE}), array_remove(array[{asked}], null)"

    @classmethod
    async def start(cls, url: str) -> Self:
        connection = await asyncpg.connect(url)
        # As a replica, so that no trigger guards a trail.
        await connection.execute("set session_replication_role = replica")
        tables = [row["relname"] for row in await connection.fetch(_TABLES)]
        return cls(connection, await connection.fetchval(_SHAPE), tables)

    async def empty(self, spare: SparePool) -> bool:
        """Whether it is as it was when it was new."""
        kept, _ = await self._connection.fetchrow(_END_OTHERS, list(spare.pids)) or (0, True)
        if kept < len(spare.pids):
            spare.drop()
        try:
            shape, filled = await self._connection.fetchrow(self._look) or ("", [])
        except asyncpg.UndefinedTableError:
            return False
        if filled and shape == self._shape:
            await self._connection.execute("; ".join(f'delete from "{table}"' for table in filled))
        return bool(shape == self._shape)

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
