"""How a range of dates is split into whole days and what is left."""

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from borvo.dataserver.model import Range
from borvo.dataserver.statements import Edge, split_days

# Bounds on the edges of days are what goes wrong, so they come often.
EDGES = st.builds(
    lambda day, clock: datetime.combine(day, clock, UTC),
    st.dates(date(2023, 1, 1), date(2023, 1, 6)),
    st.sampled_from([time.min, time(0, 0, 0, 1), time(12), time(23, 59, 59, 999_998), time.max]),
)


def count_moments(wanted: Range, moment: datetime) -> int:
    days, edges = split_days(wanted)
    held = days is not None and days[0] <= moment.date() <= days[1]
    signed = (1 if edge.is_added else -1 for edge in edges if edge.lower <= moment <= edge.upper)
    return held + sum(signed)


@given(st.none() | EDGES, st.none() | EDGES, EDGES)
def test_days_and_edges_make_each_instant_of_the_range_count_once_and_no_other(
    lower: datetime | None, upper: datetime | None, moment: datetime
) -> None:
    if lower and upper and lower > upper:
        lower, upper = upper, lower
    is_within = (lower is None or lower <= moment) and (upper is None or moment <= upper)
    assert count_moments(Range(lower, upper), moment) == is_within


@given(EDGES, EDGES)
def test_of_a_day_that_is_cut_no_more_than_half_is_counted(lower: datetime, upper: datetime) -> None:
    if lower.date() < upper.date():
        _, edges = split_days(Range(lower, upper))
        assert all(edge.upper - edge.lower <= timedelta(hours=12) for edge in edges)


def test_the_first_and_last_days_have_no_neighbours() -> None:
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    assert split_days(Range(first, last)) == ((date.min, date.max), [])
    late, early = last - timedelta(hours=1), first + timedelta(hours=1)
    assert split_days(Range(late, None)) == (None, [Edge(late, last, is_added=True)])
    assert split_days(Range(None, early)) == (None, [Edge(first, early, is_added=True)])
