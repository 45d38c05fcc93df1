"""The portal of an instance of the profile `strict` says beforehand what that refuses."""

import re
from html import unescape

import httpx
import msgspec
import pytest

from borvo.assembly import Platform
from borvo.settings import Settings
from tests.factories.clients import register_client
from tests.functional.browser import Browser
from tests.functional.identity.assertions import EC, write_key_set
from tests.functional.identity.flows import execute
from tests.functional.portal.journeys import load_present, register
from tests.functional.portal.registrations import Registrar, create_initial_token, read_fault
from tests.functional.portal.teams import post
from tests.functional.portal.tokens import Program, create_token

CLIENT = "/portal/clients/healthorg.myapp"
FIT: dict[str, str | list[str] | None] = {
    "grant_types": "authorization_code",
    "redirect_uris": "https://app.example.org/callback",
    "jwks": write_key_set(e=EC),
}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, profile="strict")


async def make_old(platform: Platform) -> None:
    """A client of the tenancy as it was registered before the instance was strict."""
    await register_client(platform, "healthorg.myapp", grant_types=["hybrid", "implicit"])
    await execute(
        platform, "update client set tenancy_id = (select id from tenancy where prefix = 'healthorg')"
    )


async def test_the_form_begins_with_what_is_served_and_offers_nothing_else(
    platform: Platform, developer: Browser
) -> None:
    page = await developer.open("/portal/clients/new")
    assert "This instance is strict" in page.text
    for absent in ("grant-implicit", "grant-hybrid", "method-secret", 'id="is_public"', "RS256</option>"):
        assert absent not in page.text
    assert "Registered" in (await register(developer, FIT)).text
    client = await load_present(platform, "healthorg.myapp")
    assert (client.token_endpoint_auth_method, client.signing_algorithm) == ("private_key_jwt", "PS256")
    assert client.require_pkce
    assert client.require_pushed_authorization_requests
    assert client.dpop_bound_access_tokens


async def test_what_is_refused_is_refused_when_it_is_entered(platform: Platform, developer: Browser) -> None:
    for changes, words in (
        ({"grant_types": "implicit"}, "neither implicit nor hybrid"),
        ({"is_public": "yes", "token_endpoint_auth_method": "secret"}, "cannot keep a key"),
        ({"token_endpoint_auth_method": "secret"}, "choose that it signs with a key"),
        ({"redirect_uris": "http://localhost:5001/cb"}, "http://127.0.0.1 while you develop"),
    ):
        page = await developer.client.post(
            "/portal/clients/new",
            data=await read_new_form(developer)
            | {"suffix": "myapp", "display_name": "My App"}
            | FIT
            | changes,
        )
        assert page.status_code == 400, changes
        assert words in unescape(page.text)
    assert await platform.database.pool.fetchval("select count(*) from client") == 0


async def read_new_form(browser: Browser) -> dict[str, object]:
    """What stands in it before anything is typed."""
    page = await browser.open("/portal/clients/new")
    names = ("_csrf_token", "tenancy")
    found = {name: re.search(rf'name="{name}" value="([^"]+)"', page.text) for name in names}
    hidden = {name: match[1] for name, match in found.items() if match}
    return {**hidden, "scopes": ["openid"], "token_endpoint_auth_method": "private_key_jwt"}


async def test_an_old_client_is_told_what_it_lacks_wherever_it_is_looked_at(
    platform: Platform, developer: Browser
) -> None:
    await make_old(platform)
    page = unescape((await developer.open(CLIENT)).text)
    assert "This client is refused as it is registered" in page
    assert "neither implicit nor hybrid" in page
    # What it has is still offered, or nobody could see and change it.
    assert "grant-implicit" in page
    state = unescape((await developer.open(f"{CLIENT}/state")).text)
    assert "It gets codes, and no token through a browser" in state
    assert "choose that it signs with a key" in state
    refused = await post(developer, f"{CLIENT}/state/live")
    assert refused.status_code == 400
    start = unescape((await developer.open(f"{CLIENT}/start")).text)
    assert "this instance is strict" in start
    assert "CLIENT_SECRET" not in start
    assert 'id="snippet"' not in start
    assert "nobody else can drive them" in unescape((await developer.open(f"{CLIENT}/drive")).text)


async def test_a_fit_client_gets_a_program_that_signs(developer: Browser) -> None:
    await register(developer, FIT)
    page = unescape((await developer.open(f"{CLIENT}/start")).text)
    for part in ("PrivateKeyJwt", "buildAuthorizationUrlWithPAR", "getDPoPHandle", "key.json"):
        assert part in page
    assert "CLIENT_SECRET" not in page
    assert "This client is refused" not in (await developer.open(CLIENT)).text


async def test_the_questions_lead_to_what_is_served(developer: Browser) -> None:
    answers = "presence=person&place=browser&library=implicit"
    page = unescape((await developer.open(f"/portal/grant?{answers}")).text)
    assert "Authorization code with PKCE" in page
    assert "Give it a server of its own" in page
    assert "Legacy" not in page


async def test_programs_are_held_to_the_same(
    platform: Platform, developer: Browser, http: httpx.AsyncClient
) -> None:
    await make_old(platform)
    program = Program(http, await create_token(developer))
    known = await program.fetch("/portal/api/v1/clients/healthorg.myapp")
    body = {**known.json()["details"], "description": "Changed"}
    answer = await program.call(
        "PUT",
        "/portal/api/v1/clients/healthorg.myapp",
        json=body,
        headers={"If-Match": known.headers["etag"]},
    )
    assert answer.status_code == 400
    assert set(answer.json()["errors"]) >= {"grant_types", "token_endpoint_auth_method"}
    registrar = Registrar(http, await create_initial_token(developer))
    refused = await registrar.post(
        {
            "redirect_uris": ["http://localhost:5001/cb"],
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks": msgspec.json.decode(write_key_set(e=EC)),
        }
    )
    assert "http://127.0.0.1" in read_fault(refused, "invalid_redirect_uri")
