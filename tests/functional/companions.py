"""The process beside a worker, begun and waited for."""

import asyncio

from borvo.companion.keeper import Companion


async def open_companion(companion: Companion) -> None:
    """Until it may be asked."""
    companion.open()
    await await_companion(companion, is_ready=True)


async def await_companion(companion: Companion, *, is_ready: bool) -> None:
    async with asyncio.timeout(60):
        while companion.is_ready is not is_ready:  # noqa: ASYNC110  (nobody tells)
            await asyncio.sleep(0.001)
