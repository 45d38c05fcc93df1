"""Pages of a person with few and with very many samples, the first and one far behind, beside the bare select."""

import asyncio
import re
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import asyncpg
import msgspec

from benchmarks.endpoints import CONNECTIONS
from benchmarks.instance import HOST, Instance, list_workers
from benchmarks.load import Call, drive, drive_statement
from benchmarks.report import Row
from benchmarks.wire import Wire, authorize
from borvo.catalogue.sample_types import map_sample_types

SIZES = (100_000, 1_000_000, 10_000_000)
DEPTH = 1000
_TURNS = 40
_ROUNDS, _SECONDS = 5, 1.5
_START = datetime(2000, 1, 1, tzinfo=UTC)
_STEP = 500_000
_LINK = re.compile(rb"\r\n[Ll]ink: <([^>]+)>")

_FILL = """
insert into sample (person_id, id, position, type_code, start_at, end_at, created_at, value, device, client_key,
                    start_offset, end_offset)
select $1, gen_random_uuid(), 0, $2, at, at, now(), 1.2, 'bench', $3, 0, 0
from (select $4::timestamptz + make_interval(mins => n) as at from generate_series($5::int, $6::int) n) times
"""

_COUNT = """
insert into sample_count (person_id, type_code, day, samples)
select person_id, type_code, (start_at at time zone 'UTC')::date, count(*) from sample
where person_id = $1 and type_code = $2 group by 1, 2, 3
on conflict (person_id, type_code, day) do update set samples = excluded.samples
"""

# As a batch would: what is remembered of the time before no longer counts.
_TAKE_POSITION = """
insert into sample_position as present (person_id, position) values ($1, 1)
on conflict (person_id) do update set position = present.position + 1
"""

_BARE = """
select id, type_code, start_at, end_at, value, category, device, client_assigned_id,
       start_offset, end_offset from sample
where person_id = $1 and type_code = $2 and position = 0 {behind} order by start_at, id limit 100
"""
_FIRST = _BARE.format(behind="")
_BEHIND = _BARE.format(behind="and (start_at, id) > ($3, $4)")


class Pace(NamedTuple):
    """Seconds of an answer, the median of many, and the CPU seconds of the process that asks the database."""

    wall: float
    cpu: float


class Crowd(NamedTuple):
    """Pages a second, bare selects a second, and the median of what they were to each other in each round."""

    rate: float
    bare: float
    ratio: float


class Curve(NamedTuple):
    """What was measured with so many samples stored."""

    size: int
    first: Pace
    deep: Pace
    bare_first: Pace
    bare_deep: Pace
    first_together: Crowd
    deep_together: Crowd


async def fill(connection: "asyncpg.Connection[Any]", person: UUID, done: int, size: int) -> None:
    """One sample a minute, up to so many in all, as if they had been written."""
    code = map_sample_types()["step_count"].code
    client = uuid4()
    for first in range(done + 1, size + 1, _STEP):
        last = min(first + _STEP - 1, size)
        await connection.execute(_FILL, person, code, client, _START, first, last, timeout=1200)
    await connection.execute(_COUNT, person, code, timeout=1200)
    await connection.execute(_TAKE_POSITION, person)
    await connection.execute("vacuum analyze sample", timeout=1200)
    await connection.execute("vacuum analyze sample_count", timeout=600)


def _follow(wire: Wire, instance: Instance, pages: int) -> Call:
    """The request for the page that comes after so many: by following their links."""
    path = "/sample/v1?types=step_count&take=100"
    for _ in range(pages):
        head, _ = wire.exchange(Call("GET", path, authorize(instance)))
        found = _LINK.search(head)
        if found is None:
            raise RuntimeError("no further page")
        path = found[1].decode()
    return Call("GET", path, authorize(instance))


def _check(wire: Wire, call: Call, pages: int, size: int) -> None:
    answer = msgspec.json.decode(wire.send(call))
    start = datetime.fromisoformat(answer["datas"][0]["dateRange"]["lowerBound"])
    expected = _START + timedelta(minutes=pages * 100 + 1)
    if answer["count"] != 100 or start != expected or answer["totalAvailable"] != size:  # noqa: PLR2004
        raise RuntimeError(f"the page is not what was stored: {start}, {answer['totalAvailable']}")


Measure = Callable[[], Awaitable[None]]


async def _time_by_turns(turns: int, *measures: tuple[Measure, Callable[[], float]]) -> list[Pace]:
    """What else the machine does weighs on all of them alike. Each comes with the clock of its CPU time."""
    walls: list[list[float]] = [[] for _ in measures]
    spent = [0.0 for _ in measures]
    for turn in range(turns + 1):
        for place, (measure, read_cpu) in enumerate(measures):
            before = read_cpu()
            for _ in range(10):
                started = time.perf_counter()
                await measure()
                if turn:
                    walls[place].append(time.perf_counter() - started)
            spent[place] += (read_cpu() - before) * bool(turn)
    return [Pace(statistics.median(wall), cpu / len(wall)) for wall, cpu in zip(walls, spent, strict=True)]


def _read_scheduled(pids: list[int]) -> float:
    """CPU seconds, more finely than by clock ticks."""
    nanoseconds = 0
    for pid in pids:
        with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:  # noqa: PTH123
            nanoseconds += int(file.read().split()[0])
    return nanoseconds / 1e9


async def _find_key(
    connection: "asyncpg.Connection[Any]", person: UUID, code: int, depth: int
) -> "asyncpg.Record":
    """Of the last sample before that page."""
    last = f"{_FIRST.replace('limit 100', '')} offset $3 limit 1"
    key: asyncpg.Record | None = await connection.fetchrow(last, person, code, (depth - 1) * 100 - 1)
    if key is None:
        raise RuntimeError("there are too few samples")
    return key


async def _measure(instance: Instance, connection: "asyncpg.Connection[Any]", size: int) -> Curve:
    wire = Wire(instance)
    code = map_sample_types()["step_count"].code
    depth = min(DEPTH, size // 200)
    calls = [_follow(wire, instance, 0), _follow(wire, instance, depth - 1)]
    for call, pages in zip(calls, (0, depth - 1), strict=True):
        _check(wire, call, pages, size)
    key = await _find_key(connection, instance.person_id, code, depth)
    workers = list_workers(instance.pid)

    async def ask(call: Call) -> None:
        wire.send(call)

    async def select_first() -> None:
        await connection.fetch(_FIRST, instance.person_id, code)

    async def select_deep() -> None:
        await connection.fetch(_BEHIND, instance.person_id, code, key["start_at"], key["id"])

    paces = await _time_by_turns(
        _TURNS,
        (lambda: ask(calls[0]), lambda: _read_scheduled(workers)),
        (lambda: ask(calls[1]), lambda: _read_scheduled(workers)),
        (select_first, time.process_time),
        (select_deep, time.process_time),
    )
    wire.close()
    person = instance.person_id, code
    first, deep, bare_first, bare_deep = paces
    return Curve(
        size,
        first,
        deep,
        bare_first,
        bare_deep,
        await _measure_together(instance, calls[0], _FIRST, *person),
        await _measure_together(instance, calls[1], _BEHIND, *person, key["start_at"], key["id"]),
    )


async def _measure_together(instance: Instance, call: Call, bare: str, *values: object) -> Crowd:
    """By turns, after a round that does not count."""
    crowd: dict[str, Any] = {"connections": CONNECTIONS, "seconds": _SECONDS}
    rounds = []
    for _ in range(_ROUNDS + 1):
        pages = await drive(HOST, instance.port, [call], **crowd)
        selects = await drive_statement(instance.settings.database_url, bare, *values, **crowd)
        rounds.append((pages.rate, selects, selects / pages.rate))
    return Crowd(*map(statistics.median, zip(*rounds[1:], strict=True)))


async def _measure_all(instance: Instance, sizes: tuple[int, ...]) -> list[Curve]:
    connection = await asyncpg.connect(instance.settings.database_url)
    curves, done = [], 0
    for size in sizes:
        await fill(connection, instance.person_id, done, size)
        done = size
        curves.append(await _measure(instance, connection, size))
    await connection.close()
    return curves


def _describe(curve: Curve) -> Iterator[Row]:
    deep = f"page {min(DEPTH, curve.size // 200):,}"
    for name, pace, bare in (
        ("first page", curve.first, curve.bare_first),
        (deep, curve.deep, curve.bare_deep),
    ):
        yield Row(
            f"{name} of 100 of {curve.size:,}, one at a time",
            f"{pace.wall * 1000:.2f} ms ({pace.cpu * 1000:.2f} ms CPU)",
            f"bare select {bare.wall * 1000:.2f} ms ({bare.cpu * 1000:.2f} ms CPU)",
            pace.wall / bare.wall,
            "at most 2.00",
        )
    for name, crowd in (("first page", curve.first_together), (deep, curve.deep_together)):
        yield Row(
            f"{name} of 100 of {curve.size:,}, {CONNECTIONS} at a time",
            f"{crowd.rate:,.0f}/s",
            f"bare select {crowd.bare:,.0f}/s",
            crowd.ratio,
            "at most 2.00",
        )
    yield Row(
        f"the far page beside the first, of {curve.size:,}",
        f"{curve.deep.wall * 1000:.2f} ms",
        f"{curve.first.wall * 1000:.2f} ms",
        curve.deep.wall / curve.first.wall,
        "at most 1.20",
    )


def measure_paging(instance: Instance, sizes: tuple[int, ...] = SIZES) -> list[Row]:
    """By turns, one request at a time. Of the person's own; she has no other samples of the type."""
    return [row for curve in asyncio.run(_measure_all(instance, sizes)) for row in _describe(curve)]
