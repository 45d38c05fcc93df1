"""What the demo writes, and how an interrupted start goes on."""

import pytest

from borvo.assembly import Platform
from borvo.cli import demo, demo_data
from borvo.settings import Settings
from borvo.storage.marks import DEMO, DEMO_COMPLETE, has_mark
from tests.functional.conftest import TestClock


async def count_samples(platform: Platform) -> int:
    async with platform.database.connection() as connection:
        return int(await connection.fetchval("select count(*) from sample"))


async def test_a_start_that_was_interrupted_is_marked_as_demo_and_completed_by_the_next(
    platform: Platform, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed = demo_data.seed

    async def break_off(own: Platform) -> None:
        await seed(own)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(demo_data, "seed", break_off)
        with pytest.raises(KeyboardInterrupt):
            await demo._prepare(settings)
    async with platform.database.connection() as connection:
        assert await has_mark(connection, DEMO)
        assert not await has_mark(connection, DEMO_COMPLETE)
    written = await count_samples(platform)
    await demo._prepare(settings)
    assert await count_samples(platform) == written > 200
    async with platform.database.connection() as connection:
        assert await has_mark(connection, DEMO_COMPLETE)


async def test_a_start_that_goes_on_the_next_day_keeps_the_readings_that_are_there(
    platform: Platform, clock: TestClock
) -> None:
    await demo_data.seed(platform)
    written = await count_samples(platform)
    clock.advance(days=1)
    await demo_data.seed(platform)
    assert await count_samples(platform) == written
    # What counts uses has a last one.
    used = await platform.database.pool.fetchval("select count(last_used_at) from client_usage")
    assert used == len(demo_data.CLIENTS)
