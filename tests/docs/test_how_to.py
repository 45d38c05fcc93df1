"""The recipes for developers of apps, done as they say, against the demo."""

import asyncio
import json
import re
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from borvo.cli.demo_data import CLIENTS, DEVELOPER, PASSWORD
from borvo.portal.public import GrantType
from tests.docs.recipes import FOLDER, Recipe
from tests.functional.browser import Browser, read_forms
from tests.functional.identity.test_session_ends import Party, serve_party

PERSON = "patient2@demo.test"
CODE_PLACE = "the-code-from-the-address"

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


async def allow(browser: Browser, address: str) -> str:
    """The code that the app gets; whoever is signed in is asked, or was before."""
    page = await browser.open(address)
    if any(form.action.startswith("/account/sign-in") for form in read_forms(page.text)):
        page = await browser.submit(page, "/account/sign-in", email=PERSON, password=PASSWORD)
    if not page.is_redirect:
        page = await browser.submit(page, "/connect/authorize/decision", decision="allow")
    return parse_qs(urlsplit(page.headers["location"]).query)["code"][0]


async def test_access_is_kept_and_ends_as_the_page_says(demo: str, browser: Browser, tmp_path: Path) -> None:
    recipe = Recipe("keep-access", demo, tmp_path)
    code = await allow(browser, (await recipe.run("client")).strip())
    await recipe.run("code", CODE_PLACE, code)
    await recipe.run("refresh")
    assert (await recipe.run("reuse")).count('"invalid_grant"') == 2
    assert (await recipe.run("revoke")).strip() == "{}"
    assert not recipe.waiting


async def test_a_request_is_pushed_as_the_page_says(demo: str, browser: Browser, tmp_path: Path) -> None:
    recipe = Recipe("push-a-request", demo, tmp_path)
    await recipe.run("push")
    code = await allow(browser, (await recipe.run("address")).strip())
    assert (await recipe.run("code", CODE_PLACE, code)).strip() == "openid email"
    assert not recipe.waiting


REGISTRATION = "/portal/tenancies/demo/registration"


async def test_a_program_registers_a_client_as_the_page_says(
    demo: str, browser: Browser, tmp_path: Path
) -> None:
    recipe = Recipe("register-clients-by-program", demo, tmp_path)
    await browser.sign_in(DEVELOPER, PASSWORD)
    page = await browser.submit(await browser.open(REGISTRATION), REGISTRATION, label="installer", most="1")
    found = re.search(r'id="created-token">([^<]+)<', page.text)
    assert found
    told = await recipe.run("register", "the-token-that-the-page-showed", found[1])
    assert re.fullmatch(r"demo\.[0-9a-z]{20}\n", told)
    assert "openid" in await recipe.run("read")
    assert (await recipe.run("change")).strip() == "Shop of the corner"
    assert (await recipe.run("delete")).strip() == "204"


async def test_a_token_is_bound_to_a_key_as_the_page_says(demo: str, tmp_path: Path) -> None:
    recipe = Recipe("bind-tokens-to-a-key", demo, tmp_path)
    (tmp_path / "bound.py").write_text(recipe.read("client"))
    assert (await recipe.run("call")).split() == ["DPoP", "200", "401"]
    assert not recipe.waiting


async def test_a_client_proves_itself_with_a_key_as_the_page_says(
    demo: str, browser: Browser, tmp_path: Path
) -> None:
    recipe = Recipe("authenticate-with-a-key", demo, tmp_path)
    (tmp_path / "make_key.py").write_text(recipe.read("key"))
    (tmp_path / "robot.py").write_text(recipe.read("client"))
    token = await make_token(browser, ["clients:write"])
    await recipe.run("register", "the-token-that-the-page-showed", token)
    assert (await recipe.run("call")).split() == ["agency_api", "agency_api"]
    assert not recipe.waiting


async def test_a_device_is_connected_as_the_page_says(demo: str, browser: Browser, tmp_path: Path) -> None:
    recipe = Recipe("connect-a-device", demo, tmp_path)
    words = (await recipe.run("begin")).split()
    assert words[2] == f"{demo}/account/device"
    assert json.loads(await recipe.run("poll"))["error"] == "authorization_pending"
    interval = asyncio.create_task(asyncio.sleep(5))
    await browser.sign_in(PERSON, PASSWORD)
    page = await browser.submit(await browser.open(words[2]), "/account/device", user_code=words[-1])
    await browser.submit(page, "/account/device/decision", decision="allow")
    await interval
    assert json.loads(await recipe.run("poll"))["scope"] == "openid offline_access write.body_mass"
    assert not recipe.waiting


WORKER = "/portal/clients/demo.worker/secret"


async def generate_for_worker(browser: Browser) -> str:
    await browser.sign_in(DEVELOPER, PASSWORD)
    page = await browser.submit(await browser.open(WORKER), WORKER)
    found = re.search(r'id="generated-secret">([^<]+)<', page.text)
    assert found
    return found[1]


async def remove_first(browser: Browser) -> None:
    """The one that the demo began with."""
    found = re.search(rf"{WORKER}/[0-9a-f-]+/removal", (await browser.open(WORKER)).text)
    assert found
    await browser.submit(await browser.open(found[0]), found[0])


async def test_a_secret_is_changed_and_reported_as_the_page_says(
    demo: str, browser: Browser, tmp_path: Path
) -> None:
    recipe = Recipe("change-a-secret", demo, tmp_path)
    assert (await recipe.run("before")).split() == ["200"]
    new = await generate_for_worker(browser)
    assert (await recipe.run("both", "the-secret-that-the-page-showed", new)).split() == ["200", "200"]
    await remove_first(browser)
    assert (await recipe.run("after")).split() == ["401"]
    assert (await recipe.run("report")).split() == ['{"status":"received"}401']
    # Other pages use the demo as it began.
    secret = next(client.secret for client in CLIENTS if client.client_id == "demo.worker")
    page = await browser.submit(await browser.open(WORKER), f"{WORKER}/own", secret=secret)
    assert "Your secret is set" in page.text
    # Tokens of a reported secret are void, and so are those of the next moments.
    form = {"grant_type": "client_credentials", "client_id": "demo.worker", "client_secret": secret}
    async with httpx.AsyncClient(base_url=demo) as http:
        for _ in range(600):
            token = (await http.post("/connect/token", data=form)).json()["access_token"]
            bearer = {"Authorization": f"Bearer {token}"}
            if (await http.get("/agency/v1/claims", headers=bearer)).status_code == 200:
                break
            await asyncio.sleep(0.05)
    assert not recipe.waiting


TOKENS = "/portal/tenancies/demo/tokens"


async def make_token(browser: Browser, scopes: list[str]) -> str:
    await browser.sign_in(DEVELOPER, PASSWORD)
    page = await browser.submit(await browser.open(TOKENS), TOKENS, label="pipeline", scopes=scopes)
    found = re.search(r'id="created-token">([^<]+)<', page.text)
    assert found
    return found[1]


async def test_clients_are_managed_from_ci_as_the_page_says(
    demo: str, browser: Browser, tmp_path: Path
) -> None:
    recipe = Recipe("manage-clients-from-ci", demo, tmp_path)
    token = await make_token(browser, ["clients:write", "secrets:write"])
    listed = json.loads(await recipe.run("token", "the-token-that-the-page-showed", token))
    assert "demo.shop" not in {client["client_id"] for client in listed}
    assert "demo.shop: register" in await recipe.run("file")
    assert (await recipe.run("apply")).endswith("demo.shop: saved\nNothing to change.\n")
    await recipe.run("secret")
    assert '"state": "disabled"' in await recipe.run("change")
    assert await recipe.run("curl") == "412\n"
    assert json.loads((tmp_path / "shop.json").read_text())["details"]["description"] == "Sells things."
    assert "display_name" not in json.loads((tmp_path / "refused.json").read_text())["yours"]
    assert not recipe.waiting


async def register_address(browser: Browser, party: Party) -> None:
    """The developer enters the back-channel address of the app."""
    await browser.sign_in(DEVELOPER, PASSWORD)
    page = await browser.open("/portal/clients/demo.code")
    saved = await browser.submit(page, "/portal/clients/demo.code", backchannel_logout_uri=party.url)
    assert "Saved." in saved.text
    browser.client.cookies.clear()


async def obtain_id_token(demo: str, browser: Browser, folder: Path) -> str:
    """By the commands of the page about keeping access, whose answer holds one too."""
    recipe = Recipe("keep-access", demo, folder)
    code = await allow(browser, (await recipe.run("client")).strip())
    told = await recipe.run("code", f"{CODE_PLACE}\n", f"{code}\n")
    assert told == ""
    answer = folder / "tokens.json"
    return str(json.loads(answer.read_text())["id_token"])


async def test_signing_out_goes_back_and_tells_the_app(demo: str, browser: Browser, tmp_path: Path) -> None:
    recipe = Recipe("sign-people-out", demo, tmp_path)
    async with serve_party() as party:
        await register_address(browser, party)
        hint = await obtain_id_token(demo, browser, tmp_path)
        address = (await recipe.run("leave", "the-id-token", hint)).strip()
        left = await browser.open(address)
        assert left.headers["location"] == "http://localhost:5001/signout-callback-oidc?state=s"
        for _ in range(200):
            if party.told:
                break
            await asyncio.sleep(0.05)
    (token,) = party.told[0][1]["logout_token"]
    jwks = (await browser.client.get("/.well-known/openid-configuration/jwks")).json()
    await check_reading(recipe.read("read"), token, hint, jwks, demo)
    assert not recipe.waiting


async def check_reading(source: str, token: str, hint: str, jwks: dict[str, Any], issuer: str) -> None:
    names: dict[str, Any] = {}
    exec(source, names)  # noqa: S102  (the page's own sample)
    read = names["read_logout_token"]
    keys = KeySet.import_key_set(jwks)  # type: ignore[arg-type]
    expected = jwt.decode(hint, keys, algorithms=["RS256"]).claims
    now = jwt.decode(token, keys, algorithms=["RS256"]).claims["iat"]
    assert read(token, jwks, issuer, "demo.code", now) == (expected["sub"], expected["sid"])
    for wrong in (
        (hint, jwks, issuer, "demo.code", now),
        (token, jwks, "https://other.example", "demo.code", now),
        (token, jwks, issuer, "demo.mybp", now),
        (token, jwks, issuer, "demo.code", now + 3600),
        (token, {"keys": [RSAKey.generate_key(2048).as_dict(private=False)]}, issuer, "demo.code", now),
    ):
        with pytest.raises(Exception, match=r"."):
            read(*wrong)


def test_the_page_on_flows_names_a_client_of_the_demo_for_each() -> None:
    text = (FOLDER / "choose-a-flow.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ") and "`demo." in line]
    clients = {client.client_id: client for client in CLIENTS}
    words = {
        GrantType.AUTHORIZATION_CODE: "Authorization code",
        GrantType.HYBRID: "Hybrid",
        GrantType.IMPLICIT: "Implicit",
        GrantType.DEVICE_CODE: "Device code",
        GrantType.CLIENT_CREDENTIALS: "Client credentials",
    }
    assert len(rows) == 7
    for row in rows:
        _, _, grant_type, settings, name, _ = (cell.strip() for cell in row.split("|"))
        client = clients[name.strip("`")]
        assert words[client.grant_type] == grant_type
        assert ("cannot keep a secret" in settings) is client.is_public
        assert ("through the browser" in settings) is client.allows_front_channel_tokens


async def test_what_the_demos_portal_shows_is_what_the_page_says(demo: str) -> None:
    """The words in quotes and italics are those of the portal's pages."""
    async with httpx.AsyncClient(base_url=demo) as http:
        browser = Browser(http)
        await browser.sign_in(DEVELOPER, PASSWORD)
        page = (await browser.open("/portal/clients/new")).text
    for words in ("This app cannot keep a secret", "Access tokens may come through the browser"):
        assert words in page
    for words in ("Post-logout URL", "Front-channel logout URL", "Back-channel logout URL", "Advanced"):
        assert words in page
