"""A client may want its tokens to live for a shorter time than the operator allows, never for a longer one."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from borvo.identity.refresh import RefreshPolicy

DAYS = st.none() | st.integers(min_value=1, max_value=10_000)


@given(DAYS, DAYS, st.integers(1, 3650), st.integers(1, 3650))
def test_refresh_tokens_never_live_longer_than_the_operator_allows(
    lifetime: int | None, idle: int | None, most: int, most_idle: int
) -> None:
    policy = RefreshPolicy(
        lambda: b"k", timedelta(days=most), timedelta(days=most_idle), timedelta(seconds=9)
    )
    narrowed = policy.narrow(lifetime, idle)
    assert narrowed.lifetime == timedelta(days=min(most, lifetime or most))
    assert narrowed.idle == timedelta(days=min(most_idle, idle or most_idle))
    assert (narrowed.key, narrowed.retry) == (policy.key, policy.retry)
