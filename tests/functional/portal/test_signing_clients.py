"""Apps that sign: what the portal keeps of their secrets, and what it tells their developers."""

import json
import re
from dataclasses import replace
from html import unescape

import httpx
import pytest
from joserfc.jwk import OctKey

from borvo.assembly import Platform
from borvo.storage.sealing import Keyring
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.identity.assertions import EC, Signer, write_key_set
from tests.functional.portal.drives import WORKS, drive, read_text
from tests.functional.portal.journeys import Fields, load_present, register
from tests.functional.portal.registrations import Registrar, create_initial_token
from tests.functional.portal.secrets import CLIENT, OWN, PAGE, generate, obtain_token
from tests.functional.portal.teams import post

DETAILS = f"/portal/clients/{CLIENT}"
SERVICE: Fields = {"grant_types": "client_credentials", "scopes": ["agency_api"], "redirect_uris": ""}
SIGNING: Fields = {**SERVICE, "token_endpoint_auth_method": "client_secret_jwt"}
KEYED: Fields = {**SERVICE, "token_endpoint_auth_method": "private_key_jwt", "jwks": write_key_set(e=EC)}


async def change(browser: Browser, **fields: str) -> httpx.Response:
    return await browser.submit(await browser.open(DETAILS), DETAILS, **fields)


def build_signer(platform: Platform, http: httpx.AsyncClient, secret: str) -> Signer:
    return Signer(platform, http, CLIENT, OctKey.import_key(secret), "HS256", "")


async def test_an_app_that_signs_with_its_secret_gets_one_that_can(
    developer: Browser, platform: Platform, http: httpx.AsyncClient
) -> None:
    await register(developer, SIGNING)
    _, secret = await generate(developer)
    assert (await build_signer(platform, http, secret).ask()).status_code == 200
    assert (await obtain_token(http, secret)).status_code == 401


async def test_a_secret_is_kept_openable_for_apps_that_sign_with_it_and_no_others(
    developer: Browser, platform: Platform, clock: TestClock
) -> None:
    await register(developer, SERVICE)
    await generate(developer)
    assert [stored.sealed for stored in (await load_present(platform, CLIENT)).secrets] == [None]
    await change(developer, token_endpoint_auth_method="client_secret_jwt")
    clock.advance(seconds=1)
    _, secret = await generate(developer)
    former, latest = (await load_present(platform, CLIENT)).secrets
    assert former.sealed is None
    assert latest.sealed is not None
    assert secret.encode() not in latest.sealed
    foreign = replace(platform.portal.vault, keyring=Keyring(b"x" * 32))
    client = await load_present(platform, CLIENT)
    assert foreign.open(client.client_key, latest) is None
    opened = platform.portal.vault.open(client.client_key, latest)
    assert opened is not None
    assert opened.reveal() == secret


async def test_who_changes_to_signing_needs_a_new_secret_and_is_told_so(
    developer: Browser, platform: Platform, http: httpx.AsyncClient
) -> None:
    await register(developer, SERVICE)
    _, former = await generate(developer)
    page = await change(developer, token_endpoint_auth_method="client_secret_jwt")
    assert page.status_code == 200
    assert (await build_signer(platform, http, former).ask()).status_code == 401
    assert "Generate a new one" in read_text(await developer.open(PAGE))
    _, latest = await generate(developer)
    assert (await build_signer(platform, http, latest).ask()).status_code == 200


async def test_who_changes_away_from_signing_keeps_the_secret_and_nothing_that_opens(
    developer: Browser, platform: Platform, http: httpx.AsyncClient
) -> None:
    await register(developer, SIGNING)
    _, secret = await generate(developer)
    await change(developer, token_endpoint_auth_method="secret")
    assert [stored.sealed for stored in (await load_present(platform, CLIENT)).secrets] == [None]
    assert (await obtain_token(http, secret)).status_code == 200
    assert (await build_signer(platform, http, secret).ask()).status_code == 401


async def test_an_app_that_signs_cannot_have_a_secret_of_the_developers_choice(developer: Browser) -> None:
    await register(developer, SIGNING)
    assert f"{PAGE}/own" not in (await developer.open(PAGE)).text
    sent = await post(developer, f"{PAGE}/own", secret=OWN)
    assert sent.status_code == 400
    assert "has to be a generated one" in sent.text


@pytest.mark.parametrize("fields", [SIGNING, KEYED])
async def test_a_test_drive_needs_neither_key_nor_secret_of_the_app(
    developer: Browser, fields: Fields
) -> None:
    await register(developer, fields)
    page = await drive(developer)
    assert WORKS in page.text, read_text(page)


def write_private() -> str:
    return json.dumps({"keys": [EC.as_dict(private=True)]})


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"jwks": ""}, "token_endpoint_auth_method", "Enter the app's public keys below"),
        ({"jwks": write_private()}, "jwks", "Key 1: This holds the private part"),
        ({"jwks": '{"keys": [{"kty": "oct", "k": "AA"}]}'}, "jwks", "Key 1: This is a symmetric key"),
        ({"jwks": "not json"}, "jwks", "This is not JSON"),
        ({"jwks_uri": "https://a.example/jwks"}, "jwks", "or their address, not both"),
        ({"jwks": "", "jwks_uri": "http://a.example/jwks"}, "jwks_uri", "localhost only"),
        (
            {"is_public": "yes", "grant_types": "device_code"},
            "token_endpoint_auth_method",
            "keep no key either",
        ),
    ],
)
async def test_a_key_that_cannot_be_used_is_refused_beside_its_field(
    developer: Browser, platform: Platform, fields: Fields, field: str, words: str
) -> None:
    page = await register(developer, KEYED, **fields)
    assert page.status_code == 400
    found = re.search(rf'id="{field}-error">(.*?)</div></div>', page.text, re.DOTALL)
    assert found
    assert words in unescape(found[1])
    assert await platform.database.pool.fetchval("select count(*) from client") == 0


async def test_an_app_with_a_key_is_told_nowhere_that_it_lacks_a_secret(developer: Browser) -> None:
    page = await register(developer, KEYED)
    assert "The app needs no secret." in page.text
    details = await developer.open(f"{DETAILS}?tab=advanced")
    assert "Key <code>e</code>, for ES256" in details.text
    secrets = await developer.open(PAGE)
    assert "so it needs no secret" in read_text(secrets)
    assert f'action="{PAGE}"' not in secrets.text
    assert "signs with a key" in (await developer.open("/portal")).text
    assert "Set a secret" not in (await developer.open("/portal")).text
    state = read_text(await developer.open(f"{DETAILS}/state"))
    assert "There are public keys to know the app by" in state
    assert "There is a secret" not in state
    start = read_text(await developer.open(f"{DETAILS}/start"))
    assert "this client signs instead" in start
    assert "CLIENT_SECRET" not in start
    refused = await post(developer, PAGE, label="", days="")
    assert refused.status_code == 400
    assert "needs no secret" in refused.text


async def test_after_saving_an_app_that_signs_is_asked_for_a_secret_that_can(developer: Browser) -> None:
    await register(developer, SERVICE)
    await generate(developer)
    saved = await change(developer, token_endpoint_auth_method="client_secret_jwt")
    assert "none of before can sign" in read_text(saved)
    await generate(developer)
    assert "none of before can sign" not in read_text(await change(developer, description="New"))


async def test_a_program_that_registers_an_app_gets_a_secret_that_signs(
    developer: Browser, platform: Platform, http: httpx.AsyncClient
) -> None:
    registrar = Registrar(http, await create_initial_token(developer))
    service = {"grant_types": ["client_credentials"], "scope": "agency_api", "redirect_uris": []}
    told = await registrar.register(**service, token_endpoint_auth_method="client_secret_jwt")
    signer = replace(build_signer(platform, http, told["client_secret"]), client_id=told["client_id"])
    assert (await signer.ask()).status_code == 200
    keys = {"jwks": json.loads(write_key_set(e=EC))}
    await registrar.replace(**service, **keys, token_endpoint_auth_method="private_key_jwt")
    assert (await replace(signer, key=EC, algorithm="ES256", kid="e").ask()).status_code == 200
    assert (await signer.ask()).status_code == 401
    # The former secret cannot be had back, so there is another.
    again = (await registrar.replace(**service, token_endpoint_auth_method="client_secret_jwt")).json()
    assert (await signer.ask()).status_code == 401
    latest = replace(build_signer(platform, http, again["client_secret"]), client_id=told["client_id"])
    assert (await latest.ask()).status_code == 200
