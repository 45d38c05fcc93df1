"""What every test may use: one PostgreSQL for the run, a fresh copy of the migrated database for each test."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest
import structlog
from hypothesis import settings

from borvo.storage.embedded import EmbeddedPostgres
from borvo.storage.migration import migrate

# Loads the tables of every feature, too.
from tests.instance import Instance, serve_instance

# How long an example takes says more of the machine than of the law that is tried.
settings.register_profile("borvo", deadline=None)
settings.load_profile("borvo")

# The usual renderer draws every frame of a traceback, which takes seconds where a test provokes an error of ours.
structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)

# Durability costs time and buys a test nothing.
_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "scram_iterations": "1",
}


def replace_database(url: str, name: str) -> str:
    """The same server, another database."""
    head, _, query = url.partition("?")
    return f"{head.rpartition('/')[0]}/{name}?{query}"


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """A PostgreSQL server for this test process; BORVO_TEST_DATABASE_URL names another to use."""
    if given := os.environ.get("BORVO_TEST_DATABASE_URL"):
        yield given
        return
    # Not pytest's own directory: its parents are closed to the account that PostgreSQL runs under as root.
    with TemporaryDirectory(prefix="borvo-test-") as folder:
        Path(folder).chmod(0o711)
        with EmbeddedPostgres(Path(folder) / "data", settings=_FAST) as server:
            asyncio.run(_hash_fast(server.url))
            yield server.url


async def _hash_fast(url: str) -> None:
    """The password once more, under a single iteration: each connection costs a third of the time."""
    owner = urlsplit(url)
    connection = await asyncpg.connect(url)
    await connection.execute(f"alter user {owner.username} password '{owner.password}'")
    await connection.close()


@pytest.fixture(scope="session")
def template_name(server_url: str) -> str:
    """A migrated, empty database to copy from."""
    name = f"template_{uuid4().hex}"

    async def create() -> None:
        connection = await asyncpg.connect(server_url)
        await connection.execute(f'create database "{name}"')
        await connection.close()
        await migrate(replace_database(server_url, name))

    asyncio.run(create())
    return name


class Databases:
    """Copies of the migrated database. One that a test leaves is emptied for the next, which takes a tenth of the
    time of a new copy; one whose tables a test has changed is dropped."""

    def __init__(self, server_url: str, template: str) -> None:
        self._server_url = server_url
        self._template = template
        self._shape: list[asyncpg.Record] = []
        self._spare: str | None = None

    async def take(self) -> str:
        """The name of an empty one."""
        if self._spare is None:
            self._spare = f"test_{uuid4().hex}"
            # Copying files beats writing them through the log where nothing is to survive a crash.
            await self._execute(
                f'create database "{self._spare}" template "{self._template}" strategy file_copy'
            )
            self._shape = await self._describe(self._spare)
        return self._spare

    async def give_back(self, name: str) -> None:
        if not await self._empty(name):
            self._spare = None
            await self._execute(f'drop database "{name}" with (force)')

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self._server_url)
        await connection.execute(statement)
        await connection.close()

    async def _describe(self, name: str) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(replace_database(self._server_url, name))
        shape = await self._look(connection)
        await connection.close()
        return shape

    async def _look(self, connection: "asyncpg.Connection[asyncpg.Record]") -> list[asyncpg.Record]:
        try:
            return await connection.fetch(_SHAPE)
        except asyncpg.UndefinedTableError:
            return []

    async def _empty(self, name: str) -> bool:
        """Whether it is as it was when it was new."""
        connection = await asyncpg.connect(replace_database(self._server_url, name))
        try:
            await connection.execute(_END_OTHERS)
            shape = await self._look(connection)
            if shape == self._shape:
                tables = [row["name"] for row in shape if row["kind"] == "r" and row["name"] != _REVISION]
                # As a replica, so that no trigger guards a trail.
                await connection.execute("set session_replication_role = replica")
                await connection.execute("; ".join(f'delete from "{table}"' for table in tables))
            return shape == self._shape
        finally:
            await connection.close()


_REVISION = "alembic_version"
_END_OTHERS = """
select pg_terminate_backend(pid) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid()
"""
# What a test may change beside rows: the tables with their columns, and the revision that the database says it has.
_SHAPE = f"""
select relkind::text as kind, relname as name, relnatts as columns from pg_class
where relnamespace = to_regnamespace('public')
union all select '', version_num, 0 from {_REVISION} order by 1, 2
"""


@pytest.fixture(scope="session")
def databases(server_url: str, template_name: str) -> Databases:
    return Databases(server_url, template_name)


@pytest.fixture
async def database_url(server_url: str, databases: Databases) -> AsyncIterator[str]:
    """A database of the test's own."""
    name = await databases.take()
    yield replace_database(server_url, name)
    await databases.give_back(name)


@pytest.fixture(scope="session")
async def borvo(server_url: str, template_name: str) -> AsyncIterator[Instance]:
    """A server in a process of its own, for the whole run: its tests make people and clients that no other uses."""
    async with serve_instance(await create_database(server_url, template_name)) as instance:
        yield instance


async def create_database(server_url: str, template_name: str) -> str:
    """The address of one for an instance that lives as long as the server."""
    name = f"instance_{uuid4().hex}"
    connection = await asyncpg.connect(server_url)
    await connection.execute(f'create database "{name}" template "{template_name}"')
    await connection.close()
    return replace_database(server_url, name)
