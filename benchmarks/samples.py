"""Writing and reading samples, beside the bare statements on the same rows."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import asyncpg
import msgspec

from benchmarks.endpoints import CONNECTIONS, repeat_beside
from benchmarks.instance import HOST, Instance
from benchmarks.load import Call, drive, drive_statement
from benchmarks.report import Row
from benchmarks.wire import Wire, authorize
from borvo.catalogue.sample_types import map_sample_types

MILLION = 1_000_000
_START = datetime(2020, 1, 1, tzinfo=UTC)
_numbers = count()


def list_samples(size: int) -> list[dict[str, Any]]:
    """Heart rates, one a second, each with an id that was never sent before."""
    samples = []
    for _ in range(size):
        number = next(_numbers)
        at = (_START + timedelta(seconds=number)).isoformat()
        samples.append(
            {
                "device": "bench",
                "clientAssignedId": str(uuid4()),
                "type": "heart_rate",
                "quantityValue": 1.0 + number % 60 / 60,
                "dateRange": {"lowerBound": at, "upperBound": at},
            }
        )
    return samples


def list_columns(samples: list[dict[str, Any]]) -> list[list[Any]]:
    """The same as arrays, one a column of the table."""
    code = map_sample_types()["heart_rate"].code
    rows = [
        (
            uuid4(),
            code,
            at := datetime.fromisoformat(sample["dateRange"]["lowerBound"]),
            at,
            sample["quantityValue"],
            sample["device"],
            sample["clientAssignedId"],
            0,
            0,
            b"d" * 16,
        )
        for sample in samples
    ]
    return [list(column) for column in zip(*rows, strict=True)]


def _measure_wire(wire: Wire, prepare: Callable[[], Call], times: int) -> float:
    """Median seconds of an answer; preparing the call does not count."""
    seconds = []
    for _ in range(times + 1):
        call = prepare()
        started = time.perf_counter()
        wire.send(call)
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds[1:])


async def _measure_bare(prepare: Callable[[], Callable[[], Awaitable[Any]]], times: int) -> float:
    """The same of a statement."""
    seconds = []
    for _ in range(times + 1):
        run = prepare()
        started = time.perf_counter()
        await run()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds[1:])


_FILL = """
insert into sample (person_id, id, position, type_code, start_at, end_at, created_at, value, device, client_key,
                    start_offset, end_offset)
select $1, gen_random_uuid(), 0, $2, at, at, now(), 1.2, 'bench', $3, 0, 0
from (select $4::timestamptz + make_interval(mins => n) as at from generate_series(1, $5::int) n) times
"""

_FILL_COUNTS = """
insert into sample_count (person_id, type_code, day, samples)
select person_id, type_code, (start_at at time zone 'UTC')::date, count(*) from sample
where person_id = $1 and type_code = $2 group by 1, 2, 3
"""

_BARE_SELECT = """
select id, type_code, start_at, end_at, value, category, device, client_assigned_id,
       start_offset, end_offset from sample
where person_id = $1 and type_code = $2 and position = 0 and start_at >= $3 order by start_at, id limit 100
"""


# As whoever has written anything has one.
_FILL_POSITION = "insert into sample_position (person_id, position) values ($1, 1) on conflict do nothing"


async def _fill(connection: "asyncpg.Connection[Any]", person: UUID, code: int) -> None:
    await connection.execute(_FILL, person, code, uuid4(), _START, MILLION, timeout=600)
    await connection.execute(_FILL_COUNTS, person, code, timeout=600)
    await connection.execute(_FILL_POSITION, person)
    await connection.execute("vacuum analyze sample", timeout=600)
    await connection.execute("vacuum analyze sample_count", timeout=600)


def _call_page(instance: Instance) -> tuple[Call, datetime]:
    since = _START + timedelta(days=100, hours=3)
    query = urlencode({"types": "step_count", "RangeOfStartDate.LowerBound": since.isoformat(), "take": 100})
    return Call("GET", f"/sample/v1?{query}", authorize(instance)), since


async def prepare_million(instance: Instance) -> None:
    """Stores a sample a minute for the bench's person, and checks that the page measured is the right one."""
    connection = await asyncpg.connect(instance.settings.database_url)
    await _fill(connection, instance.person_id, map_sample_types()["step_count"].code)
    await connection.close()
    wire = Wire(instance)
    answer = msgspec.json.decode(wire.send(_call_page(instance)[0]))
    wire.close()
    if answer["count"] != 100 or answer["totalAvailable"] < MILLION // 2:  # noqa: PLR2004
        raise RuntimeError(
            f"the answer is not what was stored: {answer['count']}, {answer['totalAvailable']}"
        )


async def _measure_alone(instance: Instance, times: int) -> tuple[float, float]:
    """By turns: what else the machine does weighs on both."""
    wire, (call, since) = Wire(instance), _call_page(instance)
    connection = await asyncpg.connect(instance.settings.database_url)
    code = map_sample_types()["step_count"].code

    def prepare_bare() -> Callable[[], Awaitable[Any]]:
        return lambda: connection.fetch(_BARE_SELECT, instance.person_id, code, since)

    borvo, bare = [], []
    for _ in range(times // 10):
        borvo.append(_measure_wire(wire, lambda: call, 10))
        bare.append(await _measure_bare(prepare_bare, 10))
    await connection.close()
    wire.close()
    return statistics.median(borvo), statistics.median(bare)


def measure_read_alone(instance: Instance, times: int) -> Row:
    """One request after the other, each with the machine to itself: mostly processes waking each other up."""
    borvo, bare = asyncio.run(_measure_alone(instance, times))
    return Row(
        "sample read, 100 of 1,000,000, one at a time",
        f"{borvo * 1000:.2f} ms",
        f"bare select {bare * 1000:.2f} ms",
        borvo / bare,
        "at most 2.00",
    )


async def _drive_bare(instance: Instance, since: datetime, seconds: float) -> float:
    """Bare selects a second by as many connections as the load on Borvo has."""
    values = instance.person_id, map_sample_types()["step_count"].code, since
    url = instance.settings.database_url
    return await drive_statement(url, _BARE_SELECT, *values, connections=CONNECTIONS, seconds=seconds)


def measure_read_together(instance: Instance, seconds: float, rounds: int) -> Row:
    """The same page by many connections at once: what one worker and one database give on this machine."""
    call, since = _call_page(instance)

    def drive_borvo() -> float:
        return asyncio.run(drive(HOST, instance.port, [call], connections=CONNECTIONS, seconds=seconds)).rate

    borvo, bare, ratio = repeat_beside(
        drive_borvo, lambda: asyncio.run(_drive_bare(instance, since, seconds)), rounds
    )
    return Row(
        f"sample read, 100 of 1,000,000, {CONNECTIONS} at a time",
        f"{borvo:,.0f}/s",
        f"bare select {bare:,.0f}/s",
        1 / ratio,
        "at most 2.00",
    )
