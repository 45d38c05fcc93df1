"""A lost password is replaced by a link, which opens nothing else and works once."""

import asyncio

import httpx
import pytest

from borvo.assembly import Platform
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.identity.flows import ADA, execute, fetch_value
from tests.functional.mails import find_link, list_mails

OLD, NEW = "correct horse pony", "another tiger lamp"


@pytest.fixture
async def page(browser: Browser, platform: Platform, clock: TestClock) -> httpx.Response:
    """Ada has an account, is signed in elsewhere, and has opened the link that she asked for."""
    await browser.sign_up(ADA)
    browser.client.cookies.clear()
    await browser.submit(await browser.open("/account/reset"), "/account/reset", email=ADA)
    page = await browser.open(await find_link(platform, ADA))
    # What comes next is newer.
    clock.advance(seconds=1)
    return page


async def choose(browser: Browser, page: httpx.Response, password: str = NEW) -> httpx.Response:
    return await browser.submit(page, "/account/reset/", password=password)


async def test_the_new_password_counts_and_the_old_one_no_longer(
    browser: Browser, page: httpx.Response
) -> None:
    answer = await choose(browser, page)
    assert answer.url.path == "/account/sign-in"
    assert "Your new password counts" in answer.text
    assert (await browser.sign_in(ADA, OLD)).status_code == 400
    assert (await browser.sign_in(ADA, NEW)).url.path == "/account"


async def test_nobody_is_signed_in_by_the_link(browser: Browser, page: httpx.Response) -> None:
    await choose(browser, page)
    assert (await browser.client.get("/account")).is_redirect


async def test_every_session_ends_and_she_is_told(
    browser: Browser, platform: Platform, page: httpx.Response
) -> None:
    await choose(browser, page)
    assert await fetch_value(platform, "select count(*) from login_session where ended_at is null") == 0
    assert (await list_mails(platform, ADA))[0].subject == "Your password was changed"
    kinds = "select array_agg(kind) from security_event"
    assert {"password_changed", "session_ended"} <= set(await fetch_value(platform, kinds))


async def test_opening_the_link_uses_nothing_up(browser: Browser, page: httpx.Response) -> None:
    for _ in range(3):
        assert (await browser.open(str(page.url.path))).status_code == 200
    await choose(browser, page)
    assert (await browser.open(str(page.url.path))).status_code == 410


async def test_a_replayed_link_changes_nothing(browser: Browser, page: httpx.Response) -> None:
    await choose(browser, page)
    replay = await choose(browser, page, "evil tiger lamp shade")
    assert replay.status_code == 410
    assert (await browser.sign_in(ADA, NEW)).url.path == "/account"


async def test_one_of_five_at_once_wins(browser: Browser, platform: Platform, page: httpx.Response) -> None:
    answers = await asyncio.gather(*(choose(browser, page, f"{NEW} {number}") for number in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200] + [410] * 4
    subjects = [mail.subject for mail in await list_mails(platform, ADA)]
    assert subjects.count("Your password was changed") == 1


async def test_other_links_end_with_the_first_that_is_used(
    browser: Browser, platform: Platform, page: httpx.Response
) -> None:
    await browser.submit(await browser.open("/account/reset"), "/account/reset", email=ADA)
    other = await find_link(platform, ADA)
    assert (await browser.open(other)).status_code == 200
    await choose(browser, page)
    assert (await browser.open(other)).status_code == 410


async def test_an_address_that_was_asked_for_with_the_old_password_is_not_taken(
    browser: Browser, platform: Platform, page: httpx.Response
) -> None:
    await browser.sign_in(ADA, OLD)
    wish = {"email": "eve@example.org", "current_password": OLD}
    await browser.submit(await browser.open("/account/email"), "/account/email", **wish)
    link = await find_link(platform, "eve@example.org")
    assert (await browser.open(link)).status_code == 200
    await choose(browser, page)
    await browser.sign_in(ADA, NEW)
    assert (await browser.open(link)).status_code == 410


async def test_the_link_lives_for_half_an_hour(
    browser: Browser, page: httpx.Response, clock: TestClock
) -> None:
    clock.advance(minutes=30)
    assert (await choose(browser, page)).status_code == 410
    assert (await browser.sign_in(ADA, OLD)).url.path == "/account"


async def test_a_link_to_an_address_that_she_left_is_void(
    browser: Browser, platform: Platform, page: httpx.Response
) -> None:
    await execute(platform, "update person set email = 'ada@elsewhere.example'")
    assert (await choose(browser, page)).status_code == 410


async def test_a_closed_account_stays_closed(
    browser: Browser, platform: Platform, page: httpx.Response
) -> None:
    await execute(platform, "update person set closed_at = $1", platform.clock())
    assert (await choose(browser, page)).status_code == 410


async def test_a_weak_password_is_explained_and_the_link_still_works(
    browser: Browser, page: httpx.Response
) -> None:
    refused = await choose(browser, page, "Ada Byron Ada Byron")
    assert refused.status_code == 400
    assert "easy to guess" in refused.text
    assert (await choose(browser, refused)).url.path == "/account/sign-in"


async def test_a_page_from_elsewhere_cannot_use_the_link(browser: Browser, page: httpx.Response) -> None:
    answer = await browser.client.post(str(page.url), data={"password": NEW})
    assert answer.status_code == 403
    assert (await browser.sign_in(ADA, OLD)).url.path == "/account"


async def test_the_address_is_proved_by_the_link(
    browser: Browser, platform: Platform, page: httpx.Response
) -> None:
    await execute(platform, "update person set email_verified_at = null")
    await choose(browser, page)
    assert await fetch_value(platform, "select email_verified_at from person") == platform.clock()


@pytest.mark.parametrize("return_to", ["https://evil.example/", "//evil.example"])
async def test_the_way_back_never_leaves_the_origin(
    browser: Browser, platform: Platform, page: httpx.Response, return_to: str
) -> None:
    asked = await browser.open("/account/reset")
    await browser.submit(asked, "/account/reset", email=ADA, return_to=return_to)
    page = await browser.open(await find_link(platform, ADA))
    assert "evil.example" not in str((await choose(browser, page)).url)
