"""What an instance does while it runs, beside answering requests."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import structlog
from litestar import Litestar

from borvo.storage.database import Database

_CLEAN_UP_EVERY = 600.0

log = structlog.get_logger(__name__)

CleanUp = Callable[[], Awaitable[object]]
Work = Callable[[], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Upkeep:
    """`begin` runs once the database is open; a fault of it ends the start. `clean_ups` run every ten minutes, and
    `works` all the time."""

    database: Database
    begin: CleanUp
    clean_ups: Sequence[CleanUp]
    works: Sequence[Work]

    async def clean_up_regularly(self) -> None:
        """Every worker does it, which costs little: what one has deleted the next does not find."""
        while True:
            await asyncio.sleep(_CLEAN_UP_EVERY)
            try:
                for clean_up in self.clean_ups:
                    await clean_up()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                log.exception("clean-up failed; it will be tried again")

    def build_lifespan(self) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
        @asynccontextmanager
        async def live(_: Litestar) -> AsyncIterator[None]:
            await self.database.open()
            try:
                await self.begin()
                tasks = [asyncio.create_task(work()) for work in (self.clean_up_regularly, *self.works)]
                try:
                    yield
                finally:
                    for task in tasks:
                        task.cancel()
                    await asyncio.gather(*tasks, return_exceptions=True)
            finally:
                await self.database.close()

        return live
