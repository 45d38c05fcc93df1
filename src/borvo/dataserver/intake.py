"""How much of what is sent may be under way at once in one process."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TypeVar

from borvo.kernel.errors import OverloadedError, TooSlowError

T = TypeVar("T")

_RETRY_AFTER = 2
_READ_WITHIN = 60.0
_PATIENCE = 10.0


class Intake:
    """Bodies take up room from before they are read until they are dealt with; beyond `room` bytes they are refused
    rather than held, so that memory stays bounded whatever is sent. Of large ones so many are worked on at once as
    there are `places`: each takes many times its size meanwhile, and more at once would not be sooner done. The room is
    what a worker's memory grows by when more is sent than it can store."""

    def __init__(self, *, room: int = 64 * 2**20, places: int = 2) -> None:
        self._room = room
        self._places = asyncio.Semaphore(places)

    @contextmanager
    def hold(self, size: int) -> Iterator[None]:
        """Raises `OverloadedError` when there is no room."""
        if size > self._room:
            raise _refuse()
        self._room -= size
        try:
            yield
        finally:
            self._room += size

    @asynccontextmanager
    async def take_place(self) -> AsyncIterator[None]:
        """Waits its turn, and raises `OverloadedError` when that does not come in time."""
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._places.acquire()
        except TimeoutError:
            raise _refuse() from None
        try:
            yield
        finally:
            self._places.release()


def _refuse() -> OverloadedError:
    return OverloadedError(
        "More is being sent at once than can be taken in. Nothing was stored; send it again.",
        retry_after=_RETRY_AFTER,
    )


async def await_body(reading: Awaitable[T]) -> T:
    """Raises `TooSlowError`: whoever never ends sending would keep the room for ever."""
    try:
        async with asyncio.timeout(_READ_WITHIN):
            return await reading
    except TimeoutError:
        raise TooSlowError("The body did not arrive in time. Nothing was stored; send it again.") from None
