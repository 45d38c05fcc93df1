"""Connections that stay at hand between two statements."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from borvo.storage.database import Database

_SIZE = 4
_PID = "select pg_backend_pid()"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url, size=_SIZE)
    await database.open()
    yield database
    await database.close()


async def find_process(database: Database) -> int:
    async with database.connection() as connection:
        return int(await connection.fetchval(_PID))


async def test_one_statement_after_the_other_takes_the_same_connection(database: Database) -> None:
    assert len({await find_process(database) for _ in range(5)}) == 1
    assert database.pool.get_idle_size() < database.pool.get_size()


async def test_what_the_server_ended_meanwhile_is_replaced(database: Database) -> None:
    first = await find_process(database)
    await database.pool.execute("select pg_terminate_backend($1, 5000)", first)
    assert await find_process(database) != first
    assert await find_process(database) != first


async def test_where_something_went_wrong_the_pool_has_it_back(database: Database) -> None:
    with pytest.raises(ValueError, match="wrong"):
        async with database.connection():
            raise ValueError("wrong")
    assert database.pool.get_idle_size() == database.pool.get_size()


async def test_all_connections_can_be_had_at_once_and_who_waits_gets_one(database: Database) -> None:
    for _ in range(3):
        async with AsyncExitStack() as stack:
            held = [await stack.enter_async_context(database.connection()) for _ in range(_SIZE)]
            assert len({await each.fetchval(_PID) for each in held}) == _SIZE
            waiting = [asyncio.create_task(find_process(database)) for _ in range(_SIZE)]
            await asyncio.sleep(0)
        async with asyncio.timeout(30):
            await asyncio.gather(*waiting)
    assert database.pool.get_size() == _SIZE


async def test_one_that_is_in_use_when_the_database_is_closed_does_not_hold_it_up(database: Database) -> None:
    async with database.connection() as connection:
        closing = asyncio.create_task(database.close())
        await asyncio.sleep(0)
        assert await connection.fetchval("select true")
    async with asyncio.timeout(30):
        await closing
    await database.open()


async def test_nothing_waits_for_the_end_of_a_unit_of_work_that_is_none(database: Database) -> None:
    async with database.connection() as connection:
        with pytest.raises(RuntimeError, match="no unit of work"):
            database.call_after_commit(connection, lambda: None)


async def test_half_of_the_connections_are_left_to_the_pool(database: Database) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(_SIZE):
            await stack.enter_async_context(database.connection())
    assert database.pool.get_idle_size() == _SIZE // 2


async def hold_all(database: Database, stack: AsyncExitStack) -> None:
    for _ in range(_SIZE):
        await stack.enter_async_context(database.connection())


async def test_who_waits_longest_gets_the_connection_that_is_given_back(database: Database) -> None:
    order: list[int] = []

    async def ask(number: int) -> None:
        async with database.connection() as connection:
            order.append(number)
            await connection.fetchval("select true")

    async with AsyncExitStack() as stack:
        await hold_all(database, stack)
        waiting = []
        for number in range(2 * _SIZE):
            waiting.append(asyncio.create_task(ask(number)))
            await asyncio.sleep(0)
    async with asyncio.timeout(30):
        await asyncio.gather(*waiting)
    assert order == list(range(2 * _SIZE))
    assert database._in_use == 0


async def test_a_connection_handed_to_who_is_cancelled_at_that_moment_goes_to_the_next(
    database: Database,
) -> None:
    async with AsyncExitStack() as stack:
        await hold_all(database, stack)
        first, second = (asyncio.create_task(find_process(database)) for _ in range(2))
        await asyncio.sleep(0)
        await stack.aclose()
        first.cancel()
        async with asyncio.timeout(30):
            assert await second
    with pytest.raises(asyncio.CancelledError):
        await first
    assert database._in_use == 0
    async with AsyncExitStack() as stack:
        await hold_all(database, stack)


async def test_where_something_went_wrong_who_waits_gets_another(database: Database) -> None:
    async with AsyncExitStack() as stack:
        await hold_all(database, stack)
        waiting = asyncio.create_task(find_process(database))
        await asyncio.sleep(0)
        with pytest.raises(ValueError, match="wrong"):
            async with stack:
                raise ValueError("wrong")
        async with asyncio.timeout(30):
            assert await waiting
    assert database._in_use == 0


async def test_a_transaction_that_a_block_left_open_takes_nobody_elses_work_along(database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute("begin")
    async with database.transaction() as connection:
        await connection.execute("create table left_open (number int)")
    await database.close()
    await database.open()
    async with database.connection() as connection:
        await connection.execute("drop table left_open")
