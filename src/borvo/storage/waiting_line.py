"""Those who wait for what others have: first come, first served, and nobody for ever."""

import asyncio
from collections import deque
from contextlib import suppress
from typing import Generic, TypeVar

from borvo.kernel.errors import OverloadedError
from borvo.kernel.text import say

T = TypeVar("T")

_WAITING = 500
"""How many may wait: those behind them would wait in vain."""
_PATIENCE = 10.0
_RETRY_AFTER = 2


def _refuse() -> OverloadedError:
    return OverloadedError(
        say("More is asked at once than can be answered. Nothing was begun; ask again."),
        retry_after=_RETRY_AFTER,
    )


class Place(Generic[T]):
    """Where one of them stands."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self._handed: asyncio.Future[T] = loop.create_future()
        self._timer = loop.call_later(_PATIENCE, self._give_up)

    def _give_up(self) -> None:
        if not self._handed.done():
            self._handed.set_exception(_refuse())

    @property
    def is_open(self) -> bool:
        return not self._handed.done()

    def fill(self, thing: T) -> None:
        self._handed.set_result(thing)

    async def wait(self) -> T:
        """What was handed over. Raises `OverloadedError` after too long."""
        try:
            return await self._handed
        finally:
            self._timer.cancel()

    def list_left(self) -> list[T]:
        """What was handed to somebody who was cancelled at the same moment, and goes to the next."""
        has_left = self._handed.done() and not self._handed.cancelled() and self._handed.exception() is None
        return [self._handed.result()] if has_left else []


class WaitingLine(Generic[T]):
    def __init__(self) -> None:
        self._places: deque[Place[T]] = deque()

    def __len__(self) -> int:
        return len(self._places)

    def join(self) -> Place[T]:
        """A place at the end. Raises `OverloadedError` when too many wait."""
        if len(self._places) >= _WAITING:
            raise _refuse()
        place: Place[T] = Place()
        self._places.append(place)
        return place

    def leave(self, place: Place[T]) -> None:
        """Whatever came of it."""
        with suppress(ValueError):
            self._places.remove(place)

    def hand(self, thing: T) -> bool:
        """To whoever has waited longest; False when nobody waits."""
        while self._places:
            place = self._places.popleft()
            if place.is_open:
                place.fill(thing)
                return True
        return False
