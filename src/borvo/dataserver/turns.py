"""How much of what keeps connections of the database busy is at work at once in one process."""

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
    """Some of what is asked for, `deeds`, keeps a connection of the database busy for long, so it gets some of them and
    never all. Of `places`, one caller has `each` at most and `waiting` more in her queue, so that nobody keeps
    others out. Who waits gives up after `patience` seconds."""

    def __init__(
        self,
        deeds: str = "statistics",
        *,
        places: int = 4,
        each: int = 2,
        waiting: int = 20,
        patience: float = 10.0,
    ) -> None:
        self._deeds = deeds
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
            raise self._refuse_caller()
        queue.length += 1
        try:
            mine, all_ = (queue.places, self._refuse_caller()), (self._places, self.refuse_all())
            async with self._hold(*mine), self._hold(*all_):
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

    def _refuse_caller(self) -> TooManyRequestsError:
        return TooManyRequestsError(
            f"You ask for many {self._deeds} at once. Ask for one after the other.", retry_after=_RETRY_AFTER
        )

    def refuse_all(self) -> OverloadedError:
        """Also for what had its turn, and did not get on."""
        return OverloadedError(
            f"More {self._deeds} are asked for at once than can be worked out. Ask again.",
            retry_after=_RETRY_AFTER,
        )
