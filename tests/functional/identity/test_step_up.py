"""What an app may ask of a sign-in: `acr_values`, and the essential claim `acr`."""

import json
from html import unescape

import httpx
import pytest

from borvo.assembly import Platform
from tests.factories.clients import register_client
from tests.functional.accounts.enrolment import FACTORS, SECOND_STEP, add_app, show_code
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.identity.aspnet import Handler, consent, read_redirect
from tests.functional.identity.flows import CODE_FLOW, execute, reach_answer

ONE, TWO = "urn:borvo:acr:1", "urn:borvo:acr:2"


@pytest.fixture
async def app(platform: Platform, http: httpx.AsyncClient) -> Handler:
    return Handler(http, await register_client(platform, scopes=["openid"]), "openid")


def demand(*values: str) -> dict[str, str | None]:
    return {**CODE_FLOW, "claims": json.dumps({"id_token": {"acr": {"essential": True, "values": values}}})}


def wish(*values: str) -> dict[str, str | None]:
    return {**CODE_FLOW, "acr_values": " ".join(values)}


async def forget_the_factor(platform: Platform) -> None:
    """As a browser in which she signed in before she set the factor up."""
    await execute(platform, "update login_session set methods = '{pwd}'")


async def answer_step(app: Handler, browser: Browser, page: httpx.Response, code: str) -> dict[str, object]:
    """The claims of the id token that the app gets after the second step."""
    assert page.url.path == SECOND_STEP
    page = await browser.submit(page, SECOND_STEP, code=code)
    if 'action="/connect/authorize/decision"' in page.text:
        page = await consent(browser, page)
    tokens = (await app.redeem(read_redirect(page)["code"])).json()
    return await app.read_id_token(tokens["id_token"])


@pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
@pytest.mark.spec("OpenID Connect Core", "5.5.1.1")
@pytest.mark.parametrize("asked", [demand(TWO), demand("x", TWO), wish(TWO), wish("x", TWO)])
async def test_who_is_signed_in_with_less_is_asked_for_the_factor_alone(
    platform: Platform, app: Handler, ada: Browser, clock: TestClock, asked: dict[str, str | None]
) -> None:
    secret = await add_app(ada, clock)
    await forget_the_factor(platform)
    before = await platform.database.pool.fetchrow("select id, authenticated_at from login_session")
    clock.advance(minutes=1)
    page = await ada.open(await app.build_authorization_url(**asked))
    claims = await answer_step(app, ada, page, show_code(secret, clock))
    assert (claims["acr"], claims["amr"]) == (TWO, ["pwd", "otp", "mfa"])
    # The same session, which clients know already; the password was not proved anew.
    after = await platform.database.pool.fetchrow("select id, authenticated_at from login_session")
    assert after == before


@pytest.mark.parametrize("asked", [wish(ONE), wish(ONE, TWO), demand(ONE, TWO), wish("x"), {**CODE_FLOW}])
async def test_who_is_signed_in_with_enough_is_asked_for_nothing(
    platform: Platform, app: Handler, ada: Browser, clock: TestClock, asked: dict[str, str | None]
) -> None:
    await add_app(ada, clock)
    await forget_the_factor(platform)
    assert "code" in read_redirect(await reach_answer(app, ada, **asked))


@pytest.mark.spec("OpenID Connect Core", "5.5.1.1")
async def test_what_nobody_knows_is_refused_and_what_was_wished_for_is_not(
    app: Handler, ada: Browser
) -> None:
    told = read_redirect(await reach_answer(app, ada, **demand("urn:example:loa3")))
    assert told["error"] == "unmet_authentication_requirements"
    tokens = (await app.redeem(read_redirect(await reach_answer(app, ada, **wish(TWO)))["code"])).json()
    assert (await app.read_id_token(tokens["id_token"]))["acr"] == ONE


async def test_who_has_no_factor_sets_one_up_and_goes_on(
    app: Handler, ada: Browser, clock: TestClock
) -> None:
    page = await ada.open(await app.build_authorization_url(**demand(TWO)))
    assert page.url.path == FACTORS
    await add_app(ada, clock)
    page = await ada.open(str(page.url))
    page = await ada.open(unescape(page.text.split('class="btn btn-primary" href="')[1].split('"')[0]))
    tokens = (await app.redeem(read_redirect(await consent(ada, page))["code"])).json()
    assert (await app.read_id_token(tokens["id_token"]))["acr"] == TWO


async def test_no_app_learns_whether_she_has_a_factor(
    platform: Platform, app: Handler, ada: Browser, clock: TestClock
) -> None:
    """One that she has allowed nothing, and never will."""

    async def ask() -> tuple[str, str]:
        url = await app.build_authorization_url(**demand(TWO), prompt="none")
        told = read_redirect(await ada.client.get(url))
        return told["error"], told["error_description"]

    before = await ask()
    await add_app(ada, clock)
    await forget_the_factor(platform)
    assert await ask() == before
    assert before[0] == "login_required"


async def test_a_silent_request_asks_nobody(
    platform: Platform, app: Handler, ada: Browser, clock: TestClock
) -> None:
    await add_app(ada, clock)
    await reach_answer(app, ada, **CODE_FLOW)
    await forget_the_factor(platform)
    told = read_redirect(await reach_answer(app, ada, **demand(TWO), prompt="none"))
    assert told["error"] == "login_required"
    assert "code" in read_redirect(await reach_answer(app, ada, **wish(TWO), prompt="none"))


async def test_the_question_is_not_answered_with_less(
    platform: Platform, app: Handler, ada: Browser, clock: TestClock
) -> None:
    """The page that asks for consent was shown to a login that is worth more than the one that answers."""
    await add_app(ada, clock)
    page = await ada.open(await app.build_authorization_url(**demand(TWO)))
    await forget_the_factor(platform)
    answer = await ada.submit(page, "/connect/authorize/decision", decision="allow")
    assert answer.url.path == SECOND_STEP


async def test_a_step_up_is_good_for_its_own_session_alone(
    platform: Platform, app: Handler, ada: Browser, clock: TestClock
) -> None:
    secret = await add_app(ada, clock)
    await forget_the_factor(platform)
    page = await ada.open(await app.build_authorization_url(**demand(TWO)))
    await execute(platform, "update login_session set ended_at = $1", platform.clock())
    late = await ada.submit(page, SECOND_STEP, code=show_code(secret, clock))
    assert late.url.path == "/account/sign-in"
    assert await platform.database.pool.fetchval("select count(*) from login_session") == 1
