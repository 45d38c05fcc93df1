"""Tokens that are narrowed to some APIs: RFC 8707, RFC 9068 4."""

from typing import Any

import httpx
import pytest

from borvo.assembly import Platform
from tests.factories.clients import register_client
from tests.functional.browser import Browser
from tests.functional.conftest import ISSUER
from tests.functional.identity.aspnet import Handler, read_redirect
from tests.functional.identity.flows import (
    CODE_FLOW,
    call_userinfo,
    obtain_code,
    obtain_tokens,
    reach_answer,
    refresh,
    register_lasting,
)

SAMPLES = f"{ISSUER}/sample/v1"
AGENCY = f"{ISSUER}/agency/v1"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


async def read_audience(handler: Handler, answer: httpx.Response | dict[str, Any]) -> object:
    tokens = answer if isinstance(answer, dict) else answer.json()
    assert "access_token" in tokens, tokens
    return (await handler.read_id_token(tokens["access_token"]))["aud"]


async def call(http: httpx.AsyncClient, path: str, token: str) -> int:
    return (await http.get(path, headers={"Authorization": f"Bearer {token}"})).status_code


@pytest.mark.spec("RFC 8707", "2.1")
async def test_a_token_for_one_api_opens_that_api_only(handler: Handler, ada: Browser) -> None:
    token = (await obtain_tokens(handler, ada, resource=SAMPLES))["access_token"]
    assert await read_audience(handler, {"access_token": token}) == SAMPLES
    opened = "/sample/v1?types=blood_pressure&types=blood_pressure_systolic&types=blood_pressure_diastolic"
    assert await call(handler.http, opened, token) == 200
    for path in ("/connect/userinfo", "/agency/v1/claims", "/organizations/v1/membership"):
        assert await call(handler.http, path, token) == 401
    whole = (await obtain_tokens(handler, ada, resource=ISSUER))["access_token"]
    assert await read_audience(handler, {"access_token": whole}) == ISSUER
    assert (await call_userinfo(handler.http, whole)).status_code == 200


@pytest.mark.spec("RFC 8707", "2.2")
async def test_redemption_and_refresh_narrow_and_never_widen(
    platform: Platform, http: httpx.AsyncClient, ada: Browser
) -> None:
    handler = await register_lasting(platform, http)
    code = await obtain_code(handler, ada, resource=SAMPLES)
    refused = await handler.redeem(code, resource=AGENCY)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_target")
    # A mistake about the resource does not use up the code.
    tokens = (await handler.redeem(code)).json()
    assert await read_audience(handler, tokens) == SAMPLES
    widened = await refresh(handler, tokens["refresh_token"], resource=ISSUER)
    assert widened.json()["error"] == "invalid_target"
    refreshed = await refresh(handler, tokens["refresh_token"])
    assert await read_audience(handler, refreshed) == SAMPLES
    whole = await handler.redeem(await obtain_code(handler, ada), resource=AGENCY)
    assert await read_audience(handler, whole) == AGENCY
    # The family was granted everything, so that each refresh narrows anew.
    again = await refresh(handler, whole.json()["refresh_token"], resource=SAMPLES)
    assert await read_audience(handler, again) == SAMPLES


@pytest.mark.spec("RFC 8707", "2")
async def test_several_resources_are_several_audiences(handler: Handler, ada: Browser) -> None:
    await reach_answer(handler, ada)
    url = await handler.build_authorization_url(**CODE_FLOW)
    answer = await ada.open(f"{url}&resource={SAMPLES}&resource={AGENCY}")
    tokens = (await handler.redeem(read_redirect(answer)["code"])).json()
    assert await read_audience(handler, tokens) == [SAMPLES, AGENCY]
    described = (await handler.call("introspection_endpoint", token=tokens["access_token"])).json()
    assert set(described["aud"]) == {SAMPLES, AGENCY}


@pytest.mark.spec("RFC 8707", "2")
async def test_a_resource_that_is_not_here_is_refused_everywhere(handler: Handler, ada: Browser) -> None:
    unknown = "https://elsewhere.example/api"
    url = await handler.build_authorization_url(**CODE_FLOW, resource=unknown)
    assert read_redirect(await ada.open(url))["error"] == "invalid_target"
    pushed = await handler.call(
        "pushed_authorization_request_endpoint",
        response_type="code",
        redirect_uri=handler.redirect_uri,
        scope="openid",
        resource=unknown,
    )
    assert (pushed.status_code, pushed.json()["error"]) == (400, "invalid_target")
    code = await obtain_code(handler, ada)
    assert (await handler.redeem(code, resource=unknown)).json()["error"] == "invalid_target"


async def test_services_and_devices_name_resources_too(
    platform: Platform, http: httpx.AsyncClient, ada: Browser
) -> None:
    service = await register_client(
        platform,
        "demo.service",
        grant_types=["client_credentials"],
        scopes=["agency_api"],
        access_token_format="opaque",
    )
    worker = Handler(http, service, "agency_api")
    answer = await worker.request_token(grant_type="client_credentials", resource=AGENCY)
    described = (await worker.call("introspection_endpoint", token=answer.json()["access_token"])).json()
    assert described["aud"] == AGENCY
    assert await call(http, "/organizations/v1/membership", answer.json()["access_token"]) == 401
    wrong = await worker.request_token(grant_type="client_credentials", resource="https://elsewhere.example")
    assert wrong.json()["error"] == "invalid_target"
    scales = await register_client(
        platform, "demo.scales", grant_types=["device_code"], scopes=["openid"], is_public=True
    )
    device = Handler(http, scales, "openid", secret="")
    begun = (await device.call("device_authorization_endpoint", scope="openid", resource=SAMPLES)).json()
    page = await ada.submit(
        await ada.open("/account/device"), "/account/device", user_code=begun["user_code"]
    )
    await ada.submit(page, "/account/device/decision", decision="allow")
    fields = {"grant_type": DEVICE_GRANT, "device_code": begun["device_code"]}
    assert (await device.request_token(**fields, resource=AGENCY)).json()["error"] == "invalid_target"
    platform.clock.advance(seconds=10)  # type: ignore[attr-defined]
    assert await read_audience(device, await device.request_token(**fields)) == SAMPLES
