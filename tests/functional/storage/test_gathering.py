"""One statement for many callers."""

import asyncio

import asyncpg
import pytest

from borvo.assembly import Platform
from borvo.storage.database import Connection, Database
from borvo.storage.gathering import Gathering, Joining


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


async def test_the_loop_turns_while_many_are_told_and_no_statement_is_for_more_than_64(
    platform: Platform,
) -> None:
    shelf = Shelf()
    gathering = Gathering(platform.database, shelf.load)
    turns = asyncio.Event()
    told: list[int] = []

    async def ask(n: int) -> None:
        await gathering.find(n)
        if not told:
            asyncio.get_running_loop().call_soon(turns.set)
        told.append(n)

    async def look() -> int:
        await turns.wait()
        return len(told)

    looking = asyncio.create_task(look())
    await asyncio.gather(*map(ask, range(1, 101)))
    assert await looking < 64
    assert [len(keys) for keys in shelf.rounds] == [64, 36]


async def test_who_goes_away_takes_nobody_along(platform: Platform) -> None:
    gathering = Gathering(platform.database, Shelf().load)
    leaving, staying = (asyncio.create_task(gathering.find(5)) for _ in range(2))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == 25
    with pytest.raises(asyncio.CancelledError):
        await leaving


async def test_whoever_waits_for_the_connection_gets_it_however_many_ask(database_url: str) -> None:
    database, shelf, is_over = Database(database_url, size=1), Shelf(), False
    asking: list[asyncio.Task[int | None]] = []

    async def load_while_another_asks(connection: Connection, keys: list[int]) -> dict[int, int]:
        if not is_over:
            asking.append(asyncio.create_task(gathering.find(2)))
        return await shelf.load(connection, keys)

    gathering = Gathering(database, load_while_another_asks)
    await database.open()
    asking.append(asyncio.create_task(gathering.find(2)))
    await shelf.asked.wait()
    try:
        async with asyncio.timeout(30), database.connection() as connection:
            assert await connection.fetchval("select 1") == 1
    finally:
        is_over = True
        await asyncio.gather(*asking)
        await database.close()


async def test_without_a_connection_all_who_ask_are_told_so(database_url: str) -> None:
    database = Database(database_url, size=1)
    gathering = Gathering(database, Shelf().load)
    faults = await asyncio.gather(gathering.find(2), gathering.find(3), return_exceptions=True)
    assert [type(each) for each in faults] == [RuntimeError, RuntimeError]
    await database.open()
    assert await gathering.find(3) == 9
    await database.close()


class Ledger:
    """Writes numbers, of which the database takes each but once."""

    def __init__(self) -> None:
        self.rounds: list[list[int]] = []

    async def write(self, connection: Connection, keys: list[int]) -> dict[int, bool]:
        self.rounds.append(keys)
        await connection.execute("insert into ledger select n / 10 from unnest($1::int[]) n", keys)
        return dict.fromkeys(keys, True)


async def test_what_the_database_refuses_of_one_fails_nobody_else(platform: Platform) -> None:
    async with platform.database.connection() as connection:
        await connection.execute("create table ledger (n int primary key)")
    ledger = Ledger()
    joining = Joining(platform.database, ledger.write)
    # 10 and 11 are one number to the database.
    done = await asyncio.gather(*map(joining.find, [10, 11, 20]), return_exceptions=True)
    assert [type(each) for each in done] == [bool, asyncpg.UniqueViolationError, bool]
    assert ledger.rounds == [[10, 11, 20], [10], [11], [20]]
    assert await asyncio.gather(*map(joining.find, [30, 40])) == [True, True]
    async with platform.database.connection() as connection:
        assert await connection.fetchval("select array_agg(n order by n) from ledger") == [1, 2, 3, 4]


async def test_a_write_that_fails_alone_fails(platform: Platform) -> None:
    joining = Joining(platform.database, Ledger().write)
    with pytest.raises(asyncpg.UndefinedTableError):
        await joining.find(1)
