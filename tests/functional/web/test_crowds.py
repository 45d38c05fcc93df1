"""What goes on beside the answers, when so many are at the database that nobody else gets a connection."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from borvo.assembly import Platform, upkeep
from borvo.dataserver import public as dataserver
from borvo.dataserver.export import worker
from borvo.storage.database import Database, PooledConnection
from borvo.storage.outbox import courier
from borvo.storage.waiting_line import _refuse

_REFUSALS = 3


class Crowd:
    """Has the first few who want a connection refused; `has_gone` once somebody got one."""

    def __init__(self, database: Database) -> None:
        self._take = database.take
        self._left = _REFUSALS
        self.has_gone = asyncio.Event()

    async def take(self) -> PooledConnection:
        if self._left:
            self._left -= 1
            raise _refuse()
        connection = await self._take()
        self.has_gone.set()
        return connection


@pytest.mark.parametrize(
    "work",
    [
        lambda platform: platform.courier.run(),
        lambda platform: dataserver.run_exports(platform.dataserver),
        upkeep._watch_events,
        upkeep._clean_up_regularly,
    ],
    ids=["mails", "exports", "events", "clean-up"],
)
async def test_a_crowd_at_the_database_ends_no_work_of_ours(
    work: Callable[[Platform], Awaitable[None]], platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name in (
        (upkeep, "_CLEAN_UP_EVERY"),
        (upkeep, "_WATCH_EVERY"),
        (courier, "_AFTER_FAULT"),
        (worker, "_AFTER_FAULT"),
    ):
        monkeypatch.setattr(module, name, 0.01)
    crowd = Crowd(platform.database)
    monkeypatch.setattr(platform.database, "take", crowd.take)
    task = asyncio.ensure_future(work(platform))
    gone = asyncio.create_task(crowd.has_gone.wait())
    async with asyncio.timeout(30):
        await asyncio.wait([task, gone], return_when=asyncio.FIRST_COMPLETED)
    assert not task.done()
    for each in (task, gone):
        each.cancel()
    await asyncio.gather(task, gone, return_exceptions=True)
