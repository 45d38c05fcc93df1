"""A sign-in answers the request of the app that waits for it, wherever nothing more has to be asked or shown."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import fields
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
import pytest
from litestar.types import ASGIApp

from borvo.accounts.public import Login, Person, Role, find_login
from borvo.assembly import Platform
from tests.factories.clients import REDIRECT_URI, register_client
from tests.functional.accounts.authenticator import read_options
from tests.functional.accounts.enrolment import SECOND_STEP, add_app, add_passkey, show_code
from tests.functional.application import build_app_for
from tests.functional.browser import Browser, read_forms
from tests.functional.conftest import ISSUER, TestClock
from tests.functional.identity.aspnet import Handler, read_form_post, read_redirect
from tests.functional.identity.flows import ADA, CODE_FLOW, count, execute, obtain_tokens, reach_answer
from tests.functional.mails import find_link

BOB = "bob@example.org"
PASSWORD = "correct horse pony"
SIGN_IN = "/account/sign-in"
CONTINUE = "/connect/authorize/continue?request="
DETAILS = {"given_name": "Ada", "family_name": "Byron", "password": PASSWORD}


@pytest.fixture
async def app(platform: Platform, http: httpx.AsyncClient) -> Handler:
    client = await register_client(platform, scopes=["openid", "email"])
    return Handler(http, client, "openid")


@pytest.fixture
async def known(app: Handler, ada: Browser, clock: TestClock) -> Browser:
    """Ada's browser: she has allowed the app what it asks, and has signed out again."""
    await reach_answer(app, ada, **CODE_FLOW)
    ada.client.cookies.clear()
    clock.advance(minutes=1)
    return ada


async def arrive(app: Handler, browser: Browser, **changes: str | None) -> httpx.Response:
    """The page on which the app's request waits for a sign-in."""
    page = await browser.open(await app.build_authorization_url(**{**CODE_FLOW, **changes}))
    assert page.url.path == SIGN_IN, page.text
    return page


def read_return(page: httpx.Response) -> str:
    form = next(form for form in read_forms(page.text) if "return_to" in dict(form.fields))
    return dict(form.fields)["return_to"]


async def post(browser: Browser, page: httpx.Response, action: str, **values: str) -> httpx.Response:
    """The answer to the form itself, without going on."""
    form = next(form for form in read_forms(page.text) if form.action.startswith(action))
    target = urljoin(str(page.url), form.action)
    return await browser.client.post(target, data={**dict(form.fields), **values})


async def enter(browser: Browser, page: httpx.Response, email: str = ADA) -> httpx.Response:
    return await post(browser, page, SIGN_IN, email=email, password=PASSWORD)


def read_code(answer: httpx.Response) -> str:
    """Of a redirect to the app and nowhere else."""
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"{REDIRECT_URI}?code="), answer.headers["location"]
    return read_redirect(answer)["code"]


async def read_claims(app: Handler, answer: httpx.Response) -> dict[str, Any]:
    tokens = (await app.redeem(read_code(answer))).json()
    return await app.read_id_token(tokens["id_token"])


async def is_signed_in(browser: Browser) -> bool:
    return (await browser.client.get("/account")).status_code == 200


async def test_the_answer_to_the_password_is_the_code(
    platform: Platform, app: Handler, known: Browser, clock: TestClock
) -> None:
    answer = await enter(known, await arrive(app, known, state="s"))
    told = read_redirect(answer)
    assert (told["state"], told["iss"]) == ("s", ISSUER)
    assert answer.headers["cache-control"] == "no-store"
    assert {cookie.name for cookie in known.client.cookies.jar} >= {"borvo_session", "borvo_known"}
    assert await is_signed_in(known)
    assert await count(platform, "authorization_request") == 0
    claims = await read_claims(app, answer)
    assert (claims["auth_time"], claims["amr"]) == (int(clock().timestamp()), ["pwd"])


@pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
@pytest.mark.parametrize("changes", [{"prompt": "login"}, {"max_age": "0"}])
async def test_who_is_signed_in_and_must_do_so_anew_keeps_her_session(
    app: Handler, known: Browser, clock: TestClock, changes: dict[str, str]
) -> None:
    before = await read_claims(app, await enter(known, await arrive(app, known)))
    clock.advance(minutes=5)
    after = await read_claims(app, await enter(known, await arrive(app, known, **changes)))
    assert after["sid"] == before["sid"]
    assert after["auth_time"] - before["auth_time"] == 300


async def test_the_answer_to_the_second_step_is_the_code(
    app: Handler, known: Browser, clock: TestClock
) -> None:
    await known.sign_in(ADA)
    secret = await add_app(known, clock)
    known.client.cookies.clear()
    page = await arrive(app, known)
    half = await enter(known, page)
    assert half.headers["location"] == SECOND_STEP
    page = await known.open(SECOND_STEP)
    answer = await post(known, page, SECOND_STEP, code=show_code(secret, clock))
    assert (await read_claims(app, answer))["amr"] == ["pwd", "otp", "mfa"]
    assert "borvo_half" not in known.client.cookies
    assert await is_signed_in(known)


async def test_the_answer_to_a_passkey_is_the_code(app: Handler, known: Browser) -> None:
    await known.sign_in(ADA)
    key = await add_passkey(known)
    known.client.cookies.clear()
    page = await arrive(app, known)
    answer = await post(known, page, f"{SIGN_IN}/passkey", credential=key.get(read_options(page.text)))
    assert "mfa" in (await read_claims(app, answer))["amr"]


async def test_a_factor_that_is_asked_for_later_brings_the_code_too(
    platform: Platform, app: Handler, known: Browser, clock: TestClock
) -> None:
    await known.sign_in(ADA)
    secret = await add_app(known, clock)
    await execute(platform, "update login_session set methods = '{pwd}'")
    url = await app.build_authorization_url(**CODE_FLOW, acr_values="urn:borvo:acr:2")
    page = await known.open(url)
    assert page.url.path == SECOND_STEP
    answer = await post(known, page, SECOND_STEP, code=show_code(secret, clock))
    assert (await read_claims(app, answer))["acr"] == "urn:borvo:acr:2"


async def _expect_bob(app: Handler, browser: Browser) -> str:
    """A page of his sign-up that a request waits behind which wants somebody else; the address of the page."""
    hint = (await obtain_tokens(app, browser))["id_token"]
    browser.client.cookies.clear()
    page = await arrive(app, browser, id_token_hint=hint, state="s")
    path = page.text.split('href="/account/sign-up?')[1].split('"')[0]
    page = await browser.open(f"/account/sign-up?{path.replace('&amp;', '&')}")
    await browser.submit(page, "/account/sign-up", email=BOB)
    return str(page.url)


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
        ({}, _expire, 400, "go back to the app"),
        ({}, _answer_elsewhere, 400, "go back to the app"),
        ({}, _disable, 400, "switched off"),
        ({}, _move, 400, "redirect_uri that is not registered"),
    ],
)
async def test_what_takes_a_page_is_shown_where_she_goes_on_to(
    platform: Platform,
    app: Handler,
    known: Browser,
    clock: TestClock,
    changes: dict[str, str],
    hinder: Hindrance,
    status: int,
    words: str,
) -> None:
    page = await arrive(app, known, **changes)
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


async def test_an_answer_that_a_page_posts_is_left_to_that_page(
    platform: Platform, app: Handler, known: Browser
) -> None:
    page = await arrive(app, known, response_mode="form_post")
    answer = await enter(known, page)
    assert answer.headers["location"] == read_return(page)
    assert await count(platform, "authorization_request") == 1
    action, told = read_form_post(await known.open(answer.headers["location"]))
    assert (action, (await app.redeem(told["code"])).status_code) == (REDIRECT_URI, 200)


async def test_a_token_goes_into_the_fragment(app: Handler, known: Browser) -> None:
    answer = await enter(known, await arrive(app, known, response_type="code id_token"))
    parts = urlsplit(answer.headers["location"])
    assert (f"{parts.scheme}://{parts.netloc}{parts.path}", parts.query) == (REDIRECT_URI, "")
    told = {name: values[0] for name, values in parse_qs(parts.fragment).items()}
    assert (await app.read_id_token(told["id_token"]))["sid"]


async def test_nothing_but_the_very_address_of_a_request_is_answered(
    platform: Platform, app: Handler, known: Browser
) -> None:
    page = await arrive(app, known)
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
    page = await arrive(app, known)
    wrong = await post(known, page, SIGN_IN, email=ADA, password="wrong horse pony")
    half = await enter(known, page)
    assert (wrong.status_code, half.headers["location"]) == (400, SECOND_STEP)
    assert await count(platform, "authorization_request") == 1


async def test_of_forms_that_come_together_for_one_request_one_is_answered_by_the_code(
    platform: Platform, app: Handler, known: Browser
) -> None:
    page = await arrive(app, known)
    codes = await count(platform, "authorization_code")
    answers = await asyncio.gather(*(enter(known, page) for _ in range(5)))
    ways = sorted(answer.headers["location"] for answer in answers)
    assert ways[:4] == [read_return(page)] * 4
    assert ways[4].startswith(f"{REDIRECT_URI}?code=")
    assert await count(platform, "authorization_code") == codes + 1
    # Each is signed in, and those that came too late are told so.
    for answer in answers:
        known.client.cookies.set("borvo_session", answer.cookies["borvo_session"], domain="localhost.local")
        assert await is_signed_in(known)
    assert "already answered" in (await known.open(ways[0])).text


async def test_a_form_that_is_sent_again_gets_no_second_code(app: Handler, known: Browser) -> None:
    page = await arrive(app, known)
    assert read_code(await enter(known, page))
    again = await enter(known, page)
    assert again.headers["location"] == read_return(page)
    assert "already answered" in (await known.open(again.headers["location"])).text
    assert await is_signed_in(known)


def _describe(login: Login) -> dict[str, object]:
    """All that is known of a login; of one that has just begun, the person may be known better."""
    person = {field.name: getattr(login.person, field.name) for field in fields(Person)}
    return {**{field.name: getattr(login, field.name) for field in fields(Login)}, "person": person}


async def test_a_request_is_answered_for_the_login_that_the_new_cookie_stands_for(
    platform: Platform, clock: TestClock
) -> None:
    """However she came by it."""
    seen: list[Login] = []

    async def note(login: Login, _: str) -> None:
        seen.append(login)

    object.__setattr__(platform.accounts, "answer_return", note)
    object.__setattr__(platform.accounts, "factor_roles", frozenset({Role.AGENT}))
    transport = httpx.ASGITransport(app=build_app_for(platform))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=ISSUER) as client:
        ada = Browser(client)

        async def check(*, owes: bool) -> None:
            found = await find_login(platform.accounts, client.cookies["borvo_session"])
            assert found is not None
            assert _describe(seen[-1]) == _describe(found)
            assert found.owes_factor is owes
            clock.advance(minutes=1)

        await ada.sign_up(ADA)
        await check(owes=False)
        # A role that rests asks for a factor still.
        await execute(
            platform,
            """insert into person_role (person_id, role, granted_at, held_until)
               select id, 'agent', $1::timestamptz, $1::timestamptz + interval '1 day' from person""",
            clock(),
        )
        await ada.sign_in(ADA)
        await check(owes=True)
        client.cookies.clear()
        await ada.sign_in(ADA)
        await check(owes=True)
        secret = await add_app(ada, clock)
        await execute(platform, "update login_session set methods = '{pwd}'")
        page = await ada.open("/account/step-up")
        await ada.submit(page, SECOND_STEP, code=show_code(secret, clock))
        await check(owes=False)
        client.cookies.clear()
        await ada.submit(await ada.sign_in(ADA), SECOND_STEP, code=show_code(secret, clock))
        await check(owes=False)
    assert len(seen) == 5


async def test_each_page_that_leads_to_the_app_names_its_origin(
    platform: Platform, app: Handler, known: Browser, clock: TestClock
) -> None:
    """Chromium looks at where the answer to a form leads."""
    await known.sign_in(ADA)
    secret = await add_app(known, clock)
    known.client.cookies.clear()
    page = await arrive(app, known)
    wrong = await post(known, page, SIGN_IN, email=ADA, password="wrong horse pony")
    await enter(known, wrong)
    step = await known.open(SECOND_STEP)
    again = await post(known, step, SECOND_STEP, code="nothing")
    path = page.text.split('href="/account/sign-up?')[1].split('"')[0].replace("&amp;", "&")
    await known.submit(await known.open(f"/account/sign-up?{path}"), "/account/sign-up", email=BOB)
    finish = await known.open(await find_link(platform, BOB))
    mended = await post(known, finish, "/account/sign-up/", **{**DETAILS, "password": "short"})
    for shown in (page, wrong, step, again, finish, mended):
        assert "form-action 'self' https://localhost:5001;" in shown.headers["content-security-policy"]
    assert read_code(await post(known, again, SECOND_STEP, code=show_code(secret, clock)))
