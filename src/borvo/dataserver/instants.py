"""Instants as they travel: ISO 8601 extended, with an offset, and with as many digits as .NET likes to write."""

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import NamedTuple

_SHAPE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)(?:(\.\d{1,6})\d*)?(Z|[+-]\d\d:\d\d)", re.ASCII)
# Contract 2.1: clients send .NET's DateTimeOffset.MinValue for "not given", in whatever offset they are in.
_MINIMUM = re.compile(r"0001-01-01T00:00(?::00(?:\.0+)?)?(?:Z|[+-]\d\d:\d\d)?", re.ASCII)

# The driver writes these two as infinity. .NET clients send the last one for "for ever", so it moves by a tick.
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_TICK = timedelta(microseconds=1)


def is_minimum_date(text: str) -> bool:
    """Judged as text: with a positive offset the minimum date is no instant that could be converted."""
    # First what costs least: this is asked for each date of a batch.
    return text.startswith("0001-01-01") and _MINIMUM.fullmatch(text) is not None


class Moment(NamedTuple):
    """An instant in UTC, and the minutes east of UTC at which it was written."""

    instant: datetime
    offset: int


def parse_moment(text: str) -> Moment | None:
    """To the microsecond; None for what is malformed, has no offset or lies outside years 1 to 9999.

    Contract 7: digits beyond the microsecond are cut, never rounded into the next second.
    """
    match = _SHAPE.fullmatch(text)
    if match is None:
        return None
    try:
        written = datetime.fromisoformat(match[1] + (match[2] or "") + match[3])
        instant = written if written.tzinfo is UTC else written.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    if instant == _FIRST:
        return None
    return Moment(_LAST - _TICK if instant == _LAST else instant, _measure_offset(match[3]))


def parse_instant(text: str) -> datetime | None:
    """The instant alone."""
    moment = parse_moment(text)
    return moment and moment.instant


@cache
def _measure_offset(text: str) -> int:
    if text == "Z":
        return 0
    hours, minutes = int(text[1:3]), int(text[4:6])
    return (hours * 60 + minutes) * (-1 if text[0] == "-" else 1)


@cache
def _find_zone(offset: int) -> timezone:
    return timezone(timedelta(minutes=offset))


def restore_offset(instant: datetime, offset: int | None) -> datetime:
    """The instant as it was written, for people live by their own clocks; in UTC when the offset is not known."""
    return instant.astimezone(_find_zone(offset)) if offset else instant
