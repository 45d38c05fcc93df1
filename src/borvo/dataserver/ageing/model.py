"""The parts of `sample_past`, by the time at which its rows ended. Pure.

Each goes as a whole once its last row is old enough: dropping a table takes a moment, however many rows it has, and
leaves nothing behind to be cleaned up, as deleting rows does.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple, Self

_DAY = timedelta(days=1)
_SHARE = 3
_MARGIN = 2 * _DAY
"""From the midnight before now. What the clocks of workers differ by is less, and so is how long a writer takes."""
AHEAD = _MARGIN + _DAY
"""How far there are parts ahead of the clock at least; so there is a day to make the next one in."""
DEFAULT_PART = "sample_past_default"
"""What no other part is for, so that no sample is ever refused: rows of a time for which none was made ahead. They are
deleted one by one, by their age."""
ASSUME_MUCH = "alter table {} alter person_id set (n_distinct = 20, n_distinct_inherited = 20)"
"""Most people have changed a few samples and some a hundred thousand, and a statement has one plan for all of them. By
what people have on average, it would rather read all that one has than look for the names that it was given."""


class Part(NamedTuple):
    """Holds the rows that ended at `start` or later, and before `end`."""

    name: str
    start: datetime
    end: datetime

    @classmethod
    def begin(cls, start: datetime, width: timedelta) -> Self:
        """One that is not there yet; `start` is a midnight of UTC."""
        return cls(f"sample_past_{start:%Y%m%d}", start, start + width)


def decide_width(kept: timedelta) -> timedelta:
    """How much time a part is for: a third, in whole days, of how long rows are kept. Nothing is kept for longer than
    that beyond its time, and reading looks through few parts."""
    return max(_DAY, _DAY * -(-kept // (_SHARE * _DAY)))


def plan_parts(present: Iterable[Part], now: datetime, width: timedelta) -> list[Part]:
    """Those that are to be made. One begins where the last one ends, or where no row can be yet: what lies in the
    default part stays there, and none can be made for the time of such a row."""
    free = datetime.combine(now.astimezone(UTC), time(), UTC) + _MARGIN
    end = max((part.end for part in present), default=free)
    planned: list[Part] = []
    while end < now + AHEAD:
        planned.append(Part.begin(max(end, free), width))
        end = planned[-1].end
    return planned


def find_old(present: Iterable[Part], limit: datetime) -> list[Part]:
    """Those whose every row ended before the limit."""
    return [part for part in present if part.end <= limit]
