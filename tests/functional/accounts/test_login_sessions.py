"""The login session: how long it lives, and what does not pass for it."""

import base64

import pytest

from borvo.assembly import Platform
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.identity.flows import ADA, execute

COOKIE = "borvo_session"


async def _is_signed_in(browser: Browser, cookie: str | None = None) -> bool:
    if cookie is None:
        return (await browser.client.get("/account")).status_code == 200
    browser.client.cookies.clear()
    answer = await browser.client.get("/account", headers={"cookie": f"{COOKIE}={cookie}"})
    return answer.status_code == 200


async def test_a_session_ends_after_two_idle_hours(browser: Browser, clock: TestClock) -> None:
    await browser.sign_up(ADA)
    clock.advance(hours=1, minutes=59)
    assert await _is_signed_in(browser)
    clock.advance(hours=1, minutes=59)
    assert await _is_signed_in(browser)
    clock.advance(hours=2)
    assert not await _is_signed_in(browser)


async def test_a_session_ends_after_twelve_hours_however_busy(browser: Browser, clock: TestClock) -> None:
    await browser.sign_up(ADA)
    for _ in range(11):
        clock.advance(hours=1)
        assert await _is_signed_in(browser)
    clock.advance(hours=1)
    assert not await _is_signed_in(browser)


async def test_a_session_that_was_ended_elsewhere_is_over(browser: Browser, platform: Platform) -> None:
    await browser.sign_up(ADA)
    await execute(platform, "update login_session set ended_at = $1", platform.clock())
    assert not await _is_signed_in(browser)


async def test_signing_in_makes_a_new_session_and_ends_the_one_before(browser: Browser) -> None:
    await browser.sign_up(ADA)
    first = browser.client.cookies[COOKIE]
    await browser.sign_in(ADA)
    second = browser.client.cookies[COOKIE]
    assert first != second
    assert not await _is_signed_in(browser, first)
    assert await _is_signed_in(browser, second)


async def test_signing_out_ends_the_session_on_the_server(browser: Browser) -> None:
    page = await browser.sign_up(ADA)
    cookie = browser.client.cookies[COOKIE]
    await browser.submit(page, "/account/sign-out")
    assert not await _is_signed_in(browser, cookie)


async def test_no_changed_cookie_passes(browser: Browser) -> None:
    await browser.sign_up(ADA)
    cookie = browser.client.cookies[COOKIE]
    data = base64.urlsafe_b64decode(cookie + "=" * (-len(cookie) % 4))
    # Elsewhere: her session goes on.
    browser.client.cookies.clear()
    await browser.sign_up("bob@example.org")
    bob = browser.client.cookies[COOKIE]
    other = base64.urlsafe_b64decode(bob + "=" * (-len(bob) % 4))
    mixtures = [data[:16] + other[16:], data[:32] + other[32:], data[:32] + bytes(32), bytes(64)]
    changed = [bytes([*data[:at], data[at] ^ 1, *data[at + 1 :]]) for at in (0, 20, 40, 63)]
    assert await _is_signed_in(browser, cookie)
    for forged in [*mixtures, *changed, data[:-1], data + b"\0", b""]:
        text = base64.urlsafe_b64encode(forged).rstrip(b"=").decode()
        assert not await _is_signed_in(browser, text)


@pytest.mark.parametrize("cookie", ["x", "%E9%00", '"', "A" * 5000, "..", "=;=", "%ff%fe"])
async def test_nonsense_for_a_cookie_is_nobody(browser: Browser, cookie: str) -> None:
    assert not await _is_signed_in(browser, cookie)


async def test_the_token_of_a_session_never_lies_in_the_database(
    browser: Browser, platform: Platform
) -> None:
    await browser.sign_up(ADA)
    cookie = browser.client.cookies[COOKIE]
    token = base64.urlsafe_b64decode(cookie + "=" * (-len(cookie) % 4))[32:]
    async with platform.database.connection() as connection:
        dump = await connection.fetchval("select json_agg(s)::text from login_session s")
    assert token.hex() not in dump
    assert cookie not in dump
