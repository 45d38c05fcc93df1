"""Statistics and exports of samples."""

import asyncio
import statistics
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import asyncpg
import msgspec

from benchmarks.instance import Instance, list_workers
from benchmarks.load import Call
from benchmarks.report import Row
from benchmarks.samples import MILLION
from benchmarks.wire import Wire, authorize
from borvo.catalogue.sample_types import map_sample_types
from borvo.dataserver.export.model import Format
from borvo.dataserver.export.store import insert_export
from borvo.kernel.ids import PersonId

YEAR = 525_600
"""Minutes."""
_START = datetime(2023, 1, 1, tzinfo=UTC)
_END = _START + timedelta(minutes=YEAR - 1)
_ROUNDS = 5
_LIMIT_BYTES = 200_000_000

_FILL = """
insert into sample (person_id, id, position, type_code, start_at, end_at, created_at, value, device, client_key,
                    start_offset, end_offset)
select $1, gen_random_uuid(), 0, $2, at, at, now(), 1.0 + random(), 'bench', $3, 0, 0
from (select $4::timestamptz + make_interval(mins => n) as at from generate_series(0, $5::int - 1) n) times
"""
_BARE = """
select date_trunc('day', start_at, 'Europe/London') as day, count(*), min(value), max(value), avg(value) from sample
where person_id = $1 and type_code = $2 and position = 0 and start_at >= $3 and start_at <= $4 group by 1 order by 1
"""


async def _measure_statistics(instance: Instance) -> tuple[float, float]:
    connection = await asyncpg.connect(instance.settings.database_url)
    code, person = map_sample_types()["heart_rate"].code, instance.person_id
    await connection.execute("delete from sample where person_id = $1 and type_code = $2", person, code)
    await connection.execute(_FILL, person, code, uuid4(), _START, YEAR, timeout=600)
    await connection.execute("vacuum analyze sample", timeout=600)
    query = urlencode(
        {
            "type": "heart_rate",
            "bucket": "day",
            "timezone": "Europe/London",
            "functions": "count,min,max,avg",
            "RangeOfStartDate.LowerBound": _START.isoformat(),
            "RangeOfStartDate.UpperBound": _END.isoformat(),
        }
    )
    call, wire = Call("GET", f"/sample/v1/statistics?{query}", authorize(instance)), Wire(instance)
    borvo, bare = [], []
    for _ in range(_ROUNDS + 1):
        started = time.perf_counter()
        answer = msgspec.json.decode(wire.send(call))
        borvo.append(time.perf_counter() - started)
        started = time.perf_counter()
        rows = await connection.fetch(_BARE, person, code, _START, _END)
        bare.append(time.perf_counter() - started)
        _compare(answer["buckets"], rows)
    wire.close()
    await connection.close()
    return statistics.median(borvo[1:]), statistics.median(bare[1:])


def _compare(buckets: list[dict[str, Any]], rows: list[Any]) -> None:
    if [each["count"] for each in buckets] != [row["count"] for row in rows]:
        raise RuntimeError("the statistics are not those of the bare statement")


def measure_statistics(instance: Instance) -> Row:
    """A year of heart rates, one a minute, by local days, beside the plainest statement on the same rows."""
    borvo, bare = asyncio.run(_measure_statistics(instance))
    return Row(
        f"daily statistics of {YEAR:,}",
        f"{borvo * 1000:,.0f} ms",
        f"bare group by {bare * 1000:,.0f} ms",
        borvo / bare,
        "",
    )


def _read_memory(pid: int) -> int:
    """Bytes that the process holds."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) * 1000 for line in status.splitlines() if line.startswith("VmRSS"))


async def _measure_export(instance: Instance, format_: Format) -> tuple[float, int, int]:
    """Seconds, bytes of the file, and the most that a worker held while it was made."""
    connection = await asyncpg.connect(instance.settings.database_url)
    export_id, now = uuid4(), datetime.now(UTC)
    person_id = PersonId(instance.person_id)
    await insert_export(connection, person_id, export_id, format_, now, now + timedelta(days=1))
    most, finished = 0, None
    while finished is None:
        await asyncio.sleep(0.05)
        most = max(most, *(_read_memory(pid) for pid in list_workers(instance.pid)))
        finished = await _find_finished(connection, export_id)
    size, seconds = finished[0], (finished[1] - now).total_seconds()
    await connection.close()
    return seconds, size, most


async def _find_finished(
    connection: "asyncpg.Connection[Any]", export_id: UUID
) -> tuple[int, datetime] | None:
    row = await connection.fetchrow("select size, finished_at from sample_export where id = $1", export_id)
    return (row["size"], row["finished_at"]) if row and row["finished_at"] else None


def measure_export(instance: Instance, format_: Format) -> Row:
    """All samples of a person, of which a million were stored before."""
    seconds, size, most = asyncio.run(_measure_export(instance, format_))
    return Row(
        f"export of {MILLION:,} and more as {format_}",
        f"{seconds:,.0f} s, {size / 1e6:,.0f} MB",
        f"worker at most {most / 1e6:,.0f} MB, of {_LIMIT_BYTES / 1e6:,.0f}",
        most / _LIMIT_BYTES,
        "at most 1.00",
    )
