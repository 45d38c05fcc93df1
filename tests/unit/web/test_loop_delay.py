"""What the watch on the event loop tells."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borvo.web.loop_delay import INTERVAL, watch_loop


class Enough(Exception):  # noqa: N818
    """Ends the watch."""


async def watch(lateness: list[float]) -> list[float]:
    """What is observed when the sleeps take that much longer than asked for."""
    now, left, observed = 0.0, list(lateness), list[float]()

    async def sleep(seconds: float) -> None:
        nonlocal now
        if not left:
            raise Enough
        now += seconds + left.pop(0)

    with pytest.raises(Enough):
        await watch_loop(observed.append, clock=lambda: now, sleep=sleep)
    return observed


@given(st.lists(st.floats(0, 10), max_size=20))
async def test_the_delay_is_what_a_sleep_takes_beyond_its_time(lateness: list[float]) -> None:
    assert await watch(lateness) == pytest.approx(lateness)


async def test_a_sleep_that_ends_early_is_no_delay() -> None:
    assert await watch([-INTERVAL / 2]) == [0.0]
