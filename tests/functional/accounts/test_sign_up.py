"""An account comes about by a link in a mail, and nobody learns from the page whether an address has one."""

import asyncio
from urllib.parse import quote_plus

import httpx
import pytest
from litestar.types import ASGIApp

from borvo.accounts.public import clean_up
from borvo.assembly import Platform
from tests.functional.accounts.work import watch_work
from tests.functional.browser import Browser, sign_up_by_mail
from tests.functional.conftest import ISSUER, TestClock
from tests.functional.identity.aspnet import Handler
from tests.functional.identity.flows import ADA, count, fetch_value
from tests.functional.mails import find_link, list_mails, read_links

PASSWORD = "correct horse pony"
DETAILS = {"given_name": "Ada", "family_name": "Byron", "password": PASSWORD}
EVE = "eve@example.org"
PATHS = ("/account/sign-up", "/account/reset")


async def ask(browser: Browser, email: str, path: str = "/account/sign-up") -> httpx.Response:
    return await browser.submit(await browser.open(path), path, email=email)


def normalize(page: httpx.Response, email: str) -> str:
    return page.text.replace(email, "").replace(quote_plus(email), "")


async def test_who_opens_the_link_has_an_account_with_a_proved_address(
    browser: Browser, platform: Platform
) -> None:
    page = await sign_up_by_mail(browser, ADA, read_links(platform))
    assert page.url.path == "/account"
    assert await fetch_value(platform, "select email_verified_at from person") == platform.clock()
    kinds = await fetch_value(platform, "select array_agg(kind order by kind) from security_event")
    assert kinds == ["sign_in", "sign_up"]


async def test_without_the_link_there_is_no_account(browser: Browser, platform: Platform) -> None:
    await ask(browser, ADA)
    link = await find_link(platform, ADA)
    assert (await browser.open(link)).status_code == 200
    assert await count(platform, "person") == 0


@pytest.mark.parametrize("path", PATHS)
async def test_no_page_tells_whether_an_address_has_an_account(
    browser: Browser, platform: Platform, path: str
) -> None:
    await browser.sign_up(ADA)
    browser.client.cookies.clear()
    known, unknown = await ask(browser, ADA, path), await ask(browser, EVE, path)
    assert known.status_code == unknown.status_code == 200
    assert normalize(known, ADA) == normalize(unknown, EVE)
    assert list(known.headers) == list(unknown.headers)
    assert len(known.headers["set-cookie"]) == len(unknown.headers["set-cookie"])
    mails = [(await list_mails(platform, email))[0].subject for email in (ADA, EVE)]
    expected = {
        "/account/sign-up": ["You already have an account", "Finish your account"],
        "/account/reset": ["Choose a new password", "There is no account with this address"],
    }
    assert mails == expected[path]


@pytest.mark.parametrize("path", PATHS)
async def test_both_cost_the_same_statements_and_no_hash(
    browser: Browser, platform: Platform, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    await browser.sign_up(ADA)
    done = watch_work(platform, monkeypatch)
    monkeypatch.setattr(type(platform.accounts.passwords), "hash", None)
    work = []
    for email in (ADA, EVE):
        page = await browser.open(path)
        done.clear()
        await browser.submit(page, path, email=email)
        work.append(list(done))
    assert work[0] == work[1] != []


async def test_an_account_that_exists_is_not_touched(browser: Browser, platform: Platform) -> None:
    await browser.sign_up(ADA)
    browser.client.cookies.clear()
    await ask(browser, ADA)
    assert await count(platform, "person") == 1
    assert (await browser.sign_in(ADA)).url.path == "/account"


async def test_a_link_makes_one_account_however_often_it_is_sent_at_once(
    browser: Browser, platform: Platform
) -> None:
    await ask(browser, ADA)
    page = await browser.open(await find_link(platform, ADA))
    answers = await asyncio.gather(*(browser.submit(page, "/account/sign-up/", **DETAILS) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200] + [410] * 4
    assert await count(platform, "person") == 1


async def test_two_links_to_one_address_make_one_account(
    browser: Browser, platform: Platform, clock: TestClock
) -> None:
    pages = []
    for _ in range(2):
        clock.advance(seconds=1)
        await ask(browser, ADA)
        pages.append(await browser.open(await find_link(platform, ADA)))
    answers = await asyncio.gather(*(browser.submit(page, "/account/sign-up/", **DETAILS) for page in pages))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert await count(platform, "person") == 1


async def test_a_link_ends_after_a_day_and_another_can_be_had(
    browser: Browser, platform: Platform, clock: TestClock
) -> None:
    await ask(browser, ADA)
    link = await find_link(platform, ADA)
    page = await browser.open(link)
    clock.advance(hours=24)
    late = await browser.submit(page, "/account/sign-up/", **DETAILS)
    assert (late.status_code, (await browser.open(link)).status_code) == (410, 410)
    assert "Get another link" in late.text
    await clean_up(platform.accounts)
    assert await count(platform, "account_link") == 0


@pytest.mark.parametrize("link", ["x", "A" * 64, "%00", "A" * 500])
async def test_a_made_up_link_leads_nowhere(browser: Browser, link: str) -> None:
    for path in PATHS:
        assert (await browser.client.get(f"{path}/{link}")).status_code == 410


async def test_a_link_to_choose_a_password_makes_no_account(browser: Browser, platform: Platform) -> None:
    await ask(browser, EVE)
    link = await find_link(platform, EVE)
    assert (await browser.open(link.replace("sign-up", "reset"))).status_code == 410


async def test_the_database_holds_no_link_that_works(browser: Browser, platform: Platform) -> None:
    await ask(browser, ADA)
    token = (await find_link(platform, ADA)).rpartition("/")[2]
    dump = await fetch_value(
        platform,
        "select coalesce((select string_agg(l::text, ' ') from account_link l), '')"
        " || coalesce((select string_agg(m::text, ' ') from outbox_message m), '')",
    )
    assert token not in dump
    assert token[22:] not in dump


@pytest.mark.parametrize("path", PATHS)
async def test_an_address_is_not_flooded(browser: Browser, platform: Platform, path: str) -> None:
    for _ in range(5):
        assert (await ask(browser, ADA, path)).status_code == 200
    refused = await ask(browser, ADA, path)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    assert len(await list_mails(platform, ADA)) == 5
    assert (await ask(browser, EVE, path)).status_code == 200


async def test_one_network_cannot_write_to_everybody(browser: Browser) -> None:
    for number in range(30):
        await ask(browser, f"p{number}@example.org")
    assert (await ask(browser, ADA)).status_code == 429


async def test_a_bad_password_is_explained_and_the_link_still_works(
    browser: Browser, platform: Platform
) -> None:
    await ask(browser, ADA)
    page = await browser.open(await find_link(platform, ADA))
    for password in ("short", "adabyronadabyron"):
        page = await browser.submit(page, "/account/sign-up/", **DETAILS | {"password": password})
        assert page.status_code == 400
        assert 'value="Byron"' in page.text
        assert password not in page.text
    assert (await browser.submit(page, "/account/sign-up/", **DETAILS)).url.path == "/account"


async def test_the_address_comes_from_the_link_alone(browser: Browser, platform: Platform) -> None:
    await ask(browser, ADA)
    page = await browser.open(await find_link(platform, ADA))
    await browser.submit(page, "/account/sign-up/", **DETAILS, email=EVE)
    assert await fetch_value(platform, "select email from person") == ADA


async def test_a_page_from_elsewhere_cannot_use_the_link(browser: Browser, platform: Platform) -> None:
    await ask(browser, ADA)
    link = await find_link(platform, ADA)
    assert (await browser.client.post(link, data=DETAILS)).status_code == 403
    assert await count(platform, "person") == 0


async def test_the_pages_of_links_tell_no_other_site_and_stand_in_no_frame(
    browser: Browser, platform: Platform
) -> None:
    await ask(browser, ADA)
    page = await browser.open(await find_link(platform, ADA))
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]


async def test_an_app_gets_the_person_that_it_sent_once_she_has_an_account(
    browser: Browser, platform: Platform, handler: Handler
) -> None:
    page = await browser.open(await handler.build_authorization_url())
    path = "/account/sign-up" + page.text.split('href="/account/sign-up')[1].split('"')[0]
    page = await sign_up_by_mail(browser, ADA, read_links(platform), path.replace("&amp;", "&"))
    assert page.status_code == 200
    assert "Allow App mybp?" in page.text


async def test_in_another_browser_she_is_told_where_the_app_waits(
    browser: Browser, application: ASGIApp, platform: Platform, handler: Handler
) -> None:
    page = await browser.open(await handler.build_authorization_url())
    path = "/account/sign-up" + page.text.split('href="/account/sign-up')[1].split('"')[0]
    await browser.submit(await browser.open(path), "/account/sign-up", email=ADA)
    transport = httpx.ASGITransport(app=application)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=ISSUER) as client:
        phone = Browser(client)
        page = await phone.open(await find_link(platform, ADA))
        page = await phone.submit(page, "/account/sign-up/", **DETAILS)
        assert "Your account is ready" in page.text
        assert "/connect/authorize/continue?request=" in page.text
        assert (await phone.client.get("/account")).status_code == 200


@pytest.mark.parametrize("return_to", ["https://evil.example/", "//evil.example", "/\\evil.example"])
async def test_the_link_leads_nowhere_else(browser: Browser, platform: Platform, return_to: str) -> None:
    page = await browser.open("/account/sign-up")
    await browser.submit(page, "/account/sign-up", email=ADA, return_to=return_to)
    assert await fetch_value(platform, "select return_to from account_link") == "/account"
    page = await browser.open(await find_link(platform, ADA))
    assert (await browser.submit(page, "/account/sign-up/", **DETAILS)).url.path == "/account"
