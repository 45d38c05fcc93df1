"""Which parts of `sample_past` are made and dropped when."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from borvo.dataserver.ageing.model import AHEAD, Part, decide_width, find_old, plan_parts

START = datetime(2026, 1, 15, 12, tzinfo=UTC)
DAY = timedelta(days=1)
days = st.integers(2, 3650).map(lambda number: DAY * number)
# Hours between two rounds of the job.
pauses = st.lists(st.integers(0, 24 * 200), max_size=12)


@given(days)
def test_a_part_is_for_whole_days_and_for_a_third_of_the_time_that_rows_are_kept(kept: timedelta) -> None:
    width = decide_width(kept)
    assert width % DAY == timedelta()
    assert kept / 3 <= width < kept / 3 + DAY


@given(days, pauses)
def test_parts_are_there_ahead_of_time_and_never_for_a_time_that_rows_may_be_of(
    kept: timedelta, pauses: list[int]
) -> None:
    now, parts = START, list[Part]()
    for hours in pauses:
        now += timedelta(hours=hours)
        planned = plan_parts(parts, now, decide_width(kept))
        # What was written until now, by a clock that is a day ahead, lies in the default part.
        assert all(part.start > now + DAY for part in planned)
        parts += planned
        assert max(part.end for part in parts) >= now + AHEAD
        assert all(earlier.end <= later.start for earlier, later in pairwise(parts))
        assert len({part.name for part in parts}) == len(parts)
        assert plan_parts(parts, now, decide_width(kept)) == []


@given(days, st.lists(st.integers(0, 24), min_size=1, max_size=200))
def test_where_the_job_runs_daily_no_time_is_left_out_and_few_parts_are_alive(
    kept: timedelta, pauses: list[int]
) -> None:
    now, parts = START, plan_parts([], START, decide_width(kept))
    for hours in pauses:
        now += timedelta(hours=hours)
        old = find_old(parts, now - kept)
        parts = [part for part in parts if part not in old]
        parts += plan_parts(parts, now, decide_width(kept))
        assert all(earlier.end == later.start for earlier, later in pairwise(parts))
        assert len(parts) <= 3 + 1 + AHEAD / decide_width(kept) + 1


@given(st.integers(-3, 3))
def test_a_part_is_old_once_its_last_row_is(seconds: int) -> None:
    part = Part.begin(START, 30 * DAY)
    assert find_old([part], part.end + timedelta(seconds=seconds)) == ([part] if seconds >= 0 else [])
