"""How a range of dates is split into whole days and what is left."""

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from borvo.dataserver.model import Range
from borvo.dataserver.statements import split_days

# Bounds on the edges of days are what goes wrong, so they come often.
EDGES = st.builds(
    lambda day, clock: datetime.combine(day, clock, UTC),
    st.dates(date(2023, 1, 1), date(2023, 1, 6)),
    st.sampled_from([time.min, time(0, 0, 0, 1), time(12), time(23, 59, 59, 999_998), time.max]),
)


@given(st.none() | EDGES, st.none() | EDGES, EDGES)
def test_days_and_edges_hold_each_instant_of_the_range_once(
    lower: datetime | None, upper: datetime | None, moment: datetime
) -> None:
    if lower and upper and lower > upper:
        lower, upper = upper, lower
    days, edges = split_days(Range(lower, upper))
    held = sum(first <= moment <= last for first, last in edges)
    held += days is not None and days[0] <= moment.date() <= days[1]
    assert held == ((lower is None or lower <= moment) and (upper is None or moment <= upper))
    assert days or edges


def test_the_first_and_last_days_have_no_neighbours() -> None:
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    assert split_days(Range(first, last)) == ((date.min, date.max), [])
    late, early = last - timedelta(hours=1), first + timedelta(hours=1)
    assert split_days(Range(late, None)) == (None, [(late, last)])
    assert split_days(Range(None, early)) == (None, [(first, early)])
