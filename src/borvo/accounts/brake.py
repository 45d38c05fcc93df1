"""How those are slowed down who guess on and on: each refusal is kept back for a moment, so that a connection which
guesses has one answer in that time and costs next to nothing meanwhile."""

from collections.abc import Awaitable, Callable

Pause = Callable[[float], Awaitable[None]]
"""Waits for so many seconds."""

_REFUSAL_SECONDS = 2.0
_MOST = 256


class Brake:
    """Of one process. Whoever waits holds its connection and its form, some tens of kilobytes, and nothing that others
    need: no connection of the database, no thread for passwords. So the caller lets go of those before it waits."""

    def __init__(self, pause: Pause, *, most: int = _MOST) -> None:
        self._pause = pause
        self._most = most
        self._waiting = 0

    async def keep_back(self) -> bool:
        """Waits before a refusal. At once, and False, while `most` wait already: what strangers make a process hold has
        an end."""
        if self._waiting >= self._most:
            return False
        self._waiting += 1
        try:
            await self._pause(_REFUSAL_SECONDS)
        finally:
            # Also for one who goes away meanwhile.
            self._waiting -= 1
        return True
