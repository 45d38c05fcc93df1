"""Where hours, days, weeks and months begin on the clocks of a place. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from borvo.dataserver.aggregation.model import Bucket

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
# No offset is further from UTC, so a sample's local time lies within a day of its instant.
_FARTHEST = _DAY


def list_bounds(bucket: Bucket, zone: str | None, lower: datetime, upper: datetime) -> list[datetime]:
    """The beginnings of the buckets that touch the range, and the end of the last, as instants in UTC, ascending.

    Without a zone they stand for local times that are written as if they were UTC, and reach a day beyond the range on
    both sides. A day has 23 or 25 hours where clocks change; one that a place left out is left out.
    """
    if zone is None:
        return _list_bounds(bucket, ZoneInfo("UTC"), lower - _FARTHEST, upper + _FARTHEST)
    return _list_bounds(bucket, ZoneInfo(zone), lower, upper)


def count_at_most(bucket: Bucket, lower: datetime, upper: datetime) -> int:
    """No fewer than the buckets that touch the range, whatever the zone."""
    shortest = {Bucket.HOUR: _HOUR, Bucket.DAY: _DAY, Bucket.WEEK: 7 * _DAY, Bucket.MONTH: 28 * _DAY}
    return (upper - lower) // shortest[bucket] + 2


def _list_bounds(bucket: Bucket, zone: ZoneInfo, lower: datetime, upper: datetime) -> list[datetime]:
    bounds = [_find_beginning(bucket, zone, lower)]
    while bounds[-1] <= upper:
        bounds.append(_find_next(bucket, zone, bounds[-1]))
    return bounds


def _find_beginning(bucket: Bucket, zone: ZoneInfo, instant: datetime) -> datetime:
    if bucket is Bucket.HOUR:
        return instant - _measure_past_hour(zone, instant)
    return find_midnight(_find_first_day(bucket, instant.astimezone(zone).date()), zone)


def _find_next(bucket: Bucket, zone: ZoneInfo, beginning: datetime) -> datetime:
    if bucket is Bucket.HOUR:
        # Where clocks change by half an hour, one begins in the middle of an hour of the clock.
        return beginning + _HOUR - _measure_past_hour(zone, beginning)
    day = _find_first_day(bucket, beginning.astimezone(zone).date())
    end = beginning
    # More than once where a place left a day out.
    while end <= beginning:
        day = _follow(bucket, day)
        end = find_midnight(day, zone)
    return end


def _measure_past_hour(zone: ZoneInfo, instant: datetime) -> timedelta:
    local = instant.astimezone(zone)
    return timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)


def _find_first_day(bucket: Bucket, day: date) -> date:
    if bucket is Bucket.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if bucket is Bucket.MONTH else day


def _follow(bucket: Bucket, day: date) -> date:
    if bucket is Bucket.MONTH:
        return (day + timedelta(days=31)).replace(day=1)
    return day + timedelta(days=7 if bucket is Bucket.WEEK else 1)


def find_midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first instant, in UTC, at which the clocks of the place show that day or a later one."""
    midnight = datetime.combine(day, time.min, zone).astimezone(UTC)
    if midnight.astimezone(zone).replace(tzinfo=None) == datetime.combine(day, time.min):
        return midnight
    # Clocks jumped over midnight: the day begins where they did.
    early, late = midnight - _DAY, midnight
    while late - early > timedelta(microseconds=1):
        middle = early + (late - early) / 2
        if middle.astimezone(zone).date() < day:
            early = middle
        else:
            late = middle
    return late
