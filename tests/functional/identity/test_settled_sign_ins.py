"""A sign-in answers the request of the app that waits for it: whatever she proves herself by, and once."""

import asyncio
from urllib.parse import parse_qs, urlsplit

import pytest

from borvo.assembly import Platform
from tests.factories.clients import REDIRECT_URI
from tests.functional.accounts.authenticator import read_options
from tests.functional.accounts.enrolment import SECOND_STEP, add_app, add_passkey, is_signed_in, show_code
from tests.functional.browser import Browser
from tests.functional.conftest import ISSUER, TestClock
from tests.functional.identity.arrivals import (
    BOB,
    DETAILS,
    SIGN_IN,
    arrive,
    enter,
    post,
    read_claims,
    read_code,
    read_return,
    wait,
)
from tests.functional.identity.aspnet import Handler, read_redirect
from tests.functional.identity.flows import ADA, CODE_FLOW, count, execute
from tests.functional.mails import find_link


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


async def test_a_token_goes_into_the_fragment(app: Handler, known: Browser) -> None:
    answer = await enter(known, await arrive(app, known, response_type="code id_token"))
    parts = urlsplit(answer.headers["location"])
    assert (f"{parts.scheme}://{parts.netloc}{parts.path}", parts.query) == (REDIRECT_URI, "")
    told = {name: values[0] for name, values in parse_qs(parts.fragment).items()}
    assert (await app.read_id_token(told["id_token"]))["sid"]


async def test_of_forms_that_come_together_for_a_request_that_waits_one_is_answered_by_the_code(
    platform: Platform, app: Handler, known: Browser
) -> None:
    page = await wait(app, known)
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


async def test_a_form_that_is_sent_again_for_a_request_that_waits_gets_no_second_code(
    app: Handler, known: Browser
) -> None:
    page = await wait(app, known)
    assert read_code(await enter(known, page))
    again = await enter(known, page)
    assert again.headers["location"] == read_return(page)
    assert "already answered" in (await known.open(again.headers["location"])).text
    assert await is_signed_in(known)


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
