"""What every test may use: one PostgreSQL for the run, a fresh copy of the migrated database for each test."""

import asyncio
import gc
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import structlog
from hypothesis import settings

from borvo.storage.embedded import EmbeddedPostgres
from borvo.storage.migration import migrate

# Loads the tables of every feature, too.
from tests.databases import Databases, execute, replace_database
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

# Seconds that a test takes on average, where processes and browsers are started, and where nothing is.
_SLOW = {
    "browser": 2.0,
    "docs": 1.5,
    "judges": 1.0,
    "cli": 0.5,
    "conformance": 0.3,
    "architecture": 0.1,
    "unit": 0.01,
}
_USUAL = 0.07
# Seconds of a whole file whose tests are unlike the others of its folder.
_SECONDS = {
    "browser/test_pages.py": 50,
    "cli/test_demo.py": 27,
    "cli/test_serve.py": 15,
    "dataserver/test_crashes.py": 9,
    "dataserver/test_description.py": 11,
    "docs/test_mentions.py": 6,
    "docs/test_pages.py": 4,
    "identity/test_every_door.py": 25,
    "identity/test_protocol_description.py": 7,
    "storage/test_embedded.py": 11,
    "benchmarks/test_flows.py": 5,
    "judges/test_openid_client.py": 9,
}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest come first, so that at the end of the run no process waits for the other's last."""
    counts = Counter(item.path for item in items)
    items.sort(key=lambda item: -_estimate(item.path, counts[item.path]))


def pytest_collection_finish() -> None:
    """What the imports made stays until the end: looking through it again and again for what nobody refers to takes a
    sixth of the time of a test."""
    gc.collect()
    gc.freeze()


def _estimate(path: Path, count: int) -> float:
    each = next((_SLOW[part] for part in path.parts if part in _SLOW), _USUAL)
    return _SECONDS.get("/".join(path.parts[-2:]), count * each)


# Durability costs time and buys a test nothing.
_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "scram_iterations": "1",
}


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
    await execute(url, f"alter user {owner.username} password '{owner.password}'")


@pytest.fixture(scope="session")
def template_name(server_url: str) -> str:
    """A migrated, empty database to copy from."""
    name = f"template_{uuid4().hex}"

    async def create() -> None:
        await execute(server_url, f'create database "{name}"')
        await migrate(replace_database(server_url, name))

    asyncio.run(create())
    return name


@pytest.fixture(scope="session")
async def databases(server_url: str, template_name: str) -> AsyncIterator[Databases]:
    databases = Databases(server_url, template_name)
    yield databases
    await databases.close()


@pytest.fixture
async def database_url(databases: Databases) -> AsyncIterator[str]:
    """A database of the test's own."""
    yield await databases.take()
    await databases.give_back()


@pytest.fixture(scope="session")
async def borvo(server_url: str, template_name: str) -> AsyncIterator[Instance]:
    """A server in a process of its own, for the whole run: its tests make people and clients that no other uses."""
    async with serve_instance(await create_database(server_url, template_name)) as instance:
        yield instance


async def create_database(server_url: str, template_name: str) -> str:
    """The address of one for an instance that lives as long as the server."""
    name = f"instance_{uuid4().hex}"
    await execute(server_url, f'create database "{name}" template "{template_name}"')
    return replace_database(server_url, name)
