"""One statement for many callers."""

import asyncio

import pytest

from borvo.assembly import Platform
from borvo.storage.database import Connection
from borvo.storage.gathering import Gathering


class Shelf:
    """Loads squares from the database, and notes what each statement was asked for."""

    def __init__(self) -> None:
        self.rounds: list[list[int]] = []
        self.fault: Exception | None = None
        self.asked = asyncio.Event()

    async def load(self, connection: Connection, keys: list[int]) -> dict[int, int]:
        self.rounds.append(keys)
        self.asked.set()
        rows = await connection.fetch("select n, n * n as square from unnest($1::int[]) n where n > 0", keys)
        if self.fault is not None:
            raise self.fault
        return {row["n"]: row["square"] for row in rows}


async def test_callers_of_one_moment_share_a_statement(platform: Platform) -> None:
    shelf = Shelf()
    gathering = Gathering(platform.database, shelf.load)
    assert await asyncio.gather(*(gathering.find(n) for n in [2, 3, 2, -1])) == [4, 9, 4, None]
    assert shelf.rounds == [[2, 3, -1]]


async def test_a_caller_is_answered_by_a_statement_that_starts_later(platform: Platform) -> None:
    shelf = Shelf()
    gathering = Gathering(platform.database, shelf.load)
    first = asyncio.create_task(gathering.find(2))
    await shelf.asked.wait()
    assert await gathering.find(2) == 4
    assert await first == 4
    assert shelf.rounds == [[2], [2]]


async def test_a_fault_reaches_all_who_wait_and_nobody_later(platform: Platform) -> None:
    shelf = Shelf()
    gathering = Gathering(platform.database, shelf.load)
    shelf.fault = OSError("gone")
    faults = await asyncio.gather(gathering.find(2), gathering.find(3), return_exceptions=True)
    assert [type(each) for each in faults] == [OSError, OSError]
    shelf.fault = None
    assert await gathering.find(3) == 9


async def test_who_goes_away_takes_nobody_along(platform: Platform) -> None:
    gathering = Gathering(platform.database, Shelf().load)
    leaving, staying = (asyncio.create_task(gathering.find(5)) for _ in range(2))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == 25
    with pytest.raises(asyncio.CancelledError):
        await leaving
