"""The test drive: every kind of client, its real flow, and the mistakes that a developer may make."""

import re

import httpx
import msgspec
import pytest

from borvo.assembly import Platform, build_platform
from borvo.portal.public import create_tenancy
from borvo.settings import Settings
from tests.functional.application import build_app_for
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock, reuse_keys
from tests.functional.portal.drives import NOTICED, PAGE, SERVICE, WORKS, drive, read_text
from tests.functional.portal.journeys import Fields, register


@pytest.mark.parametrize(
    ("fields", "flow"),
    [
        ({}, "code id_token"),
        ({}, "code"),
        ({"allows_front_channel_tokens": "yes"}, "code token"),
        ({"allows_front_channel_tokens": "yes"}, "code id_token token"),
        ({"grant_types": "authorization_code", "signing_algorithm": "EdDSA"}, "code"),
        ({"grant_types": "authorization_code", "access_token_format": "opaque"}, "code"),
        ({"grant_types": "authorization_code", "is_public": "yes"}, "code"),
        (
            {
                "grant_types": "authorization_code",
                "is_public": "yes",
                "access_token_format": "opaque",
                "redirect_uris": "org.example.app:/callback",
                "scopes": ["openid", "offline_access"],
            },
            "code",
        ),
        ({"grant_types": "authorization_code", "scopes": ["openid", "offline_access"]}, "code"),
        (
            {
                "grant_types": "authorization_code",
                "is_public": "yes",
                "scopes": ["openid", "offline_access"],
                "dpop_bound_access_tokens": "yes",
            },
            "code",
        ),
        ({"grant_types": "device_code", "is_public": "yes", "redirect_uris": ""}, "device_code"),
        (
            {"grant_types": "device_code", "redirect_uris": "", "scopes": ["openid", "offline_access"]},
            "device_code",
        ),
        ({"grant_types": "implicit"}, "id_token"),
        (
            {"grant_types": "implicit", "is_public": "yes", "allows_front_channel_tokens": "yes"},
            "id_token token",
        ),
        ({"grant_types": "client_credentials", "scopes": "agency_api"}, "client_credentials"),
        (
            {
                "grant_types": "client_credentials",
                "scopes": "agency_api",
                "access_token_format": "opaque",
                "dpop_bound_access_tokens": "yes",
            },
            "client_credentials",
        ),
        (
            {"grant_types": "client_credentials", "scopes": "agency_api", "access_token_format": "opaque"},
            "client_credentials",
        ),
    ],
)
async def test_every_kind_of_client_is_driven_to_the_end(
    developer: Browser, fields: Fields, flow: str
) -> None:
    assert "Registered" in (await register(developer, fields)).text
    page = await drive(developer, flow=flow)
    assert page.status_code == 200
    assert WORKS in page.text, read_text(page)
    assert ">Failed<" not in page.text
    assert page.headers["cache-control"] == "no-store"
    # Whatever a client can keep, the page does not tell.
    assert "borvo_cs_" not in page.text


DEVICE: Fields = {"grant_types": "device_code", "redirect_uris": ""}
CODE: Fields = {"grant_types": "authorization_code", "require_pkce": "yes"}


@pytest.mark.parametrize(
    ("fields", "mistake", "words"),
    [
        (CODE, "redirect_uri", "sent a redirect_uri that is not registered for it"),
        (CODE, "scope", "invalid_scope"),
        (CODE, "declined", "access_denied"),
        (CODE, "no_challenge", "invalid_request"),
        (CODE, "verifier", "invalid_grant"),
        (CODE, "secret", "invalid_client"),
        (CODE, "reused_code", "invalid_grant"),
        ({"grant_types": "hybrid"}, "reused_code", "invalid_grant"),
        ({"grant_types": "implicit"}, "scope", "invalid_scope"),
        (DEVICE, "scope", "invalid_scope"),
        (DEVICE, "declined", "access_denied"),
        (DEVICE, "secret", "invalid_client"),
        (SERVICE, "scope", "invalid_scope"),
        (SERVICE, "secret", "invalid_client"),
    ],
)
async def test_a_mistake_meets_the_error_that_an_app_meets(
    developer: Browser, platform: Platform, fields: Fields, mistake: str, words: str
) -> None:
    await register(developer, fields)
    page = await drive(developer, mistake)
    assert NOTICED in page.text, read_text(page)
    assert words in read_text(page)
    await platform.identity.refusals.flush(platform.database)
    number = re.search(r'/requests\?q=([0-9a-f]{16})"', page.text)
    assert number
    found = await developer.open(f"/portal/clients/healthorg.myapp/requests?q={number[1]}")
    # That a person declines is no fault of the app, so it is no failed request.
    assert found.text.count("list-group-item") == (mistake != "declined")


@pytest.mark.parametrize("grant_type", ["authorization_code", "device_code"])
async def test_an_app_that_keeps_its_access_is_seen_to_refresh_it(
    developer: Browser, grant_type: str
) -> None:
    await register(developer, grant_types=grant_type, scopes=["openid", "offline_access"])
    text = read_text(await drive(developer))
    assert "The refresh token, looked at" in text
    assert "A new refresh token came" in text
    # Both answers, and what was sent for the second.
    assert len(set(re.findall(r'"refresh_token": "([^"]+)"', text))) == 2


async def test_a_mistake_that_the_flow_has_no_room_for_is_refused(developer: Browser) -> None:
    await register(developer, grant_types="implicit")
    page = await drive(developer, "reused_code", "id_token")
    assert page.status_code == 400
    assert "there is no such mistake to make" in page.text


@pytest.mark.parametrize("missing", ["flow", "mistake"])
async def test_what_is_not_chosen_is_asked_for(developer: Browser, missing: str) -> None:
    await register(developer)
    page = await developer.submit(await developer.open(PAGE), PAGE, **{missing: "anything"})
    assert page.status_code == 400
    assert "Choose what to" in page.text


async def test_an_address_that_is_not_the_clients_is_refused(developer: Browser) -> None:
    await register(developer)
    page = await developer.submit(await developer.open(PAGE), PAGE, callback="https://elsewhere.example/cb")
    assert page.status_code == 400
    assert "elsewhere.example" not in page.text


async def test_an_instance_on_https_is_driven_with_its_own_kind_of_cookies(
    platform: Platform, settings: Settings, clock: TestClock
) -> None:
    safe = msgspec.structs.replace(settings, issuer="https://borvo.example")
    passwords = platform.accounts.passwords
    other = build_platform(safe, clock=clock, passwords=passwords, generate=reuse_keys())
    await other.database.open()
    transport = httpx.ASGITransport(app=build_app_for(other, "https"))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=safe.issuer) as client:
        browser = Browser(client)
        await browser.sign_up("grace@example.org")
        await create_tenancy(other.portal, "grace@example.org", "healthorg")
        await register(browser)
        assert WORKS in (await drive(browser)).text
    await other.database.close()


async def test_a_drive_is_told_in_the_language_of_its_developer(developer: Browser) -> None:
    await register(developer, CODE)
    developer.client.headers["Accept-Language"] = "fr"
    assert "Le client fonctionne tel qu\u2019il est enregistr\u00e9" in read_text(await drive(developer))
    text = read_text(await drive(developer, "redirect_uri"))
    assert "URL de retour erron\u00e9e\u00a0: Borvo l\u2019a remarqu\u00e9" in text
    # The page that the sandbox person saw.
    assert "n\u2019est pas enregistr\u00e9e pour elle" in text
