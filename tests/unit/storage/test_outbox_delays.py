"""How long the outbox waits between attempts."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from borvo.storage.outbox.model import ATTEMPTS_MAXIMUM, HANDLING, LEASE, find_delay, is_hopeless

CHANCES = st.floats(0, 1, exclude_max=True)


@given(st.integers(1, 10_000), CHANCES)
def test_a_delay_lies_between_five_seconds_and_six_hours(attempts: int, chance: float) -> None:
    assert timedelta(seconds=5) <= find_delay(attempts, chance) <= timedelta(hours=6)


@given(st.integers(1, 100), CHANCES)
def test_without_chance_a_delay_never_shrinks_and_chance_takes_at_most_a_half(
    attempts: int, chance: float
) -> None:
    longest = find_delay(attempts, 0)
    assert longest <= find_delay(attempts + 1, 0)
    assert longest / 2 <= find_delay(attempts, chance) <= longest


def test_the_first_attempts_double_their_delay() -> None:
    assert [find_delay(n, 0).total_seconds() for n in (1, 2, 3, 4)] == [10, 20, 40, 80]


def test_the_last_attempt_is_the_last() -> None:
    assert not is_hopeless(ATTEMPTS_MAXIMUM - 1)
    assert is_hopeless(ATTEMPTS_MAXIMUM)


def test_an_attempt_ends_long_before_its_lease() -> None:
    assert HANDLING * 2 < LEASE
