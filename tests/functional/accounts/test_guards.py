"""What holds for every page, whichever is added: foreign sites neither post to it nor frame it, and a session from
before a sign-in is worth nothing after it."""

import re
from collections.abc import Iterator

import httpx
import pytest
from litestar.routes import HTTPRoute

from borvo.assembly import Platform
from borvo.web.pages import PAGE_OPT
from tests.functional.accounts.enrolment import add_app, is_signed_in, make_codes
from tests.functional.application import register_handlers
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.identity.flows import ADA

SESSION = "borvo_session"
PASSWORD = "correct horse pony"


# What apps send people with, and what mail programs send when somebody wants no more reminders (RFC 8058).
FROM_ELSEWHERE = {"/connect/authorize", "/connect/endsession", "/agency/reminders/x"}
# Pages of ours show it in a frame; `test_scope_picker.py` knows how.
FRAMED = {"/portal/preview/consent"}


def list_paths(platform: Platform, method: str) -> Iterator[str]:
    """Of all pages that there are."""
    for route in register_handlers(platform).routes:
        if isinstance(route, HTTPRoute) and method in route.methods:
            answering = [handler for handler in route.route_handlers if method in handler.http_methods]
            if any(handler.opt.get(PAGE_OPT) for handler in answering):
                yield re.sub(r"\{[^}]+\}", "x", route.path)


async def dump(platform: Platform) -> list[str]:
    """What a person has, table by table."""
    tables = (
        "person",
        "person_password",
        "person_totp",
        "person_recovery_code",
        "login_session",
        "account_link",
    )
    statement = "select coalesce(json_agg(t)::text, '') from {} t"
    return [await platform.database.pool.fetchval(statement.format(table)) for table in tables]


async def test_no_form_is_taken_from_a_foreign_site(
    platform: Platform, ada: Browser, clock: TestClock
) -> None:
    """Whose browser sends her cookies along, as older ones do."""
    await add_app(ada, clock)
    await make_codes(ada)
    before = await dump(platform)
    fields = {"email": "eve@example.org", "password": "another tiger lamp", "current_password": PASSWORD}
    paths = set(list_paths(platform, "POST"))
    assert len(paths) > 80
    for path in sorted(paths - FROM_ELSEWHERE):
        answer = await ada.client.post(path, data=fields, headers={"origin": "https://evil.example"})
        assert answer.status_code == 403, path
    assert await dump(platform) == before
    assert await is_signed_in(ada)


async def test_no_page_stands_in_a_frame(platform: Platform, ada: Browser) -> None:
    paths = set(list_paths(platform, "GET"))
    assert len(paths) > 80
    for path in sorted(paths - FRAMED):
        headers = (await ada.client.get(path)).headers
        assert headers["x-frame-options"] == "DENY", path
        assert "frame-ancestors 'none'" in headers["content-security-policy"], path


@pytest.mark.parametrize("path", ["/account/sign-in", "/account/sign-up", "/account/reset"])
async def test_no_page_passes_a_foreign_way_on(http: httpx.AsyncClient, path: str) -> None:
    for way in ("https://evil.example/", "//evil.example", "/\\evil.example"):
        page = await http.get(path, params={"return_to": way})
        assert page.status_code == 200
        assert "evil.example" not in page.text


async def test_a_session_that_was_planted_is_not_the_one_she_signs_in_to(
    browser: Browser, http: httpx.AsyncClient
) -> None:
    """Eve has a session of her own, puts it into Ada's browser, and waits for Ada to sign in there."""
    await browser.sign_up(ADA)
    browser.client.cookies.clear()
    await browser.sign_up("eve@example.org")
    planted = browser.client.cookies[SESSION]
    await browser.sign_in(ADA)
    assert ADA in (await browser.open("/account")).text
    assert browser.client.cookies[SESSION] != planted
    answer = await http.get("/account", headers={"cookie": f"{SESSION}={planted}"})
    assert answer.is_redirect


@pytest.mark.parametrize("path", ["/account/password", "/account/email", "/account/close"])
async def test_a_stolen_session_alone_takes_no_account_over(
    platform: Platform, ada: Browser, path: str
) -> None:
    """The thief has the cookie, and so every form and its token; not the password."""
    page = await ada.open(path)
    fields = {
        "email": "eve@example.org",
        "password": "another tiger lamp",
        "current_password": "stolen horse pony",
    }
    before = await dump(platform)
    assert (await ada.submit(page, path, **fields)).status_code == 400
    assert await dump(platform) == before
