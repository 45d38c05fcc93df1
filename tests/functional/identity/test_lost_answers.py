"""A form that is sent twice: the browser drops the answer that carried the code, and the page names the app."""

from urllib.parse import urljoin

import httpx
import pytest

from borvo.assembly import Platform
from tests.functional.browser import Browser, read_forms
from tests.functional.conftest import TestClock
from tests.functional.identity.arrivals import BOB, enter, read_code, read_return, wait
from tests.functional.identity.aspnet import Handler
from tests.functional.identity.flows import CODE_FLOW, execute

LOST = "has not got the answer"
GONE = "has expired or was already answered"


async def enter_twice(app: Handler, known: Browser) -> tuple[str, httpx.Response]:
    """The code of the answer that was dropped, and the page that the other one leads to."""
    page = await wait(app, known)
    code = read_code(await enter(known, page))
    again = await enter(known, page)
    return code, await known.open(again.headers["location"])


async def test_who_signs_in_twice_is_shown_the_way_to_the_app(app: Handler, known: Browser) -> None:
    code, page = await enter_twice(app, known)
    assert page.status_code == 400
    assert f"App mybp {LOST}" in page.text
    assert '<a class="btn btn-primary text-break" id="app" href="https://localhost:5001">' in page.text
    assert code not in page.text
    assert page.headers["cache-control"] == "no-store"
    # There she need not sign in again.
    answer = await known.open(await app.build_authorization_url(**CODE_FLOW))
    assert (await app.redeem(read_code(answer))).status_code == 200


async def test_who_allows_twice_is_shown_the_way_to_the_app(app: Handler, ada: Browser) -> None:
    page = await ada.open(await app.build_authorization_url(**CODE_FLOW))
    form = next(form for form in read_forms(page.text) if form.action == "/connect/authorize/decision")
    fields = {**dict(form.fields), "decision": "allow"}
    target = urljoin(str(page.url), form.action)
    assert read_code(await ada.client.post(target, data=fields))
    again = await ada.client.post(target, data=fields)
    assert again.status_code == 400
    assert LOST in again.text


@pytest.mark.parametrize(
    ("client_uri", "redirect_uri", "href"),
    [
        ("https://app.example.org/start", "https://api.example.org/cb", "https://app.example.org/start"),
        ("", "https://api.example.org/cb?a=b", "https://api.example.org"),
        ("", "http://127.0.0.1:49152/cb", None),
        ("", "org.example.app:/cb", None),
    ],
)
async def test_the_way_is_that_of_the_app_or_of_its_site(
    platform: Platform, app: Handler, known: Browser, client_uri: str, redirect_uri: str, href: str | None
) -> None:
    page = await wait(app, known)
    await enter(known, page)
    await execute(platform, "update client set client_uri = $1", client_uri)
    await execute(platform, "update authorization_code set redirect_uri = $1", redirect_uri)
    shown = await known.open(read_return(page))
    assert LOST in shown.text
    assert (f'id="app" href="{href}"' if href else 'href="/account">Your account') in shown.text
    assert ('id="app"' in shown.text) is (href is not None)


async def test_an_app_that_got_the_answer_is_not_named(app: Handler, known: Browser) -> None:
    page = await wait(app, known)
    assert (await app.redeem(read_code(await enter(known, page)))).status_code == 200
    shown = await known.open(read_return(page))
    assert shown.status_code == 400
    assert GONE in shown.text
    assert LOST not in shown.text


async def test_what_is_said_is_of_the_request_that_was_answered_and_of_no_other(
    app: Handler, known: Browser
) -> None:
    tabs = [await wait(app, known) for _ in range(2)]
    assert (await app.redeem(read_code(await enter(known, tabs[0])))).status_code == 200
    assert read_code(await known.client.get(read_return(tabs[1])))
    asked_now = await known.open(await app.build_authorization_url(**CODE_FLOW))
    assert read_code(asked_now)
    unknown = "/connect/authorize/continue?request=" + "A" * 43
    for return_to in (read_return(tabs[0]), unknown):
        shown = await known.open(return_to)
        assert GONE in shown.text
        assert LOST not in shown.text
    assert LOST in (await known.open(read_return(tabs[1]))).text


async def test_an_answer_that_is_too_old_is_not_named(app: Handler, known: Browser, clock: TestClock) -> None:
    page = await wait(app, known)
    await enter(known, page)
    clock.advance(seconds=61)
    assert GONE in (await known.open(read_return(page))).text


async def test_nobody_else_learns_which_app_was_answered(app: Handler, known: Browser) -> None:
    page = await wait(app, known)
    await enter(known, page)
    known.client.cookies.clear()
    nobody = await known.open(read_return(page))
    await known.sign_up(BOB)
    for shown in (nobody, await known.open(read_return(page))):
        assert GONE in shown.text
        assert "App mybp" not in shown.text


async def test_a_disabled_app_is_not_named(
    platform: Platform, app: Handler, known: Browser, clock: TestClock
) -> None:
    page = await wait(app, known)
    await enter(known, page)
    await execute(platform, "update client set disabled_at = $1", clock())
    assert GONE in (await known.open(read_return(page))).text
