"""How many statistics are worked out at once in one process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from borvo.kernel.errors import BorvoError, OverloadedError, TooManyRequestsError

_RETRY_AFTER = 2


class _Queue:
    """Those of one caller, whether they run or wait."""

    def __init__(self, places: int) -> None:
        self.places = asyncio.Semaphore(places)
        self.length = 0


class Turns:
    """Statistics keep a connection of the database busy for up to half a minute, so they get some of them and never
    all. Of `places`, one caller has `each` at most and `waiting` more in her queue, so that nobody keeps others out.
    Who waits gives up after `patience` seconds."""

    def __init__(self, *, places: int = 4, each: int = 2, waiting: int = 20, patience: float = 10.0) -> None:
        self._places = asyncio.Semaphore(places)
        self._each = each
        self._length = each + waiting
        self._patience = patience
        self._queues: dict[str, _Queue] = {}

    @asynccontextmanager
    async def take(self, caller: str) -> AsyncIterator[None]:
        """Waits for its turn. Raises `TooManyRequestsError` when the caller asks for too much at once,
        `OverloadedError` when all together do; nothing was begun then."""
        queue = self._queues.setdefault(caller, _Queue(self._each))
        if queue.length >= self._length:
            raise _refuse_caller()
        queue.length += 1
        try:
            async with self._hold(queue.places, _refuse_caller()), self._hold(self._places, _refuse_all()):
                yield
        finally:
            queue.length -= 1
            if not queue.length:
                del self._queues[caller]

    @asynccontextmanager
    async def _hold(self, places: asyncio.Semaphore, refusal: BorvoError) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._patience):
                await places.acquire()
        except TimeoutError:
            raise refusal from None
        try:
            yield
        finally:
            places.release()


def _refuse_caller() -> TooManyRequestsError:
    return TooManyRequestsError(
        "You ask for many statistics at once. Ask for one after the other.", retry_after=_RETRY_AFTER
    )


def _refuse_all() -> OverloadedError:
    return OverloadedError(
        "More statistics are asked for at once than can be worked out. Ask again.", retry_after=_RETRY_AFTER
    )
