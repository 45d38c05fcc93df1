"""Who proved something before all sessions of the person ended is not let in after it: the end finds every session,
however the two meet."""

import asyncio

import pytest

from borvo.accounts import entering, service
from borvo.accounts.entering import Device, Entry, enter_at_once
from borvo.accounts.factors import second_step
from borvo.accounts.factors.model import HalfLogin
from borvo.accounts.methods import PASSWORD
from borvo.accounts.model import Holder
from borvo.accounts.recovery import reset_password
from borvo.accounts.registration import Wish, ask_for_link, read_link
from borvo.accounts.signing_in import SignInNeededError
from borvo.assembly import Platform
from tests.functional.accounts.enrolment import SECOND_STEP, add_app, come_half, show_code
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.identity.flows import ADA
from tests.functional.locks import wait_until_blocked
from tests.functional.mails import find_link

PASSWORD_TEXT = "correct horse pony"
DEVICE = Device("", "")


async def prove(platform: Platform) -> Holder:
    """She, as loaded for the password that she has just typed."""
    proved = await service.sign_in(platform.accounts, ADA, PASSWORD_TEXT, "127.0.0.1")
    assert proved is not None
    return proved.person


async def enter(platform: Platform, person: Holder) -> Entry | None:
    async with platform.database.transaction() as connection:
        return await entering.enter(connection, platform.accounts, None, person, DEVICE)


async def reset(platform: Platform) -> None:
    platform.clock.advance(seconds=1)  # type: ignore[attr-defined]
    await ask_for_link(platform.accounts, Wish.RESET, ADA, "/account", "127.0.0.1")
    text = (await find_link(platform, ADA)).rsplit("/", 1)[1]
    await reset_password(platform.accounts, read_link(text), "another tiger lamp")


async def count_live(platform: Platform) -> int:
    live: int = await platform.database.pool.fetchval(
        "select count(*) from login_session where ended_at is null"
    )
    return live


@pytest.mark.usefixtures("ada")
async def test_a_password_that_was_right_before_a_reset_lets_nobody_in_after_it(platform: Platform) -> None:
    person = await prove(platform)
    await reset(platform)
    assert await enter(platform, person) is None
    assert await count_live(platform) == 0


@pytest.mark.usefixtures("ada")
async def test_nor_does_it_lead_on_to_the_second_step(platform: Platform) -> None:
    person = await prove(platform)
    await reset(platform)
    with pytest.raises(SignInNeededError):
        await second_step.begin(platform.accounts, person, "/account")


async def test_a_password_that_was_right_before_she_set_up_a_second_factor_lets_nobody_in_after_it(
    platform: Platform, ada: Browser, clock: TestClock
) -> None:
    """Whether she has one was looked up before the password was verified."""
    person = await prove(platform)
    await add_app(ada, clock)
    assert not person.has_second_factor
    assert await enter_at_once(platform.accounts, None, person, DEVICE, PASSWORD) is None
    assert (await prove(platform)).has_second_factor


async def load_half(platform: Platform, browser: Browser) -> HalfLogin:
    half = await second_step.find_half(platform.accounts, browser.client.cookies["borvo_half"])
    assert half is not None
    return half


async def test_a_second_step_that_was_proved_before_a_reset_lets_nobody_in_after_it(
    platform: Platform, ada: Browser, clock: TestClock
) -> None:
    await add_app(ada, clock)
    await come_half(ada)
    half = await load_half(platform, ada)
    await reset(platform)
    assert await second_step.finish(platform.accounts, half, PASSWORD, None, DEVICE) is None
    assert await count_live(platform) == 0


async def test_a_half_login_is_not_used_up_when_no_session_comes_of_it(
    platform: Platform, ada: Browser, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are one transaction."""
    secret = await add_app(ada, clock)
    page = await come_half(ada)
    half = await load_half(platform, ada)

    async def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the worker dies here")

    with monkeypatch.context() as patch:
        patch.setattr(entering, "_start_session", fail)
        with pytest.raises(RuntimeError):
            await second_step.finish(platform.accounts, half, PASSWORD, None, DEVICE)
    assert (await ada.submit(page, SECOND_STEP, code=show_code(secret, clock))).url.path == "/account"


@pytest.mark.usefixtures("ada")
async def test_whichever_comes_first_no_session_is_left(platform: Platform) -> None:
    """The end waits for who is being let in, and ends the session that it could not see yet."""
    person = await prove(platform)
    async with platform.database.transaction() as connection:
        cookie = await entering.enter(connection, platform.accounts, None, person, DEVICE)
        assert cookie is not None
        ending = asyncio.create_task(reset(platform))
        await wait_until_blocked(platform)
    await ending
    assert await count_live(platform) == 0
    came_in, _ = await asyncio.gather(enter(platform, person), reset(platform))
    assert came_in is None


@pytest.mark.usefixtures("ada")
async def test_who_comes_while_all_sessions_end_waits_and_is_not_let_in(platform: Platform) -> None:
    """Looking, beginning and saying so are one statement."""
    person = await prove(platform)
    async with platform.database.transaction() as connection:
        await service.end_sessions(connection, platform.accounts, person.id)
        coming = asyncio.create_task(enter_at_once(platform.accounts, None, person, DEVICE, PASSWORD))
        await wait_until_blocked(platform)
    assert await coming is None
    assert await count_live(platform) == 0


async def test_signing_out_everywhere_else_spares_the_one_who_asks(platform: Platform, ada: Browser) -> None:
    person = await prove(platform)
    page = await ada.open("/account/sessions")
    await ada.submit(page, "/account/sessions/end-all")
    assert await enter(platform, person) is None
