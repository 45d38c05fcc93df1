"""Statistics, and queries in two steps, take turns: nobody has all places, and nobody waits for ever."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack

import pytest

from borvo.dataserver.turns import Turns
from borvo.kernel.errors import OverloadedError, TooManyRequestsError


async def test_one_caller_has_some_of_the_places_and_another_gets_in_beside_her() -> None:
    turns = Turns(places=3, each=2, waiting=5, patience=0)
    async with turns.take("ada"), turns.take("ada"):
        with pytest.raises(TooManyRequestsError) as refused:
            async with turns.take("ada"):
                pass
        assert refused.value.retry_after
        async with turns.take("bob"):
            with pytest.raises(OverloadedError):
                async with turns.take("cleo"):
                    pass
    async with turns.take("cleo"):
        pass


async def test_a_queue_is_only_so_long() -> None:
    turns = Turns(places=1, each=1, waiting=2, patience=60)
    done: list[int] = []

    async def work(number: int) -> None:
        async with turns.take("ada"):
            done.append(number)

    async with AsyncExitStack() as stack:
        await stack.enter_async_context(turns.take("ada"))
        waiting = [asyncio.create_task(work(number)) for number in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(TooManyRequestsError):
            await work(2)
        assert done == []
    await asyncio.gather(*waiting)
    assert done == [0, 1]


async def test_however_many_come_and_whatever_becomes_of_them_the_places_are_kept() -> None:
    turns = Turns(places=3, each=2, waiting=50, patience=60)
    running: Counter[str] = Counter()

    async def work(caller: str, number: int) -> None:
        async with turns.take(caller):
            running[caller] += 1
            assert running[caller] <= 2
            assert running.total() <= 3
            try:
                await asyncio.sleep(0)
            finally:
                running[caller] -= 1
            if number % 3 == 0:
                raise RuntimeError("a fault of ours")

    tasks = [asyncio.create_task(work(caller, number)) for number in range(20) for caller in ("ada", "bob")]
    await asyncio.sleep(0)
    for task in tasks[1::5]:
        task.cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert {type(each) for each in ended} == {type(None), RuntimeError, asyncio.CancelledError}
    assert running.total() == 0
    # Nothing was lost: all places are there again.
    await asyncio.gather(*(work(caller, 1) for caller in ("ada", "ada", "bob")))
