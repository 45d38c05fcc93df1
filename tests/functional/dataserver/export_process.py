"""A worker that makes exports in a process of its own, and comes to a halt in the middle of one, to be killed there."""

import asyncio
import multiprocessing
from datetime import datetime
from multiprocessing.connection import Connection as Pipe
from typing import Any
from unittest.mock import patch

from borvo.assembly import Platform, build_platform
from borvo.dataserver.export import store, worker
from borvo.settings import Settings
from borvo.storage.database import Connection

PART = 3
_FORKS = multiprocessing.get_context("forkserver")
_SECONDS = 60


async def _make_and_halt(settings: Settings, now: datetime, told: Pipe) -> None:
    add_part = store.add_part

    async def add_and_halt(connection: Connection, *arguments: Any) -> bool:
        async with connection.transaction():
            is_kept = await add_part(connection, *arguments)
            if arguments[0].parts == 2:
                # Stored, and not committed.
                told.send(True)
                await asyncio.Event().wait()
        return is_kept

    platform = build_platform(settings, clock=lambda: now)
    await platform.database.open()
    with patch.object(store, "add_part", add_and_halt), patch.object(worker, "PART", PART):
        await worker.run_exports(platform.dataserver)


def _run(settings: Settings, now: datetime, told: Pipe) -> None:
    asyncio.run(_make_and_halt(settings, now, told))


def _kill_in_the_middle(settings: Settings, now: datetime) -> None:
    heard, told = _FORKS.Pipe(duplex=False)
    process = _FORKS.Process(target=_run, args=(settings, now, told))
    process.start()
    try:
        assert heard.poll(_SECONDS), "the worker took up no export"
    finally:
        process.kill()
        process.join()


async def kill_in_the_middle(settings: Settings, platform: Platform) -> None:
    """As by `kill -9`, after two parts of an export and in the third. By the end the database has noticed."""
    await asyncio.to_thread(_kill_in_the_middle, settings, platform.clock())
    for _ in range(_SECONDS * 100):
        if not await platform.database.pool.fetchval(
            """select true from pg_stat_activity
               where datname = current_database() and state = 'idle in transaction' limit 1"""
        ):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the database waits for the dead")
