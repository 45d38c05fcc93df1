"""Apps that sign: what the portal keeps of their secrets, and what it tells their developers."""

from dataclasses import replace

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
