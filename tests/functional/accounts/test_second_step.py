"""A second factor at the sign-in: codes of an app, and recovery codes."""

import asyncio

import pytest

from borvo.assembly import Platform
from tests.functional.accounts.enrolment import (
    FACTORS,
    SECOND_STEP,
    add_app,
    come_half,
    is_signed_in,
    make_codes,
    open_setup,
    race_code,
    show_code,
    show_wrong_code,
)
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.identity.flows import ADA, count, execute
from tests.functional.mails import find_link, list_mails


async def test_the_app_is_asked_for_after_the_password(
    browser: Browser, ada: Browser, clock: TestClock
) -> None:
    secret = await add_app(ada, clock)
    page = await come_half(browser)
    assert not await is_signed_in(browser)
    page = await browser.submit(page, SECOND_STEP, code=show_code(secret, clock))
    assert page.url.path == "/account"
    assert await is_signed_in(browser)


async def test_an_app_does_not_count_before_a_code_of_it_came(ada: Browser, clock: TestClock) -> None:
    page, secret = await open_setup(ada)
    wrong = await ada.submit(page, f"{FACTORS}/app", code=show_wrong_code(secret, clock))
    assert wrong.status_code == 400
    ada.client.cookies.clear()
    assert (await ada.sign_in(ADA)).url.path == "/account"


async def test_the_secret_is_sealed_for_its_person(
    platform: Platform, ada: Browser, clock: TestClock
) -> None:
    secret = await add_app(ada, clock)
    async with platform.database.connection() as connection:
        row = await connection.fetchrow("select person_id, sealed_secret from person_totp")
    assert row is not None
    assert secret.encode() not in row["sealed_secret"]
    purpose = f"authenticator app of {row['person_id']}"
    assert platform.keyring.unseal(purpose, row["sealed_secret"]).decode() == secret


async def test_a_half_login_opens_nothing(browser: Browser, ada: Browser, clock: TestClock) -> None:
    await add_app(ada, clock)
    await come_half(browser)
    half = browser.client.cookies["borvo_half"]
    for path in ("/account", FACTORS, "/portal", "/account/apps", "/account/step-up"):
        answer = await browser.client.get(path)
        assert answer.headers["location"].startswith("/account/sign-in?")
    # Nor does what it holds pass for a session.
    browser.client.cookies.set("borvo_session", half, domain="localhost.local")
    assert not await is_signed_in(browser)


@pytest.mark.parametrize("steps", [-2, 2])
async def test_a_code_beyond_the_window_is_wrong(
    browser: Browser, ada: Browser, clock: TestClock, steps: int
) -> None:
    secret = await add_app(ada, clock)
    clock.advance(minutes=5)
    page = await come_half(browser)
    answer = await browser.submit(page, SECOND_STEP, code=show_code(secret, clock, steps))
    assert answer.status_code == 400


@pytest.mark.spec("RFC 6238", "5.2")
async def test_a_code_works_once(browser: Browser, ada: Browser, clock: TestClock) -> None:
    secret = await add_app(ada, clock)
    code = show_code(secret, clock)
    await browser.submit(await come_half(browser), SECOND_STEP, code=code)
    again = await browser.submit(await come_half(browser), SECOND_STEP, code=code)
    assert again.status_code == 400
    # Nor does an earlier one that was not used.
    earlier = await browser.submit(again, SECOND_STEP, code=show_code(secret, clock, -1))
    assert earlier.status_code == 400


async def test_the_code_that_set_the_app_up_is_used_up(
    browser: Browser, ada: Browser, clock: TestClock
) -> None:
    page, secret = await open_setup(ada)
    code = show_code(secret, clock)
    await ada.submit(page, f"{FACTORS}/app", code=code)
    assert (await browser.submit(await come_half(browser), SECOND_STEP, code=code)).status_code == 400


async def test_of_many_who_use_one_code_at_once_one_gets_in(
    browser: Browser, ada: Browser, clock: TestClock
) -> None:
    secret = await add_app(ada, clock)
    answers = await race_code(browser, show_code(secret, clock))
    assert sorted(each.status_code for each in answers) == [303, 400, 400, 400, 400]


async def test_one_half_login_becomes_one_login(
    platform: Platform, browser: Browser, ada: Browser, clock: TestClock
) -> None:
    await add_app(ada, clock)
    codes = await make_codes(ada)
    before = await count(platform, "login_session")
    page = await come_half(browser)
    answers = await asyncio.gather(
        *(browser.submit(page, SECOND_STEP, code=code) for code in codes[:4]), return_exceptions=True
    )
    assert len(answers) == 4
    assert await count(platform, "login_session") == before + 1


async def test_five_wrong_codes_ask_for_the_password_again(
    platform: Platform, browser: Browser, ada: Browser, clock: TestClock
) -> None:
    secret = await add_app(ada, clock)
    page = await come_half(browser)
    for _ in range(4):
        page = await browser.submit(page, SECOND_STEP, code=show_wrong_code(secret, clock))
        assert page.status_code == 400
    assert (
        await browser.submit(page, SECOND_STEP, code=show_wrong_code(secret, clock))
    ).url.path == "/account/sign-in"
    late = await browser.submit(page, SECOND_STEP, code=show_code(secret, clock))
    assert late.url.path == "/account/sign-in"
    events = "select count(*) from security_event where kind = 'second_step_failed'"
    assert await platform.database.pool.fetchval(events) == 5
    # Somebody knows her password: she learns of it, once.
    subjects = [mail.subject for mail in await list_mails(platform, ADA)]
    assert subjects.count("Wrong codes for your account") == 1


async def test_after_a_hundred_wrong_codes_in_a_row_the_app_waits_for_another_proof(
    platform: Platform, browser: Browser, ada: Browser, clock: TestClock
) -> None:
    secret = await add_app(ada, clock)
    recovery = (await make_codes(ada))[0]
    await execute(platform, "update person_totp set wrong_codes = 99")
    page = await browser.submit(await come_half(browser), SECOND_STEP, code=show_wrong_code(secret, clock))
    assert "There were too many wrong codes" in page.text
    assert any("has entered 100 wrong codes" in mail.text for mail in await list_mails(platform, ADA))
    page = await browser.submit(page, SECOND_STEP, code=show_code(secret, clock))
    assert page.status_code == 400
    await browser.submit(page, SECOND_STEP, code=recovery)
    clock.advance(seconds=30)
    page = await browser.submit(await come_half(browser), SECOND_STEP, code=show_code(secret, clock))
    assert page.url.path == "/account"


WRONG_CODES = "select wrong_codes from person_totp"


async def test_wrong_codes_are_forgotten_once_a_right_one_came(
    platform: Platform, browser: Browser, ada: Browser, clock: TestClock
) -> None:
    secret = await add_app(ada, clock)
    page = await browser.submit(await come_half(browser), SECOND_STEP, code=show_wrong_code(secret, clock))
    assert await platform.database.pool.fetchval(WRONG_CODES) == 1
    await browser.submit(page, SECOND_STEP, code=show_code(secret, clock))
    assert await platform.database.pool.fetchval(WRONG_CODES) == 0


async def test_a_new_password_lets_twenty_more_codes_be_tried_once_in_thirty_days(
    platform: Platform, browser: Browser, ada: Browser, clock: TestClock
) -> None:
    """Who reads her mail chooses new ones as often as he likes."""
    await add_app(ada, clock)
    browser.client.cookies.clear()

    async def reset(wrong_codes: int) -> int:
        await execute(platform, f"update person_totp set wrong_codes = {wrong_codes}")
        clock.advance(minutes=1)
        await browser.submit(await browser.open("/account/reset"), "/account/reset", email=ADA)
        page = await browser.open(await find_link(platform, ADA))
        await browser.submit(page, "/account/reset/", password="another tiger lamp")
        left: int = await platform.database.pool.fetchval(WRONG_CODES)
        return left

    assert await reset(50) == 50
    assert await reset(100) == 80
    assert await reset(100) == 100
    clock.advance(days=30)
    assert await reset(100) == 80


async def test_a_password_that_is_changed_on_its_page_forgets_no_wrong_codes(
    platform: Platform, ada: Browser, clock: TestClock
) -> None:
    await add_app(ada, clock)
    await execute(platform, "update person_totp set wrong_codes = 100")
    fields = {"current_password": "correct horse pony", "password": "another tiger lamp"}
    await ada.submit(await ada.open("/account/password"), "/account/password", **fields)
    assert await platform.database.pool.fetchval(WRONG_CODES) == 100


async def test_ten_wrong_codes_hold_up_their_network(
    browser: Browser, ada: Browser, clock: TestClock
) -> None:
    secret = await add_app(ada, clock)
    for _ in range(2):
        page = await come_half(browser)
        while page.url.path == SECOND_STEP:
            page = await browser.submit(page, SECOND_STEP, code=show_wrong_code(secret, clock))
    page = await come_half(browser)
    held_up = await browser.submit(page, SECOND_STEP, code=show_code(secret, clock))
    assert held_up.status_code == 429
    clock.advance(minutes=16)
    page = await browser.submit(await come_half(browser), SECOND_STEP, code=show_code(secret, clock))
    assert page.url.path == "/account"


async def test_a_stranger_without_the_password_uses_up_no_codes(
    browser: Browser, ada: Browser, clock: TestClock
) -> None:
    secret = await add_app(ada, clock)
    browser.client.cookies.clear()
    for _ in range(8):
        page = await browser.sign_in(ADA, "wrong horse pony")
        assert page.url.path == "/account/sign-in"
        assert (await browser.client.get(SECOND_STEP)).headers["location"].startswith("/account/sign-in")
    page = await browser.submit(await come_half(browser), SECOND_STEP, code=show_code(secret, clock))
    assert page.url.path == "/account"


async def test_a_half_login_ends_after_ten_minutes(browser: Browser, ada: Browser, clock: TestClock) -> None:
    secret = await add_app(ada, clock)
    page = await come_half(browser)
    clock.advance(minutes=10)
    late = await browser.submit(page, SECOND_STEP, code=show_code(secret, clock))
    assert late.url.path == "/account/sign-in"


async def test_a_half_login_ends_with_the_password_that_it_came_by(
    platform: Platform, browser: Browser, ada: Browser, clock: TestClock
) -> None:
    await add_app(ada, clock)
    await come_half(browser)
    assert (await browser.client.get(SECOND_STEP)).status_code == 200
    await browser.submit(await browser.open("/account/reset"), "/account/reset", email=ADA)
    page = await browser.open(await find_link(platform, ADA))
    await browser.submit(page, "/account/reset/", password="another tiger lamp")
    assert (await browser.client.get(SECOND_STEP)).headers["location"].startswith("/account/sign-in")


@pytest.mark.parametrize("change", [lambda text: text[:-2] + "AA", lambda _: "x", lambda _: ""])
async def test_a_half_login_is_bound_to_its_browser(
    browser: Browser, ada: Browser, clock: TestClock, change: object
) -> None:
    secret = await add_app(ada, clock)
    page = await come_half(browser)
    half = browser.client.cookies["borvo_half"]
    browser.client.cookies.delete("borvo_half")
    assert callable(change)
    browser.client.cookies.set("borvo_half", change(half), domain="localhost.local")
    answer = await browser.submit(page, SECOND_STEP, code=show_code(secret, clock))
    assert answer.url.path == "/account/sign-in"
    assert not await is_signed_in(browser)


async def test_the_second_step_needs_the_token_of_its_form(
    browser: Browser, ada: Browser, clock: TestClock
) -> None:
    secret = await add_app(ada, clock)
    await come_half(browser)
    for path in (SECOND_STEP, "/account/sign-in/second-passkey", "/account/sign-in/passkey"):
        answer = await browser.client.post(path, data={"code": show_code(secret, clock)})
        assert answer.status_code == 403


async def test_the_sign_in_page_does_not_tell_who_has_a_second_factor(
    browser: Browser, ada: Browser, clock: TestClock
) -> None:
    await add_app(ada, clock)
    browser.client.cookies.clear()
    await browser.sign_up("bob@example.org")
    browser.client.cookies.clear()
    answers = [
        await browser.sign_in(email, "wrong horse pony")
        for email in (ADA, "bob@example.org", "eve@example.org")
    ]
    assert {each.status_code for each in answers} == {400}
    assert len({each.text.count("<form") for each in answers}) == 1
    assert "allowCredentials&#34;: []" in answers[0].text
    assert not any("borvo_half" in each.cookies for each in answers)
