"""What the portal says while a developer chooses: the id, the grant, callback URLs, lifetimes."""

import httpx
import pytest

from borvo.assembly import Platform
from tests.functional.browser import Browser, read_forms
from tests.functional.conftest import TestClock
from tests.functional.identity.aspnet import Handler
from tests.functional.identity.flows import obtain_tokens, refresh
from tests.functional.portal.journeys import Fields, load, load_present, register
from tests.functional.portal.test_states import set_secret

CLIENT = "/portal/clients/healthorg.myapp"


async def ask_suffix(browser: Browser, suffix: str, tenancy: str = "") -> httpx.Response:
    page = await browser.open("/portal/clients/new")
    own = next(form for form in read_forms(page.text) if form.action == "/portal/clients/new").values(
        "tenancy"
    )
    parameters = {"tenancy": tenancy or own[0], "suffix": suffix}
    return await browser.client.get("/portal/clients/suffix", params=parameters)


async def test_the_form_can_ask_whether_an_id_is_free(developer: Browser) -> None:
    assert (await ask_suffix(developer, "myapp")).json()["is_free"]
    await register(developer)
    taken = (await ask_suffix(developer, "myapp")).json()
    assert not taken["is_free"]
    assert "has this id" in taken["message"]
    assert not (await ask_suffix(developer, "My-App")).json()["is_free"]


async def test_nobody_learns_what_ids_another_tenancy_has(
    platform: Platform, developer: Browser, stranger: Browser, http: httpx.AsyncClient
) -> None:
    await register(developer)
    tenancy = str((await load_present(platform, "healthorg.myapp")).tenancy_id)
    answers = [await ask_suffix(stranger, suffix, tenancy) for suffix in ("myapp", "free")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert (await http.get("/portal/clients/suffix")).status_code in {303, 401}


async def test_answers_lead_to_a_form_filled_in(developer: Browser) -> None:
    answers = {"presence": "person", "place": "browser", "library": "code"}
    page = await developer.client.get("/portal/grant", params=answers)
    assert "Authorization code with PKCE" in page.text
    page = await developer.open("/portal/clients/new?grant=authorization_code&public=yes")
    form = next(form for form in read_forms(page.text) if form.action == "/portal/clients/new")
    assert form.values("grant_types") == ["authorization_code"]
    assert form.values("is_public") == ["yes"]


@pytest.mark.parametrize(
    "query", ["presence=x", "place=server", "presence=person&place=%00", "library=" + "x" * 999]
)
async def test_odd_answers_ask_again(developer: Browser, query: str) -> None:
    page = await developer.client.get(f"/portal/grant?{query}")
    assert page.status_code == 200
    assert "Answer the other questions" in page.text


async def test_an_implicit_client_is_led_to_code_and_works_in_between(
    platform: Platform, developer: Browser
) -> None:
    await register(developer, grant_types="implicit", is_public="yes", allows_front_channel_tokens="yes")
    assert f"{CLIENT}/moving" in (await developer.open(CLIENT)).text
    page = await developer.open(f"{CLIENT}/moving")
    page = await developer.submit(page, f"{CLIENT}/moving", step="add-code")
    client = await load_present(platform, "healthorg.myapp")
    assert client.grant_types == {"implicit", "authorization_code"}
    assert client.require_pkce
    stale = page
    page = await developer.submit(page, f"{CLIENT}/moving", step="drop-implicit")
    assert "nothing left to do" in page.text
    client = await load_present(platform, "healthorg.myapp")
    assert client.grant_types == {"authorization_code"}
    assert not client.allows_front_channel_tokens
    await developer.submit(stale, f"{CLIENT}/moving", step="add-code")
    assert (await load_present(platform, "healthorg.myapp")).grant_types == {"authorization_code"}


async def test_a_host_in_punycode_is_saved_once_it_was_looked_at(
    platform: Platform, developer: Browser
) -> None:
    host = "xn--bcher-kva.example"
    page = await register(developer, redirect_uris=f"https://{host}/cb")
    assert page.status_code == 400
    assert "bücher.example" in page.text
    assert await load(platform, "healthorg.myapp") is None
    page = await developer.submit(page, "/portal/clients/new", confirmed_hosts=host)
    assert page.url.path == CLIENT
    # Looked at once, it is not asked for again.
    page = await developer.submit(page, CLIENT, display_name="Other")
    assert "Saved." in page.text


@pytest.mark.parametrize(
    ("uri", "advice"),
    [
        ("http://app.example.org/cb", "write https://app.example.org/cb"),
        ("https://app.example.org/cb#x", "write https://app.example.org/cb"),
        ("https://u:p@app.example.org/cb", "write https://app.example.org/cb"),
        ("https://bücher.example/cb", "write https://xn--bcher-kva.example/cb"),
        ("https://*.example.org/cb", "write each one out"),
        ("app.example.org/cb", "beginning with https://"),
        ("myapp:/cb", "org.example.app:/callback"),
        ("org.example.app:/cb", "cannot keep a secret"),
    ],
)
async def test_each_refusal_of_a_callback_says_what_to_write_instead(
    developer: Browser, uri: str, advice: str
) -> None:
    page = await register(developer, redirect_uris=uri)
    assert page.status_code == 400
    assert advice in page.text.partition('id="redirect_uris-error"')[2]


SHORT: Fields = {
    "scopes": ["openid", "offline_access"],
    "access_token_minutes": "5",
    "refresh_token_days": "3",
    "refresh_token_idle_days": "1",
}


async def test_a_client_may_want_shorter_lives_and_gets_them(
    clock: TestClock, developer: Browser, http: httpx.AsyncClient, browser: Browser
) -> None:
    await register(developer, SHORT)
    await set_secret(developer, "what-nobody-guesses-9381")
    await browser.sign_up("ada@example.org")
    scope = "openid offline_access"
    handler = Handler(http, "healthorg.myapp", scope, "what-nobody-guesses-9381")
    tokens = await obtain_tokens(handler, browser, scope=scope)
    assert tokens["expires_in"] == 300
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    clock.advance(minutes=5)
    assert (await http.get("/connect/userinfo", headers=bearer)).status_code == 401
    for _ in range(3):
        clock.advance(hours=23)
        answer = await refresh(handler, tokens["refresh_token"])
        tokens = answer.json()
        assert tokens["expires_in"] == 300
    clock.advance(hours=3)
    assert (await refresh(handler, tokens["refresh_token"])).json()["error"] == "invalid_grant"


async def test_a_refresh_token_ends_when_it_is_not_used(
    clock: TestClock, developer: Browser, http: httpx.AsyncClient, browser: Browser
) -> None:
    await register(developer, SHORT)
    await set_secret(developer, "what-nobody-guesses-9381")
    await browser.sign_up("ada@example.org")
    handler = Handler(http, "healthorg.myapp", "openid", "what-nobody-guesses-9381")
    tokens = await obtain_tokens(handler, browser, scope="openid offline_access")
    clock.advance(days=1)
    assert (await refresh(handler, tokens["refresh_token"])).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("value", ["61", "4", "0", "-5", "5.5", "x", "9" * 30, "\u0665"])
async def test_a_life_beyond_the_operators_bounds_is_refused(
    platform: Platform, developer: Browser, value: str
) -> None:
    page = await register(developer, access_token_minutes=value)
    assert page.status_code == 400
    assert 'id="access_token_minutes-error"' in page.text
    assert await load(platform, "healthorg.myapp") is None


async def test_tokens_are_bound_to_a_key_or_come_through_the_browser(developer: Browser) -> None:
    ticked = {"allows_front_channel_tokens": "yes", "dpop_bound_access_tokens": "yes"}
    page = await register(developer, grant_types="hybrid", **ticked)
    assert page.status_code == 400
    assert "bound to no key" in page.text
