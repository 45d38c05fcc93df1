"""Exports as values, and what decides about them. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from borvo.kernel.ids import PersonId
from borvo.kernel.text import say

ATTEMPTS_MAXIMUM = 20
"""How often workers take an export up before it is given up: each time, one of them has died over it."""
LEASE = timedelta(minutes=2)
"""How long an export belongs to the worker that wrote its last part."""
KEPT_MAXIMUM = 5


class Format(StrEnum):
    """What the file is; also the end of its name."""

    JSON = "json"
    CSV = "csv"


class State(StrEnum):
    """How far an export is."""

    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """One export of the samples as they were at the person's `position`, `total` of them, `written` so far in `parts`
    parts, up to the sample `after_id`; `size` in bytes. `attempts` is the fence: only who took it up last goes on."""

    person_id: PersonId
    id: UUID
    format: Format
    position: int
    total: int
    written: int
    parts: int
    size: int
    after_id: UUID | None
    attempts: int
    created_at: datetime
    finished_at: datetime | None
    failed_at: datetime | None
    expires_at: datetime

    @property
    def state(self) -> State:
        if self.failed_at:
            return State.FAILED
        return State.READY if self.finished_at else State.RUNNING

    @property
    def percent(self) -> int:
        """The end comes with the last part, whatever was counted."""
        return min(100 * self.written // self.total, 99) if self.total else 0


def judge_request(exports: Collection[Export]) -> str | None:
    """Why a person with these exports may not have one more; None when she may."""
    if any(each.state is State.RUNNING for each in exports):
        return say("An export is being made already. Wait until it is ready.")
    if len(exports) >= KEPT_MAXIMUM:
        return say("There are %(most)s exports already. Delete one first.", most=KEPT_MAXIMUM)
    return None
