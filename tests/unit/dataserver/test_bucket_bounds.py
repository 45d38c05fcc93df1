"""Where hours, days, weeks and months begin."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borvo.dataserver.aggregation.bounds import count_at_most, find_midnight, list_bounds
from borvo.dataserver.aggregation.model import Bucket

# With summer times of an hour and of half an hour, changes at midnight, and a day that was left out.
ZONES = ["UTC", "Europe/London", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kathmandu", "Pacific/Apia"]
_HOUR = timedelta(hours=1)


def list_hours(zone: str, day: date, days: int = 1) -> list[float]:
    start = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    bounds = list_bounds(Bucket.DAY, zone, start, start + timedelta(days=days - 1))
    return [(end - begin) / _HOUR for begin, end in pairwise(bounds)]


def test_a_day_has_23_or_25_hours_where_clocks_change() -> None:
    assert list_hours("Europe/London", date(2026, 3, 28), 3) == [24, 23, 24]
    assert list_hours("Europe/London", date(2026, 10, 24), 3) == [24, 25, 24]
    assert list_hours("Australia/Lord_Howe", date(2026, 4, 5)) == [24.5]


def test_a_day_begins_where_clocks_jump_over_midnight() -> None:
    zone = ZoneInfo("America/Sao_Paulo")
    beginning = find_midnight(date(2018, 11, 4), zone)
    assert beginning == datetime(2018, 11, 4, 3, tzinfo=UTC)
    assert beginning.astimezone(zone).hour == 1
    assert list_hours("America/Sao_Paulo", date(2018, 11, 4)) == [23]
    # In Toronto they jumped at 23:30.
    beginning = find_midnight(date(1919, 3, 31), ZoneInfo("America/Toronto"))
    assert beginning.astimezone(ZoneInfo("America/Toronto")).time().isoformat() == "00:30:00"


def test_a_day_that_a_place_left_out_is_no_bucket() -> None:
    start = datetime(2011, 12, 29, 22, tzinfo=UTC)
    bounds = list_bounds(Bucket.DAY, "Pacific/Apia", start, start + timedelta(days=1))
    days = [bound.astimezone(ZoneInfo("Pacific/Apia")).day for bound in bounds]
    assert days == [29, 31, 1]


def test_weeks_begin_on_monday_and_months_on_the_first() -> None:
    moment = datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert list_bounds(Bucket.WEEK, "UTC", moment, moment) == [
        datetime(2025, 12, 29, tzinfo=UTC),
        datetime(2026, 1, 5, tzinfo=UTC),
    ]
    assert list_bounds(Bucket.MONTH, "UTC", moment, moment) == [
        datetime(2026, 1, 1, tzinfo=UTC),
        datetime(2026, 2, 1, tzinfo=UTC),
    ]


def test_without_a_zone_the_bounds_reach_as_far_as_any_offset() -> None:
    moment = datetime(2026, 1, 10, 0, tzinfo=UTC)
    bounds = list_bounds(Bucket.DAY, None, moment, moment)
    assert (bounds[0].day, bounds[-1].day) == (9, 12)


@given(
    st.sampled_from(Bucket),
    st.sampled_from(ZONES),
    st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001  (made aware below)
    st.floats(0, 400),
)
def test_every_moment_of_the_range_lies_in_one_bucket_of_its_own_local_time(
    bucket: Bucket, zone: str, lower: datetime, days: float
) -> None:
    lower = lower.replace(tzinfo=UTC)
    upper = lower + timedelta(days=days if bucket is not Bucket.HOUR else days / 24)
    bounds = list_bounds(bucket, zone, lower, upper)
    assert bounds == sorted(set(bounds))
    assert bounds[0] <= lower
    assert bounds[-1] > upper
    assert bounds[-2] <= upper
    assert len(bounds) - 1 <= count_at_most(bucket, lower, upper)
    place = ZoneInfo(zone)
    for begin, end in pairwise(bounds):
        first, last = (each.astimezone(place) for each in (begin, end - timedelta(microseconds=1)))
        if bucket is Bucket.MONTH:
            assert (first.year, first.month) == (last.year, last.month)
        elif bucket is Bucket.WEEK:
            assert first.isocalendar()[:2] == last.isocalendar()[:2]
        elif bucket is Bucket.DAY:
            assert first.date() <= last.date() < first.date() + timedelta(days=2)
        else:
            assert end - begin <= _HOUR


@pytest.mark.parametrize("zone", ZONES)
def test_hours_begin_when_the_clock_shows_a_full_one(zone: str) -> None:
    lower = datetime(2026, 4, 4, 10, 20, tzinfo=UTC)
    bounds = list_bounds(Bucket.HOUR, zone, lower, lower + timedelta(hours=12))
    full = [bound for bound in bounds if bound.astimezone(ZoneInfo(zone)).minute == 0]
    assert len(bounds) - len(full) == (zone == "Australia/Lord_Howe")
