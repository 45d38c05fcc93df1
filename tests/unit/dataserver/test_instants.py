"""Instants as they travel: contract sections 2.1 and 7."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borvo.dataserver.instants import is_minimum_date, parse_instant, parse_moment, restore_offset


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2023-01-31T08:30:00Z", datetime(2023, 1, 31, 8, 30, tzinfo=UTC)),
        ("2023-01-31T08:30:00.0000000+00:00", datetime(2023, 1, 31, 8, 30, tzinfo=UTC)),
        ("2023-01-31T08:30:00.5+02:00", datetime(2023, 1, 31, 6, 30, 0, 500_000, tzinfo=UTC)),
        ("2023-01-31T08:30+00:00", datetime(2023, 1, 31, 8, 30, tzinfo=UTC)),
        # Cut, not rounded into the next second or year.
        ("2023-12-31T23:59:59.9999999Z", datetime(2023, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)),
        # The very last instant would be infinity to the database.
        ("9999-12-31T23:59:59.9999999+00:00", datetime(9999, 12, 31, 23, 59, 59, 999_998, tzinfo=UTC)),
    ],
)
def test_dates_are_read_to_the_microsecond(text: str, expected: datetime) -> None:
    assert parse_instant(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2023-01-31",
        "2023-01-31T08:30:00",
        "2023-01-31 08:30:00Z",
        "2023-01-31T08:30:00+00:000",  # contract 6, row 14
        "2023-01-31T08:30:00+0000",
        "20230131T083000Z",
        "2023-02-29T08:30:00Z",
        "2023-01-31T08:3012Z",
        "2023-01-31T24:00:00Z",
        "2023-01-31T08:30:00.Z",
        "2023-01-31T08:30:00Z\n",
        "٢٠٢٣-01-31T08:30:00Z",
        # Outside of what a date can be, once it is in UTC.
        "9999-12-31T23:59:59-05:00",
        "0001-01-01T00:00:00+05:00",
        "0001-01-01T05:00:00+05:00",
        "2023-01-31T08:30:00+24:00",
    ],
)
def test_anything_else_is_no_date(text: str) -> None:
    assert parse_instant(text) is None


@given(
    st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1)),  # noqa: DTZ001
    st.integers(-14 * 60, 14 * 60),
    st.text("0123456789", max_size=4),
)
def test_further_digits_never_change_the_instant(moment: datetime, offset: int, digits: str) -> None:
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=offset)))
    head, tail = aware.isoformat(timespec="microseconds")[:-6], aware.isoformat()[-6:]
    assert parse_instant(f"{head}{digits}{tail}") == aware


@given(
    st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)),  # noqa: DTZ001
    st.integers(-(24 * 60 - 1), 24 * 60 - 1),
)
def test_a_date_is_restored_as_it_was_written(moment: datetime, offset: int) -> None:
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=offset)))
    read = parse_moment(aware.isoformat())
    assert read == (aware, offset)
    assert restore_offset(*read).isoformat() == aware.isoformat()


@pytest.mark.parametrize("offset", ["", "Z", "+00:00", "+14:00", "-11:30"])
def test_the_minimum_date_is_recognised_in_any_offset(offset: str) -> None:
    assert is_minimum_date(f"0001-01-01T00:00:00.0000000{offset}")
    assert is_minimum_date(f"0001-01-01T00:00:00{offset}")
    assert not is_minimum_date(f"0001-01-01T00:00:01{offset}")
    assert not is_minimum_date(f"0001-01-02T00:00:00{offset}")
