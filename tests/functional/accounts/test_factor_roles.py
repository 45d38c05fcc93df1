"""Roles whose people must have a second factor, by setting."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from borvo.accounts.public import Role
from borvo.assembly import Platform
from borvo.support.public import add_role
from tests.factories.clients import register_client
from tests.functional.accounts.enrolment import FACTORS, SECOND_STEP, add_app, show_code
from tests.functional.application import build_app_for
from tests.functional.browser import Browser
from tests.functional.conftest import ISSUER, TestClock
from tests.functional.identity.aspnet import Handler, read_redirect
from tests.functional.identity.flows import ADA, CODE_FLOW, execute, reach_answer

CLOSED = ["/portal", "/agency", "/organisations", "/account/device"]
OPEN = ["/account", FACTORS, "/account/security", "/account/sharing", "/account/apps"]


@pytest.fixture
async def agent(platform: Platform) -> AsyncIterator[Browser]:
    """Ada, an agent where agents must have a second factor, in a browser of hers."""
    people = replace(platform.accounts, factor_roles=frozenset({Role.AGENT, Role.SUPPORT}))
    strict = replace(
        platform,
        accounts=people,
        agency=replace(platform.agency, accounts=people),
        portal=replace(platform.portal, accounts=people),
        organisations=replace(platform.organisations, accounts=people),
    )
    transport = httpx.ASGITransport(app=build_app_for(strict))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=ISSUER) as client:
        browser = Browser(client)
        await browser.sign_up(ADA)
        await add_role(platform.accounts, ADA, "agent")
        yield browser


@pytest.mark.parametrize("path", CLOSED)
async def test_nothing_of_the_role_opens_before_there_is_a_factor(agent: Browser, path: str) -> None:
    page = await agent.open(path)
    assert page.url.path == FACTORS
    assert "Whoever has your role signs in with a second step here" in page.text


@pytest.mark.parametrize("path", OPEN)
async def test_her_own_pages_stay_open(agent: Browser, path: str) -> None:
    assert (await agent.client.get(path)).status_code == 200


async def test_who_sets_one_up_goes_on_at_once(agent: Browser, clock: TestClock) -> None:
    await add_app(agent, clock)
    assert (await agent.open("/agency")).url.path == "/agency"
    page = await agent.open(f"{FACTORS}?return_to=/agency")
    assert 'href="/agency"' in page.text


async def test_who_has_one_is_asked_for_it(platform: Platform, agent: Browser, clock: TestClock) -> None:
    secret = await add_app(agent, clock)
    await execute(platform, "update login_session set methods = '{pwd}'")
    page = await agent.open("/agency?page=2")
    page = await agent.submit(page, SECOND_STEP, code=show_code(secret, clock))
    assert str(page.url).endswith("/agency?page=2")


async def test_no_app_learns_of_the_role_before(
    platform: Platform, http: httpx.AsyncClient, agent: Browser
) -> None:
    app = Handler(http, await register_client(platform, scopes=["openid"]), "openid")
    assert (await agent.open(await app.build_authorization_url(**CODE_FLOW))).url.path == FACTORS
    told = read_redirect(await reach_answer(app, agent, **CODE_FLOW, prompt="none"))
    assert told["error"] == "login_required"


async def test_who_has_another_role_is_not_asked(agent: Browser) -> None:
    agent.client.cookies.clear()
    await agent.sign_up("bob@example.org")
    assert (await agent.client.get("/portal")).status_code == 200


@pytest.mark.parametrize("way", ["https://evil.example/", "//evil.example", "/\\evil.example"])
async def test_the_way_on_never_leaves_the_origin(
    platform: Platform, agent: Browser, clock: TestClock, way: str
) -> None:
    secret = await add_app(agent, clock)
    page = await agent.client.get(FACTORS, params={"return_to": way})
    assert "Go on to where you were" in page.text
    assert "evil.example" not in page.text
    answer = await agent.client.get("/account/step-up", params={"return_to": way})
    assert answer.headers["location"] == "/account"
    await execute(platform, "update login_session set methods = '{pwd}'")
    await agent.client.get("/account/step-up", params={"return_to": way})
    page = await agent.submit(await agent.open(SECOND_STEP), SECOND_STEP, code=show_code(secret, clock))
    assert page.url.path == "/account"
