"""Each client that the demo prints gets tokens in the way it is for."""

from typing import Any

import httpx
import pytest

from borvo.assembly import Platform
from borvo.cli.demo_data import CLIENTS, PASSWORD, PATIENT, DemoClient, render_start_page, seed
from borvo.portal.public import GrantType
from tests.functional.browser import Browser
from tests.functional.identity.aspnet import Handler, read_redirect
from tests.functional.identity.flows import CHALLENGE, VERIFIER, call_userinfo, reach_answer
from tests.functional.identity.test_devices import begin, decide, poll

TYPES = {
    GrantType.AUTHORIZATION_CODE: "code",
    GrantType.HYBRID: "code id_token",
    GrantType.IMPLICIT: "id_token token",
}


async def ask_in_own_name(handler: Handler) -> dict[str, Any]:
    answer = await handler.request_token(grant_type="client_credentials", scope=handler.scope)
    tokens: dict[str, Any] = answer.json()
    return tokens


async def ask_by_device(handler: Handler, person: Browser) -> dict[str, Any]:
    begun = await begin(handler)
    await decide(person, begun["user_code"])
    tokens: dict[str, Any] = (await poll(handler, begun)).json()
    return tokens


async def ask_by_browser(handler: Handler, person: Browser, client: DemoClient) -> dict[str, Any]:
    changes: dict[str, str | None] = {"response_type": TYPES[client.grant_type], "response_mode": "fragment"}
    if client.require_pkce:
        changes |= {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    told = read_redirect(await reach_answer(handler, person, **changes))
    if "code" not in told:
        return told
    proof = {"code_verifier": VERIFIER} if client.require_pkce else {}
    tokens: dict[str, Any] = (await handler.redeem(told["code"], **proof)).json()
    return tokens


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.suffix)
async def test_every_client_of_the_demo_works(
    platform: Platform, http: httpx.AsyncClient, browser: Browser, client: DemoClient
) -> None:
    await seed(platform)
    await browser.sign_in(PATIENT, PASSWORD)
    uri = client.redirect_uris[0] if client.redirect_uris else ""
    handler = Handler(http, client.client_id, " ".join(client.scopes), client.secret, uri)
    if client.grant_type is GrantType.CLIENT_CREDENTIALS:
        assert (await ask_in_own_name(handler))["scope"] == "agency_api"
        return
    if client.grant_type is GrantType.DEVICE_CODE:
        tokens = await ask_by_device(handler, browser)
    else:
        tokens = await ask_by_browser(handler, browser, client)
    assert (await call_userinfo(http, tokens["access_token"])).json()["given_name"] == "Paula"
    assert ("refresh_token" in tokens) is ("offline_access" in client.scopes)


def test_the_start_page_names_every_client_and_whether_it_has_a_secret() -> None:
    page = render_start_page("http://localhost:8000")
    for client in CLIENTS:
        assert f"{client.client_id:<16}{client.secret or '(has none)'}\n" in page
