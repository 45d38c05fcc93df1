"""What was noted is written now and then, whatever goes wrong, and once more at the end."""

import asyncio
from contextlib import suppress

from borvo.portal.deferred import write_regularly
from borvo.storage.database import Database

DATABASE = Database("postgresql://nowhere.invalid/none")


async def cancel(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_it_is_written_again_and_again_although_a_flush_fails() -> None:
    calls, is_third = [], asyncio.Event()

    async def flush(database: Database) -> None:
        calls.append(database)
        if len(calls) == 3:
            is_third.set()
        raise ValueError("a fault that nobody thought of")

    task = asyncio.create_task(write_regularly(DATABASE, flush, 0.001))
    async with asyncio.timeout(30):
        await is_third.wait()
    await cancel(task)
    assert set(calls) == {DATABASE}


async def test_the_end_writes_once_more() -> None:
    calls = []

    async def flush(database: Database) -> None:
        await asyncio.sleep(0)
        calls.append(database)

    task = asyncio.create_task(write_regularly(DATABASE, flush, 3600))
    await asyncio.sleep(0)
    await cancel(task)
    assert calls == [DATABASE]
