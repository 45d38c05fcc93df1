"""Servers and databases that are killed while clients write: nothing that was acknowledged is lost or there twice."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from benchmarks.instance import HOST, Instance, list_workers, run_on
from borvo.storage.embedded import EmbeddedPostgres, EmbeddedPostgresError
from tests.factories.samples import create_body

ROUNDS = int(os.environ.get("BORVO_CRASH_ROUNDS", "3"))
WRITERS = 4
_DAYS = 28
_PATIENCE = 40.0


@dataclass
class Ledger:
    """What clients were told is stored: by their own id, its id, value and number of parts."""

    stored: dict[str, tuple[str, float | None, int]] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    repeated: int = 0


def create_sample(random: Random, ledger: Ledger, mine: list[str]) -> dict[str, Any]:
    """A new sample, with parts or without, or a higher version of one that this writer has stored."""
    start = f"2026-01-{random.randint(1, _DAYS):02}T08:00:00+01:00"
    if mine and random.random() < 0.3:
        name = random.choice(mine)
        ledger.versions[name] += 1
        version = ledger.versions[name]
        return create_body("heart_rate", random.random(), start=start, clientAssignedId=name, version=version)
    if random.random() < 0.3:
        parts = [create_body("dietary_iron", 0.001) for _ in range(random.randint(1, 3))]
        return create_body("food", 0, start=start, correlationObjects=parts)
    name = str(uuid4())
    mine.append(name)
    ledger.versions[name] = 0
    return create_body("heart_rate", random.random(), start=start, clientAssignedId=name, version=0)


def create_batch(random: Random, ledger: Ledger, mine: list[str]) -> list[dict[str, Any]]:
    bodies = (create_sample(random, ledger, mine) for _ in range(random.choice([1, 1, 5, 40])))
    # An id is in a batch once.
    return [*{body["clientAssignedId"]: body for body in bodies}.values()]


async def send(http: httpx.AsyncClient, batch: list[dict[str, Any]], ledger: Ledger) -> list[dict[str, Any]]:
    """As clients do: the same request until it is answered."""
    while True:
        with suppress(httpx.TransportError):
            answer = await http.post("/sample/v1", json=batch)
            if answer.status_code == httpx.codes.OK:
                receipts: list[dict[str, Any]] = answer.json()["samples"]
                return receipts
            assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE, answer.text
            assert answer.headers["retry-after"]
        ledger.repeated += 1
        await asyncio.sleep(0.05)


async def write(instance: Instance, ledger: Ledger, seed: int, ended: asyncio.Event) -> None:
    random, mine = Random(seed), list[str]()  # noqa: S311
    async with httpx.AsyncClient(
        base_url=f"http://{HOST}:{instance.port}",
        headers={"Authorization": f"Bearer {instance.token}"},
        timeout=5,
    ) as http:
        while not ended.is_set():
            batch = create_batch(random, ledger, mine)
            for body, receipt in zip(batch, await send(http, batch, ledger), strict=True):
                # A request whose answer was lost may have been carried out.
                assert receipt["status"] in {"created", "replaced", "duplicate"}
                value = body["quantityValue"] if body["type"] == "heart_rate" else None
                parts = len(body.get("correlationObjects", []))
                ledger.stored[body["clientAssignedId"]] = (receipt["id"], value, parts)


def kill_workers(instance: Instance) -> None:
    for pid in list_workers(instance.pid):
        with suppress(ProcessLookupError, FileNotFoundError):
            # The helper that watches their resources is left in peace.
            if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGKILL)


async def kill_session(url: str) -> None:
    """One server process of the database: all others are ended by it, and the log is recovered from."""
    with suppress(OSError, asyncpg.PostgresError):
        connection = await asyncpg.connect(url)
        pid = await connection.fetchval(
            "select pid from pg_stat_activity where application_name = 'borvo' order by random() limit 1"
        )
        with suppress(ProcessLookupError):
            os.kill(pid or connection.get_server_pid(), signal.SIGKILL)
        await connection.close()


def kill_postmaster(data: Path) -> None:
    (record,) = data.rglob("postmaster.pid")
    os.kill(int(record.read_text(encoding="utf-8").partition("\n")[0]), signal.SIGKILL)


async def kill_database(postgres: EmbeddedPostgres, data: Path) -> None:
    kill_postmaster(data)
    await asyncio.to_thread(postgres.stop)
    async with asyncio.timeout(_PATIENCE):
        while True:
            # Sessions notice that their server is gone, and until then hold on to its memory.
            with suppress(EmbeddedPostgresError):
                await asyncio.to_thread(postgres.start)
                return
            await asyncio.sleep(0.2)


@asynccontextmanager
async def run_writers(instance: Instance, ledger: Ledger) -> AsyncIterator[None]:
    ended = asyncio.Event()
    async with asyncio.TaskGroup() as writers:
        for seed in range(WRITERS):
            writers.create_task(write(instance, ledger, seed, ended))
        yield
        ended.set()


async def kill_now_and_then(instance: Instance, postgres: EmbeddedPostgres, data: Path) -> None:
    random = Random(ROUNDS)  # noqa: S311
    for number in range(ROUNDS):
        await asyncio.sleep(random.uniform(0.2, 0.8))
        if number % 3 == 0:
            kill_workers(instance)
        elif number % 3 == 1:
            await kill_session(postgres.url)
        else:
            await kill_database(postgres, data)
    await asyncio.sleep(0.5)


@pytest.fixture
def folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="borvo-crash-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


async def test_nothing_acknowledged_is_lost_or_stored_twice_when_processes_are_killed(folder: Path) -> None:
    ledger = Ledger()
    # Every commit reaches the disk, as in production.
    with EmbeddedPostgres(folder / "data") as postgres, ExitStack() as stack:
        instance = await asyncio.to_thread(lambda: stack.enter_context(run_on(postgres.url)))
        async with asyncio.timeout(_PATIENCE * ROUNDS), run_writers(instance, ledger):
            await kill_now_and_then(instance, postgres, folder)
        connection = await asyncpg.connect(postgres.url)
        await check_stored(connection, ledger)
        await connection.close()
    assert ledger.repeated


async def check_stored(connection: "asyncpg.Connection[Any]", ledger: Ledger) -> None:
    rows = await connection.fetch(
        """select client_assigned_id, id, value, version,
                  (select count(*) from sample c where c.person_id = s.person_id and c.id = s.id and c.position > 0)
           from sample s where position = 0"""
    )
    assert len(rows) == len(ledger.stored)
    assert {row[0]: (str(row[1]), row[2], row[4]) for row in rows} == ledger.stored
    assert {row[0]: row[3] for row in rows if row[3] is not None} == ledger.versions
    assert await connection.fetchval(
        """select coalesce(bool_and(samples = found), false) from sample_count n, lateral (
             select count(*) as found from sample s where s.person_id = n.person_id and s.type_code = n.type_code
               and s.position = 0 and (s.start_at at time zone 'UTC')::date = n.day) counted"""
    )
    assert await connection.fetchval("select sum(samples) from sample_count") == len(rows)
    last, position = await connection.fetchrow(
        "select max(changed_position), (select position from sample_position) from sample"
    ) or (0, 0)
    assert 0 < last <= position
    # What was replaced ended where what replaced it, or was replaced next, began.
    assert (
        await connection.fetchval(
            """select count(*) from sample_past p where p.position = 0 and not exists (
             select from sample s where s.id = p.id and s.position = 0 and s.changed_position = p.ended_position
             union all
             select from sample_past n where n.id = p.id and n.position = 0
               and n.changed_position = p.ended_position)"""
        )
        == 0
    )
