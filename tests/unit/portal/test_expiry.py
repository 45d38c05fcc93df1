"""When secrets end, and when their owners are warned."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borvo.portal.expiry import LIFETIMES, WARNINGS, check_days, count_days_left, find_end, find_warning

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("days", [None, *LIFETIMES])
def test_the_lifetimes_of_the_form_are_accepted(days: int | None) -> None:
    assert check_days(days) is None


@pytest.mark.parametrize("days", [-30, 0, 1, 31, 3650])
def test_others_are_not(days: int) -> None:
    assert check_days(days)


@pytest.mark.parametrize(
    ("left", "days"),
    [
        (timedelta(days=30, microseconds=1), None),
        (timedelta(days=30), 30),
        (timedelta(days=7, microseconds=1), 30),
        (timedelta(days=7), 7),
        (timedelta(days=1), 1),
        (timedelta(), 1),
    ],
)
def test_the_warning_that_is_due(left: timedelta, days: int | None) -> None:
    assert find_warning(NOW, NOW + left) == days


def test_what_never_ends_needs_no_warning() -> None:
    assert find_end(NOW, None) is None
    assert find_warning(NOW, None) is None


@given(st.sampled_from(LIFETIMES), st.timedeltas(timedelta(), timedelta(days=400)))
def test_warnings_only_come_closer(days: int, passed: timedelta) -> None:
    end = find_end(NOW, days)
    earlier, later = find_warning(NOW, end), find_warning(NOW + passed, end)
    assert (later or max(WARNINGS) + 1) <= (earlier or max(WARNINGS) + 1)


@pytest.mark.parametrize(
    ("days", "left"),
    [(None, None), (31, None), (30, 30), (29.5, 30), (1, 1), (0.01, 1), (0, None), (-1, None)],
)
def test_days_are_counted_of_what_ends_soon_and_works(days: float | None, left: int | None) -> None:
    end = None if days is None else NOW + timedelta(days=days)
    assert count_days_left(NOW, end) == left
