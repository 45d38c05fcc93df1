"""Instants as they travel: ISO 8601 extended, with an offset, and with as many digits as .NET likes to write."""

import re
from datetime import UTC, datetime, timedelta

_SHAPE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)(?:(\.\d{1,6})\d*)?(Z|[+-]\d\d:\d\d)", re.ASCII)
# Contract 2.1: clients send .NET's DateTimeOffset.MinValue for "not given", in whatever offset they are in.
_MINIMUM = re.compile(r"0001-01-01T00:00(?::00(?:\.0+)?)?(?:Z|[+-]\d\d:\d\d)?", re.ASCII)

# The driver writes these two as infinity. .NET clients send the last one for "for ever", so it moves by a tick.
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_TICK = timedelta(microseconds=1)


def is_minimum_date(text: str) -> bool:
    """Judged as text: with a positive offset the minimum date is no instant that could be converted."""
    return _MINIMUM.fullmatch(text) is not None


def parse_instant(text: str) -> datetime | None:
    """In UTC, to the microsecond; None for what is malformed, has no offset or lies outside years 1 to 9999.

    Contract 7: digits beyond the microsecond are cut, never rounded into the next second.
    """
    match = _SHAPE.fullmatch(text)
    if match is None:
        return None
    try:
        instant = datetime.fromisoformat(match[1] + (match[2] or "") + match[3]).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    if instant == _LAST:
        return _LAST - _TICK
    return None if instant == _FIRST else instant
