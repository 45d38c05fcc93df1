"""Messages as values, and the pure rules about trying again."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

NOBODY = UUID(int=0)
"""Stands for the person in messages that concern nobody in particular."""

ATTEMPTS_MAXIMUM = 12
_FIRST_DELAY = timedelta(seconds=10)
_LONGEST_DELAY = timedelta(hours=6)

HANDLING = timedelta(seconds=60)
"""How long one attempt may take. Much shorter than the lease, so that an attempt has ended before the next begins
although the clocks of two hosts differ by minutes."""
LEASE = timedelta(minutes=5)

Payload = Mapping[str, Any]
Handler = Callable[[Payload], Awaitable[None]]
"""Delivers one message. It may be called again for one that it has delivered already (at least once), and raises
`DeliveryError` or anything else to be called again later."""


class DeliveryError(Exception):
    """The delivery failed. The text is kept for support, so it names no person and no secret. `is_final` says that
    another attempt cannot help."""

    def __init__(self, text: str, *, is_final: bool = False) -> None:
        super().__init__(text)
        self.is_final = is_final


@dataclass(frozen=True, slots=True)
class Message:
    """A message that a worker has taken. `attempts` counts this attempt too."""

    person_id: UUID
    id: UUID
    kind: str
    sealed_payload: bytes
    attempts: int


@dataclass(frozen=True, slots=True)
class Entry:
    """What support sees of a message: never what it says."""

    id: UUID
    kind: str
    created_at: datetime
    due_at: datetime
    attempts: int
    last_error: str | None
    delivered_at: datetime | None
    dead_at: datetime | None


def find_delay(attempts: int, chance: float) -> timedelta:
    """How long to wait after so many failed attempts: doubled each time up to a limit, and shortened by up to a half,
    so that what failed together does not come again together. `chance` lies in [0, 1)."""
    longest = min(_FIRST_DELAY * (1 << min(attempts - 1, 30)), _LONGEST_DELAY)
    return longest * (1 - chance / 2)


def is_hopeless(attempts: int) -> bool:
    """Whether no further attempt is made after so many."""
    return attempts >= ATTEMPTS_MAXIMUM
