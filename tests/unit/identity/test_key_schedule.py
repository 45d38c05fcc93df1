"""The laws of the schedule of signing keys, over histories of rotations and withdrawals."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from borvo.identity.key_schedule import (
    ANNOUNCEMENT,
    CLOCK_LEEWAY,
    MINIMUM_ANNOUNCEMENT,
    RETENTION,
    KeyState,
    StoredKey,
    find_due,
    find_without_successor,
    plan_keys,
)
from borvo.identity.model import TOKEN_LIFETIME

START = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)

# What is done (an announcement, or None for a withdrawal), and how long after the deed before.
Deeds = list[tuple[timedelta | None, timedelta]]
durations = st.timedeltas(min_value=timedelta(), max_value=timedelta(days=4))
announcements = st.timedeltas(min_value=MINIMUM_ANNOUNCEMENT, max_value=timedelta(days=3))
rotations: st.SearchStrategy[Deeds] = st.lists(st.tuples(announcements, durations), max_size=6)
histories: st.SearchStrategy[Deeds] = st.lists(
    st.tuples(st.one_of(st.none(), announcements), durations), max_size=8
)


def _follow(rows: Sequence[StoredKey], now: datetime, announcement: timedelta | None) -> list[StoredKey]:
    key = StoredKey(f"key {len(rows)}", "RS256", now, now + (announcement or timedelta()))
    if announcement is None:
        return [*(replace(row, withdrawn_at=row.withdrawn_at or now) for row in rows), key]
    return [*rows, key] if find_without_successor(rows, now) else list(rows)


def _tell(history: Deeds) -> list[tuple[datetime, list[StoredKey]]]:
    """The rows after each deed, with its moment."""
    now, rows = START, [StoredKey("key 0", "RS256", START, START)]
    told = [(now, rows)]
    for announcement, later in history:
        now += later
        rows = _follow(rows, now, announcement)
        told.append((now, rows))
    return told


def _see(told: list[tuple[datetime, list[StoredKey]]], now: datetime) -> list[StoredKey]:
    return next(rows for moment, rows in reversed(told) if moment <= now)


@given(histories, durations)
def test_at_every_moment_exactly_one_key_signs(history: Deeds, later: timedelta) -> None:
    told = _tell(history)
    for moment, rows in told:
        for now in (moment, moment + later):
            plan = plan_keys(_see(told, now), now)
            assert plan.list_in(KeyState.SIGNING) == [plan.signing["RS256"]]
            assert plan_keys(rows, now).list_in(KeyState.SIGNING) == [plan_keys(rows, now).signing["RS256"]]


@given(rotations, durations)
def test_a_key_that_signs_has_been_published_for_the_whole_announcement(
    history: Deeds, later: timedelta
) -> None:
    told = _tell(history)
    now = told[-1][0] + later
    rows = {row.kid: row for row in _see(told, now)}
    key = rows[plan_keys(rows.values(), now).signing["RS256"]]
    published_for = now - key.created_at
    assert key.kid == "key 0" or published_for >= key.activates_at - key.created_at >= MINIMUM_ANNOUNCEMENT


@given(rotations, durations, st.timedeltas(min_value=timedelta(), max_value=TOKEN_LIFETIME))
def test_what_has_signed_is_published_and_verifies_until_all_it_signed_has_expired(
    history: Deeds, signed_after: timedelta, age: timedelta
) -> None:
    told = _tell(history)
    signed_at = START + signed_after
    kid = plan_keys(_see(told, signed_at), signed_at).signing["RS256"]
    now = signed_at + age
    plan = plan_keys(_see(told, now), now)
    assert kid in plan.published & plan.verifying_access & plan.verifying_hints


@given(histories, durations)
def test_a_withdrawn_key_is_neither_published_nor_believed(history: Deeds, later: timedelta) -> None:
    now, rows = _tell(history)[-1]
    plan = plan_keys(rows, now + later)
    withdrawn = {row.kid for row in rows if row.withdrawn_at is not None}
    assert not withdrawn & (plan.published | plan.verifying_access | plan.verifying_hints)
    assert withdrawn == set(plan.list_in(KeyState.WITHDRAWN))


@given(histories, durations)
def test_what_verifies_access_tokens_is_published_and_verifies_hints(
    history: Deeds, later: timedelta
) -> None:
    now, rows = _tell(history)[-1]
    plan = plan_keys(rows, now + later)
    assert set(plan.signing.values()) <= plan.verifying_access <= plan.published & plan.verifying_hints


@given(histories, durations, durations)
def test_between_two_changes_the_plan_stays_the_same(
    history: Deeds, later: timedelta, further: timedelta
) -> None:
    moment, rows = _tell(history)[-1]
    before = plan_keys(rows, moment + later)
    now = moment + later + further
    if before.changes_at is None or now < before.changes_at:
        assert plan_keys(rows, now) == before
    else:
        assert plan_keys(rows, before.changes_at) != before


def _succeed() -> list[StoredKey]:
    old = StoredKey("old", "RS256", START, START)
    return [old, StoredKey("new", "RS256", START, START + ANNOUNCEMENT)]


def test_a_key_is_announced_signs_retires_and_then_verifies_hints_only() -> None:
    rows, over = _succeed(), START + ANNOUNCEMENT
    states = [
        (plan.states["old"], plan.states["new"])
        for plan in (
            plan_keys(rows, now)
            for now in (START, over - SECOND, over, over + RETENTION - SECOND, over + RETENTION)
        )
    ]
    assert states == [
        ("signing", "announced"),
        ("signing", "announced"),
        ("retiring", "signing"),
        ("retiring", "signing"),
        ("retired", "signing"),
    ]
    last = plan_keys(rows, over + RETENTION)
    assert last.published == last.verifying_access == {"new"}
    assert last.verifying_hints == {"old", "new"}


def test_an_announced_key_verifies_nothing_but_what_a_clock_a_little_ahead_has_signed() -> None:
    rows, over = _succeed(), START + ANNOUNCEMENT
    assert "new" not in plan_keys(rows, over - CLOCK_LEEWAY - SECOND).verifying_hints
    assert "new" in plan_keys(rows, over - CLOCK_LEEWAY).verifying_access


def test_a_first_key_signs_for_a_process_whose_clock_is_behind() -> None:
    plan = plan_keys([StoredKey("first", "RS256", START, START)], START - SECOND)
    assert plan.signing == {"RS256": "first"}


def test_a_key_is_due_once_it_has_signed_long_enough_and_has_no_successor() -> None:
    days = timedelta(days=90)
    old, new = _succeed()
    assert find_due([old], START + days - SECOND, days) == []
    assert find_due([old], START + days, days) == ["RS256"]
    late = replace(new, created_at=START + days, activates_at=START + days + ANNOUNCEMENT)
    assert find_due([old, late], START + days, days) == []
    assert find_due([old, late], START + days + ANNOUNCEMENT, days) == []
