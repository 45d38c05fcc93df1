"""Devices without a browser: RFC 8628."""

import asyncio
from typing import Any

import httpx
import pytest

from borvo.assembly import Platform
from borvo.identity.service.devices import DEVICES
from borvo.web.addresses import find_network
from tests.factories.clients import MYBP_SCOPES, SECRET, register_client
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.identity.aspnet import Handler
from tests.functional.identity.flows import call_userinfo, count, execute, refresh

GRANT = "urn:ietf:params:oauth:grant-type:device_code"
PAGE = "/account/device"


@pytest.fixture
async def device(platform: Platform, http: httpx.AsyncClient) -> Handler:
    """An app on a television, which keeps no secret."""
    client_id = await register_client(
        platform,
        "demo.scale",
        grant_types=["device_code"],
        scopes=[*MYBP_SCOPES, "offline_access"],
        redirect_uris=[],
        is_public=True,
        require_pkce=True,
    )
    return Handler(http, client_id, "openid email offline_access", secret="")


async def begin(device: Handler, **fields: str) -> dict[str, Any]:
    answer = await device.call("device_authorization_endpoint", **{"scope": device.scope, **fields})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def poll(device: Handler, begun: dict[str, Any], **fields: str) -> httpx.Response:
    return await device.request_token(grant_type=GRANT, device_code=begun["device_code"], **fields)


async def decide(
    browser: Browser, user_code: str, decision: str = "allow", **fields: list[str]
) -> httpx.Response:
    page = await browser.submit(await browser.open(PAGE), PAGE, user_code=user_code)
    return await browser.submit(page, f"{PAGE}/decision", decision=decision, **fields)


@pytest.mark.spec("RFC 8628", "3.2")
async def test_a_device_gets_a_code_for_itself_and_one_to_show(device: Handler) -> None:
    begun = await begin(device)
    assert begun["verification_uri"].endswith(PAGE)
    assert begun["user_code"] in begun["verification_uri_complete"]
    assert (begun["expires_in"], begun["interval"]) == (600, 5)
    assert begun["device_code"] not in begun["verification_uri_complete"]


@pytest.mark.spec("RFC 8628", "3.5")
async def test_a_person_lets_the_device_in(device: Handler, ada: Browser, clock: TestClock) -> None:
    begun = await begin(device)
    assert (await poll(device, begun)).json()["error"] == "authorization_pending"
    clock.advance(seconds=6)
    done = await decide(ada, begun["user_code"])
    assert "Your device is connected" in done.text
    answer = await poll(device, begun)
    assert answer.status_code == 200, answer.text
    tokens = answer.json()
    assert tokens["scope"] == "openid email offline_access"
    claims = await device.read_id_token(tokens["id_token"])
    assert (await call_userinfo(device.http, tokens["access_token"])).json()["sub"] == claims["sub"]
    assert (await refresh(device, tokens["refresh_token"])).status_code == 200


@pytest.mark.parametrize("typed", ["{}", " {} ", "{lower}", "{bare}"])
async def test_a_code_is_understood_as_people_type_it(device: Handler, ada: Browser, typed: str) -> None:
    code = (await begin(device))["user_code"]
    text = typed.format(code, lower=code.lower(), bare=code.replace("-", " "))
    assert "would like" in (await ada.submit(await ada.open(PAGE), PAGE, user_code=text)).text


async def test_a_code_in_the_address_is_filled_in_and_still_confirmed(device: Handler, ada: Browser) -> None:
    begun = await begin(device)
    path = begun["verification_uri_complete"].partition(PAGE)[2]
    page = await ada.open(PAGE + path)
    assert f'value="{begun["user_code"]}"' in page.text
    assert (await poll(device, begun)).json()["error"] == "authorization_pending"


@pytest.mark.spec("RFC 8628", "3.5")
async def test_a_decline_reaches_the_device(device: Handler, ada: Browser) -> None:
    begun = await begin(device)
    done = await decide(ada, begun["user_code"], "decline")
    assert "not connected" in done.text
    assert (await poll(device, begun)).json()["error"] == "access_denied"


async def test_what_the_person_unticks_the_device_does_not_get(device: Handler, ada: Browser) -> None:
    begun = await begin(device)
    await decide(ada, begun["user_code"], scope=["email"])
    tokens = (await poll(device, begun)).json()
    assert tokens["scope"] == "openid email"
    assert "refresh_token" not in tokens


@pytest.mark.spec("RFC 8628", "3.5")
async def test_a_device_that_asks_too_fast_is_slowed_down(device: Handler, clock: TestClock) -> None:
    begun = await begin(device)
    assert (await poll(device, begun)).json()["error"] == "authorization_pending"
    clock.advance(seconds=2)
    assert (await poll(device, begun)).json()["error"] == "slow_down"
    clock.advance(seconds=6)
    assert (await poll(device, begun)).json()["error"] == "slow_down"
    clock.advance(seconds=16)
    assert (await poll(device, begun)).json()["error"] == "authorization_pending"


@pytest.mark.spec("RFC 8628", "3.5")
async def test_codes_expire(device: Handler, ada: Browser, clock: TestClock) -> None:
    begun = await begin(device)
    clock.advance(minutes=10)
    page = await ada.submit(await ada.open(PAGE), PAGE, user_code=begun["user_code"])
    assert page.status_code == 400
    assert 'id="user_code-error"' in page.text
    assert (await poll(device, begun)).json()["error"] == "expired_token"


async def test_of_fifty_parallel_polls_one_gets_the_tokens(device: Handler, ada: Browser) -> None:
    begun = await begin(device)
    await decide(ada, begun["user_code"])
    answers = await asyncio.gather(*(poll(device, begun) for _ in range(50)))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 49
    assert {each.json()["error"] for each in answers if each.status_code == 400} == {"invalid_grant"}


async def test_a_device_code_belongs_to_its_client(device: Handler, platform: Platform, ada: Browser) -> None:
    begun = await begin(device)
    await decide(ada, begun["user_code"])
    other = await register_client(platform, "demo.other", grant_types=["device_code"], is_public=True)
    assert (await poll(device, begun, client_id=other)).json()["error"] == "invalid_grant"
    assert (await poll(device, {"device_code": "invented"})).json()["error"] == "invalid_grant"
    assert (await poll(device, {"device_code": ""})).json()["error"] == "invalid_request"
    assert (await poll(device, begun)).status_code == 200


async def test_a_device_must_be_registered_for_it(device: Handler, platform: Platform) -> None:
    web = await register_client(platform, "demo.web")
    answer = await device.call(
        "device_authorization_endpoint", client_id=web, client_secret="wrong", scope="openid"
    )
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    public = await register_client(platform, "demo.native", is_public=True)
    answer = await device.call("device_authorization_endpoint", client_id=public, scope="openid")
    assert answer.json()["error"] == "unauthorized_client"
    answer = await device.call("device_authorization_endpoint", scope="openid read.nonsense")
    assert answer.json()["error"] == "invalid_scope"


async def test_two_decisions_on_one_code_are_one(device: Handler, ada: Browser) -> None:
    begun = await begin(device)
    page = await ada.submit(await ada.open(PAGE), PAGE, user_code=begun["user_code"])
    first = await ada.submit(page, f"{PAGE}/decision", decision="decline")
    second = await ada.submit(page, f"{PAGE}/decision", decision="allow")
    assert (first.status_code, second.status_code) == (200, 400)
    assert (await poll(device, begun)).json()["error"] == "access_denied"


async def test_who_takes_the_persons_place_while_she_is_asked_lets_no_device_in(
    device: Handler, ada: Browser
) -> None:
    begun = await begin(device)
    page = await ada.submit(await ada.open(PAGE), PAGE, user_code=begun["user_code"])
    await ada.submit(await ada.open("/account/sessions"), "/account/sign-out")
    await ada.sign_up("grace@example.org", given_name="Grace")
    asked = await ada.submit(page, f"{PAGE}/decision", decision="allow")
    assert "grace@example.org" in asked.text
    assert (await poll(device, begun)).json()["error"] == "authorization_pending"


@pytest.mark.spec("RFC 8628", "5.1")
async def test_codes_cannot_be_guessed_for_long(device: Handler, ada: Browser) -> None:
    page = await ada.open(PAGE)
    for _ in range(20):
        await ada.submit(page, PAGE, user_code="BBBB-BBBB")
    begun = await begin(device)
    refused = await ada.submit(page, PAGE, user_code=begun["user_code"])
    assert refused.status_code == 400
    assert "Too many attempts" in refused.text


async def test_the_page_asks_to_sign_in_first(browser: Browser) -> None:
    assert "/account/sign-in" in str((await browser.open(PAGE + "?user_code=BCDF-GHJK")).url)


async def test_a_consent_withdrawn_before_the_device_asks_counts_as_declined(
    device: Handler, platform: Platform, ada: Browser
) -> None:
    begun = await begin(device)
    await decide(ada, begun["user_code"])
    await execute(platform, "update consent set withdrawn_at = now(), version = version + 1")
    assert (await poll(device, begun)).json()["error"] == "access_denied"


async def test_nobody_fills_the_database_with_devices(
    device: Handler, platform: Platform, clock: TestClock
) -> None:
    network = find_network("127.0.0.1")
    for _ in range(DEVICES.attempts):
        await platform.identity.limiter.spend(DEVICES, network, clock())
    refused = await device.call("device_authorization_endpoint", scope="openid")
    assert (refused.status_code, refused.json()["error"]) == (429, "temporarily_unavailable")
    assert int(refused.headers["retry-after"]) > 0
    assert await count(platform, "device_authorization") == 0
    trusted = await register_client(platform, "demo.trusted", grant_types=["device_code"])
    known = {"client_id": trusted, "client_secret": SECRET}
    assert (await device.call("device_authorization_endpoint", scope="openid", **known)).status_code == 200
    clock.advance(minutes=15)
    await begin(device)
