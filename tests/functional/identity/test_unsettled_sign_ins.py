"""A sign-in leaves the request of an app that waits for it as it is, wherever that takes a page or another browser."""

from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest
from litestar.types import ASGIApp

from borvo.assembly import Platform
from borvo.identity.service import returning
from tests.factories.clients import REDIRECT_URI
from tests.functional.accounts.enrolment import SECOND_STEP, add_app, is_signed_in
from tests.functional.browser import Browser
from tests.functional.conftest import ISSUER, TestClock
from tests.functional.identity.arrivals import (
    BOB,
    CONTINUE,
    DETAILS,
    PASSWORD,
    SIGN_IN,
    WAITING,
    arrive,
    enter,
    post,
    read_code,
    read_return,
    wait,
)
from tests.functional.identity.aspnet import Handler, read_form_post, read_redirect
from tests.functional.identity.flows import ADA, count, execute, obtain_tokens
from tests.functional.mails import find_link

Hindrance = Callable[[Platform, TestClock], Coroutine[Any, Any, None]]


async def _let_it_wait(platform: Platform, clock: TestClock) -> None:
    """Nothing happens meanwhile."""


async def _withdraw(platform: Platform, _: TestClock) -> None:
    await execute(platform, "update consent set withdrawn_at = now(), version = version + 1")


async def _narrow(platform: Platform, _: TestClock) -> None:
    await execute(platform, "update consent set scopes = '{email}'")


async def _expire(_: Platform, clock: TestClock) -> None:
    clock.advance(minutes=31)


async def _answer_elsewhere(platform: Platform, _: TestClock) -> None:
    await execute(platform, "delete from authorization_request")


async def _disable(platform: Platform, _: TestClock) -> None:
    await execute(platform, "update client set disabled_at = now()")


async def _move(platform: Platform, _: TestClock) -> None:
    await execute(platform, "update client set redirect_uris = '{https://elsewhere.example/cb}'")


TWO = '{"id_token": {"acr": {"essential": true, "value": "urn:borvo:acr:2"}}}'


@pytest.mark.parametrize(
    ("changes", "hinder", "status", "words"),
    [
        ({"prompt": "consent"}, _let_it_wait, 200, "/connect/authorize/decision"),
        ({"scope": "openid email"}, _let_it_wait, 200, "/connect/authorize/decision"),
        ({}, _withdraw, 200, "/connect/authorize/decision"),
        ({}, _narrow, 200, "/connect/authorize/decision"),
        ({"claims": TWO}, _let_it_wait, 200, "/account/factors"),
        (WAITING, _expire, 400, "go back to the app"),
        (WAITING, _answer_elsewhere, 400, "go back to the app"),
        ({}, _disable, 400, "switched off"),
        ({}, _move, 400, "redirect_uri that is not registered"),
    ],
)
@pytest.mark.parametrize("come", [arrive, wait])
async def test_what_takes_a_page_is_shown_where_she_goes_on_to(
    platform: Platform,
    app: Handler,
    known: Browser,
    clock: TestClock,
    changes: dict[str, str],
    hinder: Hindrance,
    status: int,
    words: str,
    come: Callable[..., Coroutine[Any, Any, httpx.Response]],
) -> None:
    page = await come(app, known, **changes)
    await hinder(platform, clock)
    waiting, codes = [await count(platform, f"authorization_{name}") for name in ("request", "code")]
    answer = await enter(known, page)
    assert answer.headers["location"] == read_return(page)
    assert await count(platform, "authorization_request") == waiting
    assert await count(platform, "authorization_code") == codes
    # She is signed in whatever comes of it, and the app's developers are told once of what they can mend.
    assert await is_signed_in(known)
    shown = await known.open(answer.headers["location"])
    assert (shown.status_code, words in shown.text) == (status, True)
    await platform.identity.refusals.flush(platform.database)
    assert await count(platform, "client_refusal") == (hinder in {_disable, _move})


@pytest.mark.parametrize("come", [arrive, wait])
async def test_an_answer_that_a_page_posts_is_left_to_that_page(
    platform: Platform,
    app: Handler,
    known: Browser,
    come: Callable[..., Coroutine[Any, Any, httpx.Response]],
) -> None:
    page = await come(app, known, response_mode="form_post")
    waiting, codes = [await count(platform, f"authorization_{name}") for name in ("request", "code")]
    answer = await enter(known, page)
    assert answer.headers["location"] == read_return(page)
    assert await count(platform, "authorization_request") == waiting
    assert await count(platform, "authorization_code") == codes
    action, told = read_form_post(await known.open(answer.headers["location"]))
    assert (action, (await app.redeem(told["code"])).status_code) == (REDIRECT_URI, 200)


async def test_nothing_but_the_very_address_of_a_request_is_answered(
    platform: Platform, app: Handler, known: Browser
) -> None:
    page = await wait(app, known)
    waiting = read_return(page)
    request_id = waiting.removeprefix(CONTINUE)
    for way in (
        f"{waiting}&request={request_id}",
        f"{waiting}#x",
        f"{waiting[:-1]}",
        f"/connect/authorize/continue/?request={request_id}",
        f"/connect/authorize/../authorize/continue?request={request_id}",
        f"/connect/authorize/continue?{request_id}&request=",
        f"/connect/authorize/%63ontinue?request={request_id}",
        f"/account?request={request_id}",
        CONTINUE + "A" * 43,
    ):
        answer = await post(known, page, SIGN_IN, email=ADA, password=PASSWORD, return_to=way)
        assert answer.headers["location"] == way
        assert await count(platform, "authorization_request") == 1
    assert await count(platform, "authorization_code") == 1


async def test_who_gives_a_wrong_password_or_half_of_what_is_needed_gets_no_answer(
    platform: Platform, app: Handler, known: Browser, clock: TestClock
) -> None:
    await known.sign_in(ADA)
    await add_app(known, clock)
    known.client.cookies.clear()
    page = await wait(app, known)
    wrong = await post(known, page, SIGN_IN, email=ADA, password="wrong horse pony")
    half = await enter(known, page)
    assert (wrong.status_code, half.headers["location"]) == (400, SECOND_STEP)
    assert await count(platform, "authorization_request") == 1


async def _expect_bob(app: Handler, browser: Browser) -> str:
    """A page of his sign-up that a request waits behind which wants somebody else; the address of the page."""
    hint = (await obtain_tokens(app, browser))["id_token"]
    browser.client.cookies.clear()
    page = await arrive(app, browser, id_token_hint=hint, state="s")
    path = page.text.split('href="/account/sign-up?')[1].split('"')[0]
    page = await browser.open(f"/account/sign-up?{path.replace('&amp;', '&')}")
    await browser.submit(page, "/account/sign-up", email=BOB)
    return str(page.url)


async def test_she_is_signed_in_although_the_database_goes_away_before_the_answer(
    app: Handler, known: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise ConnectionResetError

    page = await arrive(app, known)
    with monkeypatch.context() as patch:
        patch.setattr(returning, "settle", fail)
        answer = await enter(known, page)
    assert (answer.status_code, answer.headers["location"]) == (303, read_return(page))
    assert await is_signed_in(known)
    # Her session is the one that has begun, and the request waits for her still.
    assert read_code(await known.client.get(answer.headers["location"]))


@pytest.mark.spec("OpenID Connect Core", "3.1.2.6")
async def test_a_link_answers_with_an_error_what_cannot_come_to_more(
    platform: Platform, app: Handler, known: Browser
) -> None:
    await known.sign_in(ADA)
    await _expect_bob(app, known)
    page = await known.open(await find_link(platform, BOB))
    answer = await post(known, page, "/account/sign-up/", **DETAILS)
    told = read_redirect(answer)
    assert (answer.headers["location"].startswith(REDIRECT_URI), told["error"], told["state"]) == (
        True,
        "login_required",
        "s",
    )
    assert await is_signed_in(known)
    assert await count(platform, "authorization_request") == 0


async def test_a_link_that_is_opened_in_another_browser_answers_nothing(
    platform: Platform, application: ASGIApp, app: Handler, known: Browser
) -> None:
    await known.sign_in(ADA)
    await _expect_bob(app, known)
    transport = httpx.ASGITransport(app=application)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=ISSUER) as client:
        phone = Browser(client)
        page = await phone.open(await find_link(platform, BOB))
        answer = await post(phone, page, "/account/sign-up/", **DETAILS)
        assert (answer.status_code, "Your account is ready" in answer.text) == (200, True)
    assert await count(platform, "authorization_request") == 1
    # Ada, who is expected, is answered in the browser in which the app waits.
    waiting = answer.text.split(CONTINUE)[1].split('"')[0]
    known.client.cookies.clear()
    page = await known.open(f"{SIGN_IN}?return_to={CONTINUE.replace('?', '%3F')}{waiting}")
    assert read_code(await enter(known, page))
