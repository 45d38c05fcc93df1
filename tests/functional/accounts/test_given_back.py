"""A right password is given back to the counters whatever comes of it, and along with the session where it opens one at
once."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from borvo.accounts.known_browsers import recognize
from borvo.accounts.limits import SIGN_IN_BY_ADDRESS, SIGN_IN_BY_BROWSER, list_sign_in_limits
from borvo.accounts.service import end_sessions, sign_in
from borvo.accounts.store import replace_password
from borvo.assembly import Platform
from borvo.web.addresses import find_network
from tests.functional.accounts.counting import (
    BOB,
    HERE,
    WRONG,
    come_in,
    count_sessions,
    enter_proved,
    make_person,
    prove,
    read_count,
    read_counts,
)
from tests.functional.accounts.enrolment import add_app
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.identity.flows import ADA
from tests.functional.locks import wait_until_blocked

LOOPBACK = "127.0.0.1"

Preparation = Callable[[Platform, Browser, TestClock], Awaitable[object]]


async def sign_out(_: Platform, ada: Browser, __: TestClock) -> None:
    ada.client.cookies.delete("borvo_session")


async def keep_session(_: Platform, __: Browser, ___: TestClock) -> None:
    """She is signed in already."""


async def spoil_session(_: Platform, ada: Browser, __: TestClock) -> None:
    ada.client.cookies.delete("borvo_session")
    ada.client.cookies.set("borvo_session", "nobody", domain="localhost.local")


async def set_up_app(platform: Platform, ada: Browser, clock: TestClock) -> None:
    await add_app(ada, clock)
    await sign_out(platform, ada, clock)


async def suspend(platform: Platform, ada: Browser, clock: TestClock) -> None:
    await platform.database.pool.execute("update person set suspended_at = $1, closed_at = $1", clock())
    await sign_out(platform, ada, clock)


async def close(platform: Platform, ada: Browser, clock: TestClock) -> None:
    await platform.database.pool.execute(
        "update person set closed_at = $1, erase_at = $2", clock(), clock() + timedelta(days=1)
    )
    await sign_out(platform, ada, clock)


@pytest.mark.parametrize("prepare", [sign_out, keep_session, spoil_session, set_up_app, suspend, close])
async def test_every_way_on_from_a_right_password_gives_it_back(
    platform: Platform, ada: Browser, clock: TestClock, prepare: Preparation
) -> None:
    await prepare(platform, ada, clock)
    ada.client.cookies.delete("borvo_known")
    for _ in range(2):
        assert await sign_in(platform.accounts, ADA, WRONG, LOOPBACK) is None
    assert await read_counts(platform, LOOPBACK) == [2, 2, 2]
    await ada.sign_in(ADA)
    # The network is shared: strangers' attempts stay.
    assert await read_counts(platform, LOOPBACK) == [2, 0, 0]


async def test_so_does_a_browser_that_knows_her(platform: Platform, ada: Browser) -> None:
    known = ada.client.cookies["borvo_known"]
    name = recognize(platform.accounts.browser_key, known, ADA)
    assert name is not None
    for _ in range(2):
        await sign_in(platform.accounts, ADA, WRONG, LOOPBACK, known)
    assert await read_count(platform, SIGN_IN_BY_BROWSER, name) == 2
    ada.client.cookies.delete("borvo_session")
    await ada.sign_in(ADA)
    assert await read_count(platform, SIGN_IN_BY_BROWSER, name) == 0
    assert await read_counts(platform, LOOPBACK) == [0, 0, 0]


async def test_who_is_overtaken_by_the_end_of_all_her_sessions_gets_none_and_is_given_back(
    platform: Platform,
) -> None:
    await make_person(platform)
    assert await sign_in(platform.accounts, ADA, WRONG, HERE) is None
    proved = await prove(platform)
    async with platform.database.transaction() as connection:
        await end_sessions(connection, platform.accounts, proved.person.id)
        coming = asyncio.create_task(enter_proved(platform, proved))
        await wait_until_blocked(platform)
    assert await coming is None
    assert await read_counts(platform) == [1, 0, 0]
    assert await count_sessions(platform) == 0


async def test_so_does_who_was_found_before_they_ended_and_waited_to_be_counted(platform: Platform) -> None:
    """She is read by the statement that counts, as she was when it began."""
    await make_person(platform)
    accounts, now = platform.accounts, platform.clock()
    await accounts.limiter.spend(SIGN_IN_BY_ADDRESS, find_network(HERE), now)
    counter = accounts.limiter.find_counter(SIGN_IN_BY_ADDRESS, find_network(HERE), now)
    async with platform.database.transaction() as connection:
        await connection.execute("select from attempt_counter where subject = $1 for update", counter.subject)
        proving = asyncio.create_task(prove(platform))
        await wait_until_blocked(platform)
        async with platform.database.transaction() as ending:
            person_id = await ending.fetchval("select id from person")
            await replace_password(ending, person_id, "another", now)
            await end_sessions(ending, accounts, person_id)
    assert await enter_proved(platform, await proving) is None
    assert await read_counts(platform) == [1, 0, 0]
    assert await count_sessions(platform) == 0


async def test_right_and_wrong_passwords_at_once_leave_what_was_wrong_and_lock_nobody_out(
    platform: Platform,
) -> None:
    """All share the counter of the network, and half of each one's."""
    await make_person(platform)
    await make_person(platform, BOB)
    right = [come_in(platform, email) for _ in range(5) for email in (ADA, BOB)]
    wrong = [sign_in(platform.accounts, email, WRONG, HERE) for _ in range(4) for email in (BOB, ADA)]
    cookies, refused = await asyncio.gather(asyncio.gather(*right), asyncio.gather(*wrong))
    assert None not in cookies
    assert refused == [None] * 8
    network, *others = await read_counts(platform)
    assert network == 8
    assert all(0 <= count <= 4 for count in [*others, *(await read_counts(platform, email=BOB))[1:]])
    assert await come_in(platform) is not None
    assert (await read_counts(platform))[1:] == [0, 0]


async def test_who_waits_for_her_own_row_holds_no_counter_that_others_need(platform: Platform) -> None:
    """Otherwise all of her network would wait with her."""
    await make_person(platform)
    await make_person(platform, BOB)
    proved = await prove(platform)
    async with platform.database.transaction() as connection:
        await connection.execute("select from person where id = $1 for update", proved.person.id)
        coming = asyncio.create_task(enter_proved(platform, proved))
        await wait_until_blocked(platform)
        assert await come_in(platform, BOB) is not None
        assert await sign_in(platform.accounts, ADA, WRONG, HERE) is None
    assert await coming is not None
    assert (await read_counts(platform))[0] == 1


async def test_who_waits_for_a_counter_and_who_ends_her_sessions_go_on_one_after_the_other(
    platform: Platform,
) -> None:
    await make_person(platform)
    proved = await prove(platform)
    accounts, now = platform.accounts, platform.clock()
    asked = list_sign_in_limits(ADA, find_network(HERE), None)
    first = accounts.limiter.find_counter(*asked[0], now)

    async def end_all() -> None:
        async with platform.database.transaction() as connection:
            await end_sessions(connection, accounts, proved.person.id)

    async with platform.database.transaction() as connection:
        await connection.execute("select from attempt_counter where subject = $1 for update", first.subject)
        coming = asyncio.create_task(enter_proved(platform, proved))
        await wait_until_blocked(platform)
        counting = asyncio.create_task(accounts.limiter.spend_each(asked, now))
        ending = asyncio.create_task(end_all())
        await wait_until_blocked(platform, 3)
    assert await coming is not None
    await asyncio.gather(counting, ending)
    assert (await read_counts(platform))[0] == 1
    live = await platform.database.pool.fetchval("select count(*) from login_session where ended_at is null")
    assert live == 0
