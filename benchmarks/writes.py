"""Writing samples by many people at once, beside the bare statement on the same rows, and more than can be written."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import msgspec

from benchmarks.endpoints import repeat_beside
from benchmarks.instance import HOST, Instance, issue_token, list_workers
from benchmarks.load import Call, read_answer
from benchmarks.report import Row
from benchmarks.samples import list_columns, list_samples
from borvo.accounts.public import Registration, create_person, find_person
from borvo.assembly import build_platform

MANY = 32
_RETRY_AFTER = 2.0
_BARE = """
insert into bare_sample (person_id, id, position, type_code, start_at, end_at, created_at, value, device,
                         client_key, client_assigned_id, start_offset, end_offset, content_digest, created_position,
                         changed_position)
select $1, id, 0, type_code, start_at, end_at, $3, value, device, $2, client_assigned_id, start_offset, end_offset,
       content_digest, 1, 1
from unnest($4::uuid[], $5::smallint[], $6::timestamptz[], $7::timestamptz[], $8::float8[], $9::text[],
            $10::text[], $11::smallint[], $12::smallint[], $13::bytea[])
  as given (id, type_code, start_at, end_at, value, device, client_assigned_id, start_offset, end_offset,
            content_digest)
"""


@dataclass(frozen=True, slots=True)
class Load:
    """How many connections send how many batches of how many samples, one after the other."""

    connections: int
    size: int
    batches: int

    @property
    def samples(self) -> int:
        return self.connections * self.size * self.batches

    def list_batches(self) -> Iterator[list[list[dict[str, Any]]]]:
        """Of each connection."""
        for _ in range(self.connections):
            yield [list_samples(self.size) for _ in range(self.batches)]


LOADS = [
    Load(1, 1, 300),
    Load(10, 1, 60),
    Load(MANY, 1, 30),
    Load(1, 100, 50),
    Load(10, 100, 10),
    Load(MANY, 100, 5),
    Load(1, 10_000, 4),
    Load(10, 10_000, 1),
    Load(MANY, 10_000, 1),
]


async def issue_tokens(instance: Instance) -> list[str]:
    """Of as many people as there are connections at most: writers of one person would take turns."""
    platform = build_platform(instance.settings)
    await platform.database.open()
    try:
        return [await _issue(platform, f"writer{number}@demo.test") for number in range(MANY)]
    finally:
        await platform.database.close()


async def _issue(platform: Any, email: str) -> str:
    await create_person(platform.accounts, Registration(email, "Bench", "Mark", "borvo-demo-pass"))
    async with platform.database.connection() as connection:
        person = await find_person(connection, email)
    if person is None:
        raise RuntimeError("the person was not seeded")
    return await issue_token(platform, person)


def _call(token: str, samples: list[dict[str, Any]]) -> bytes:
    headers = (("Authorization", f"Bearer {token}"), ("Content-Type", "application/json"))
    return Call("POST", "/sample/v1", headers, msgspec.json.encode(samples)).render(HOST)


async def _time(lanes: list[Awaitable[None]]) -> float:
    started = time.perf_counter()
    await asyncio.gather(*lanes)
    return time.perf_counter() - started


async def _measure_borvo(instance: Instance, tokens: list[str], load: Load) -> tuple[float, float]:
    """Samples a second, and samples a CPU second of the workers. Preparing the bodies does not count."""
    calls = [
        [_call(token, samples) for samples in batches]
        for token, batches in zip(tokens, load.list_batches(), strict=False)
    ]
    streams = [await asyncio.open_connection(HOST, instance.port, limit=2**24) for _ in calls]

    async def send(stream: tuple[asyncio.StreamReader, asyncio.StreamWriter], batches: list[bytes]) -> None:
        reader, writer = stream
        for call in batches:
            writer.write(call)
            status, body = await read_answer(reader)
            # More than can be stored at once is refused, and sent again as the answer says.
            while status == 503:  # noqa: PLR2004
                await asyncio.sleep(_RETRY_AFTER)
                writer.write(call)
                status, body = await read_answer(reader)
            if status != 200 or b"duplicate" in body:  # noqa: PLR2004
                raise RuntimeError(f"got {status}: {body[:300]!r}")
        writer.close()

    before = instance.read_worker_seconds()
    seconds = await _time([send(*each) for each in zip(streams, calls, strict=True)])
    return load.samples / seconds, load.samples / max(0.01, instance.read_worker_seconds() - before)


async def _measure_bare(instance: Instance, load: Load) -> float:
    """Rows a second by as many open connections."""
    url = instance.settings.database_url
    connections = [await asyncpg.connect(url) for _ in range(load.connections)]
    lanes = [[list_columns(samples) for samples in batches] for batches in load.list_batches()]

    async def insert(connection: "asyncpg.Connection[Any]", batches: list[list[list[Any]]]) -> None:
        person, client = uuid4(), uuid4()
        for columns in batches:
            await connection.execute(_BARE, person, client, datetime.now(UTC), *columns)
        await connection.close()

    seconds = await _time([insert(*each) for each in zip(connections, lanes, strict=True)])
    return load.samples / seconds


async def _create_bare(instance: Instance) -> None:
    connection = await asyncpg.connect(instance.settings.database_url)
    await connection.execute("drop table if exists bare_sample")
    await connection.execute("create table bare_sample (like sample including all)")
    await connection.close()


def measure_writes(instance: Instance, tokens: list[str], rounds: int) -> list[Row]:
    """Both sides commit durably, and wait for it."""
    asyncio.run(_create_bare(instance))
    return [_measure(instance, tokens, load, rounds) for load in LOADS]


def _measure(instance: Instance, tokens: list[str], load: Load, rounds: int) -> Row:
    a_core: list[float] = []

    def run_borvo() -> float:
        rate, rate_a_core = asyncio.run(_measure_borvo(instance, tokens, load))
        a_core.append(rate_a_core)
        return rate

    borvo, bare, ratio = repeat_beside(run_borvo, lambda: asyncio.run(_measure_bare(instance, load)), rounds)
    by = "1 connection" if load.connections == 1 else f"{load.connections} connections"
    targets = {1: "at least 1,000/s a core", 10_000: "at least 0.70"}
    return Row(
        f"sample write, batches of {load.size:,}, {by}",
        f"{borvo:,.0f} samples/s, {sorted(a_core[1:])[rounds // 2]:,.0f} a core",
        f"bare unnest insert {bare:,.0f} rows/s",
        ratio,
        targets.get(load.size, ""),
    )


def _read_memory(pid: int) -> int:
    """Bytes that a process holds now."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


async def _overload(
    instance: Instance, tokens: list[str], seconds: float
) -> tuple[Counter[int], float, float]:
    """Answers by status, and the least and most megabytes that a worker held in the second half and in all."""
    workers = list_workers(instance.pid)
    until = time.perf_counter() + seconds
    statuses: Counter[int] = Counter()
    first, most = 0.0, 0.0

    async def press(token: str) -> None:
        call = _call(token, list_samples(10_000))
        while time.perf_counter() < until:
            reader, writer = await asyncio.open_connection(HOST, instance.port, limit=2**24)
            writer.write(call)
            status, _ = await read_answer(reader)
            statuses[status] += 1
            writer.close()

    async def watch() -> None:
        nonlocal first, most
        while time.perf_counter() < until:
            held = max(map(_read_memory, workers)) / 2**20
            most = max(most, held)
            if time.perf_counter() < until - seconds / 2:
                first = max(first, held)
            await asyncio.sleep(0.1)

    await asyncio.gather(watch(), *(press(token) for token in tokens for _ in range(4)))
    return statuses, first, most


def measure_overload(instance: Instance, tokens: list[str], seconds: float) -> Row:
    """Many more large batches at once than can be stored: each is stored or refused, and memory stays flat."""
    statuses, first, most = asyncio.run(_overload(instance, tokens, seconds))
    if set(statuses) - {200, 503}:
        raise RuntimeError(f"answered otherwise: {statuses}")
    return Row(
        f"overload, {4 * MANY} connections with batches of 10,000, {seconds:g} s",
        f"{statuses[200]} stored, {statuses[503]} refused",
        f"{first:,.0f} MB a worker in the first half, {most:,.0f} MB in all",
        most / first,
        "at most 1.10",
    )
