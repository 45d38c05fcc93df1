"""What sessions of a test's database are at, so that tests can let one come first."""

import asyncio

from borvo.assembly import Platform

_TRIES = 6000
_PAUSE = 0.01


async def _wait(platform: Platform, question: str, least: int) -> None:
    for _ in range(_TRIES):
        found: int = await platform.database.pool.fetchval(
            f"select count(*) from pg_stat_activity where datname = current_database() and {question}"
        )
        if found >= least:
            return
        await asyncio.sleep(_PAUSE)
    raise AssertionError(f"nobody is there of whom {question}")


async def wait_until_blocked(platform: Platform, count: int = 1) -> None:
    """So many statements wait for others."""
    await _wait(platform, "wait_event_type = 'Lock'", count)
