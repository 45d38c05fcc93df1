"""Writes now and then what was noted in memory while clients waited."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from borvo.storage.database import Database

_LAST_FLUSH = 2.0

log = structlog.get_logger(__name__)

Flush = Callable[[Database], Awaitable[None]]


async def write_regularly(database: Database, flush: Flush, every: float) -> None:
    """Until it is cancelled; then once more, so that a restart forgets little."""
    try:
        while True:
            await asyncio.sleep(every)
            await _try(database, flush)
    finally:
        async with asyncio.timeout(_LAST_FLUSH):
            await _try(database, flush)


async def _try(database: Database, flush: Flush) -> None:
    try:
        await flush(database)
    except Exception:  # whatever one flush stumbles over must not end all that follow
        log.exception("what was noted could not be written; there will be another attempt")
