"""What every test may use: one PostgreSQL for the run, a fresh copy of the migrated database for each test."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import settings

import borvo.assembly  # noqa: F401  (loads the tables of every feature)
from borvo.storage.embedded import EmbeddedPostgres
from borvo.storage.migration import migrate

# How long an example takes says more of the machine than of the law that is tried.
settings.register_profile("borvo", deadline=None)
settings.load_profile("borvo")

# Durability costs time and buys a test nothing.
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}


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
            yield server.url


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


@pytest.fixture
async def database_url(server_url: str, template_name: str) -> AsyncIterator[str]:
    """A database of the test's own."""
    name = f"test_{uuid4().hex}"
    connection = await asyncpg.connect(server_url)
    await connection.execute(f'create database "{name}" template "{template_name}"')
    yield replace_database(server_url, name)
    await connection.execute(f'drop database "{name}" with (force)')
    await connection.close()
