"""The last use of clients: kept in memory until it is written, and not lost on the way."""

import asyncio
from contextlib import suppress
from uuid import uuid4

import asyncpg
import pytest

from borvo.assembly import Platform
from borvo.kernel.ids import ClientKey
from borvo.portal.public import write_regularly
from borvo.portal.usage import ClientUsage
from tests.functional.conftest import TestClock

KEY = ClientKey(uuid4())


async def read(platform: Platform) -> object:
    return await platform.database.pool.fetchval(
        "select last_used_at from client_usage where client_key = $1", KEY
    )


async def test_a_worker_that_is_stopped_writes_what_it_has_seen(platform: Platform, clock: TestClock) -> None:
    usage = ClientUsage(clock)
    task = asyncio.create_task(write_regularly(platform.database, usage.flush, 60))
    await asyncio.sleep(0)
    usage.note(KEY)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert await read(platform) == clock()


async def test_what_cannot_be_written_is_written_the_next_time(platform: Platform, clock: TestClock) -> None:
    usage = ClientUsage(clock)
    usage.note(KEY)
    await platform.database.pool.execute("alter table client_usage rename to elsewhere")
    with pytest.raises(asyncpg.PostgresError):
        await usage.flush(platform.database)
    await platform.database.pool.execute("alter table elsewhere rename to client_usage")
    await usage.flush(platform.database)
    assert await read(platform) == clock()


async def test_two_workers_write_a_minute_once(platform: Platform, clock: TestClock) -> None:
    first, second = (ClientUsage(clock) for _ in range(2))
    first.note(KEY)
    await first.flush(platform.database)
    noted = clock()
    clock.advance(seconds=30)
    second.note(KEY)
    await second.flush(platform.database)
    assert await read(platform) == noted


async def test_workers_that_write_at_once_do_not_wait_for_each_other_for_ever(
    platform: Platform, clock: TestClock
) -> None:
    keys = [ClientKey(uuid4()) for _ in range(200)]
    workers = [ClientUsage(clock) for _ in range(8)]
    for number, worker in enumerate(workers):
        for key in keys[::-1] if number % 2 else keys:
            worker.note(key)
    await asyncio.gather(*(worker.flush(platform.database) for worker in workers))
    assert await platform.database.pool.fetchval("select count(*) from client_usage") == len(keys)
