"""Passwords are counted before they are looked at, under all their limits by one statement, and given back by one."""

import asyncio

import asyncpg
import pytest

from borvo.accounts import limits
from borvo.accounts.attempt_store import Counting
from borvo.accounts.holder_store import find_claimed
from borvo.accounts.service import sign_in
from borvo.assembly import Platform
from borvo.storage.security_events.model import SecurityEvent, SecurityEventKind
from borvo.web.addresses import find_network
from tests.functional.accounts.counting import (
    BOB,
    HERE,
    PASSWORD,
    THERE,
    WRONG,
    come_in,
    count_sessions,
    enter_proved,
    is_refused,
    make_person,
    prove,
    read_counts,
)
from tests.functional.conftest import TestClock
from tests.functional.identity.flows import ADA
from tests.functional.locks import wait_until_blocked


async def test_of_passwords_tried_at_once_exactly_the_limit_is_looked_at(platform: Platform) -> None:
    await make_person(platform)
    tried = [is_refused(sign_in(platform.accounts, ADA, WRONG, HERE)) for _ in range(30)]
    assert sorted(await asyncio.gather(*tried)) == [False] * 10 + [True] * 20
    assert await read_counts(platform) == [30, 30, 10]


async def test_who_is_held_up_by_one_limit_uses_up_nothing_of_those_behind_it(
    platform: Platform, clock: TestClock
) -> None:
    """Otherwise one stranger at one network would shut her out everywhere."""
    await make_person(platform)
    for _ in range(10):
        assert not await is_refused(sign_in(platform.accounts, ADA, WRONG, HERE))
    clock.advance(seconds=1)
    for number in range(90):
        assert await is_refused(sign_in(platform.accounts, ADA, WRONG, HERE))
        # Each second time a worker remembers it, and does not look.
        clock.advance(seconds=9 * (number % 2))
    assert await read_counts(platform) == [100, 10 + 45, 10]
    assert await is_refused(sign_in(platform.accounts, BOB, WRONG, HERE))
    assert await read_counts(platform, email=BOB) == [101, 0, 0]
    assert await come_in(platform, address=THERE) is not None


async def test_a_wrong_password_gives_nothing_back_and_a_right_one_only_what_is_hers(
    platform: Platform,
) -> None:
    await make_person(platform)
    for email in (ADA, ADA, BOB, ADA):
        assert await sign_in(platform.accounts, email, WRONG, HERE) is None
    assert await read_counts(platform) == [4, 3, 3]
    assert await come_in(platform) is not None
    assert await read_counts(platform) == [4, 0, 0]
    assert await read_counts(platform, email=BOB) == [4, 1, 1]


async def test_who_counts_and_who_gives_back_never_wait_for_each_other(platform: Platform) -> None:
    """Both take the counters in the same order."""
    limiter, now = platform.accounts.limiter, platform.clock()
    asked = limits.list_sign_in_limits(ADA, find_network(HERE), None)
    attempt = await limiter.spend_each(asked, now)
    first = limiter.find_counter(*asked[0], now)
    async with platform.database.transaction() as connection:
        await connection.execute("select from attempt_counter where subject = $1 for update", first.subject)
        counting = asyncio.create_task(limiter.spend_each(asked, now))
        await wait_until_blocked(platform)
        giving = asyncio.create_task(limiter.give_back(attempt))
        await wait_until_blocked(platform, 2)
    await asyncio.gather(counting, giving)
    assert (await read_counts(platform))[0] == 1


async def test_what_a_limit_refuses_finds_nobody(platform: Platform) -> None:
    """Of two limits the first refuses the second attempt, the second the third."""
    await make_person(platform)
    now, tried = platform.clock(), []
    for counting in (
        Counting((1, 1), (now, b"one", b"two")),
        Counting((1, 1), (now, b"one", b"two")),
        Counting((1, 1), (now, b"three", b"two")),
    ):
        async with platform.database.connection() as connection:
            counts, (person, digest) = await find_claimed(connection, counting, ADA, now)
        tried.append((counts, person is not None, digest is not None))
    assert tried == [([1, 1], True, True), ([2], False, False), ([1, 2], False, False)]


async def test_of_somebody_else_as_much_is_counted_and_nobody_found(platform: Platform) -> None:
    await make_person(platform)
    counting, now = Counting((2,), (platform.clock(), b"one")), platform.clock()
    async with platform.database.connection() as connection:
        assert await find_claimed(connection, counting, BOB, now) == ([1], (None, None))


async def test_an_attempt_is_counted_for_good_before_the_password_is_looked_at(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever breaks off has tried all the same, and other workers know of it while the hash is made."""
    await make_person(platform)
    seen = []

    async def fail(*_: object) -> bool:
        seen.append(await read_counts(platform))
        raise ConnectionError("the worker stops")

    monkeypatch.setattr(type(platform.accounts.passwords), "verify", fail)
    with pytest.raises(ConnectionError):
        await sign_in(platform.accounts, ADA, PASSWORD, HERE)
    assert seen == [[1, 1, 1]]
    assert await read_counts(platform) == [1, 1, 1]
    assert await count_sessions(platform) == 0


async def test_no_session_begins_without_its_event_nor_is_anything_given_back(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of it is one statement."""
    await make_person(platform)
    first = await prove(platform)
    row = platform.accounts.events.describe(SecurityEvent(SecurityEventKind.SIGN_IN, first.person.id))
    monkeypatch.setattr(type(platform.accounts.events), "describe", lambda *_: row)
    assert await enter_proved(platform, first)
    again = await prove(platform)
    with pytest.raises(asyncpg.UniqueViolationError):
        await enter_proved(platform, again)
    assert await count_sessions(platform) == 1
    assert await read_counts(platform) == [1, 1, 1]
