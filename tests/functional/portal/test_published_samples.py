"""The four published samples, registered through the form as their READMEs say (contract 4), work as they come."""

from dataclasses import dataclass

import httpx
import pytest

from borvo.accounts.public import Role, change_role
from borvo.assembly import Platform
from borvo.kernel.scopes import parse_scopes
from tests.functional.browser import Browser
from tests.functional.identity.aspnet import NONCE, STATE, Handler, consent, half_hash, read_form_post
from tests.functional.identity.flows import build_basic
from tests.functional.portal.journeys import Fields, register
from tests.functional.portal.test_states import set_secret

SECRET = "known-value-of-a-developer-42"


@dataclass(frozen=True)
class Sample:
    """What a developer enters for a sample, and the scopes that it asks for at sign-in (contract 1.1)."""

    entered: Fields
    asked: str


BLOOD_PRESSURE = (
    "blood_pressure",
    "blood_pressure.blood_pressure_systolic",
    "blood_pressure.blood_pressure_diastolic",
)
WEB_SAMPLES = {
    "mybp": Sample(
        {
            "scopes": [
                "openid",
                "profile",
                "email",
                "read.blood_pressure",
                "write.blood_pressure",
            ]
        },
        " ".join(
            [
                "openid profile email",
                *(f"read.{name}" for name in BLOOD_PRESSURE),
                *(f"write.{name}" for name in BLOOD_PRESSURE),
            ]
        ),
    ),
    "clinician": Sample(
        {
            "scopes": [
                "openid",
                "profile",
                "email",
                "agency_api",
                "read.blood_pressure",
                "read.height",
                "read.body_mass",
                "read.step_count",
                "read.heart_rate",
            ]
        },
        "openid profile email agency_api",
    ),
    "clinorg": Sample(
        {"client_uri": "https://localhost:5001", "scopes": ["openid", "profile", "email", "agency_api"]},
        "openid profile agency_api",
    ),
}


@pytest.mark.parametrize("name", WEB_SAMPLES)
async def test_a_web_sample_signs_a_person_in(
    platform: Platform, developer: Browser, browser: Browser, http: httpx.AsyncClient, name: str
) -> None:
    sample = WEB_SAMPLES[name]
    page = await register(developer, {"client_uri": "", **sample.entered}, suffix=name, grant_types="hybrid")
    assert page.url.path == f"/portal/clients/healthorg.{name}", page.text
    page = await developer.open(f"/portal/clients/healthorg.{name}/secret")
    await developer.submit(page, f"/portal/clients/healthorg.{name}/secret/own", secret=SECRET)
    await browser.sign_up("agnes@example.org")
    async with platform.database.transaction() as connection:
        await change_role(connection, platform.accounts, "agnes@example.org", Role.AGENT, granted=True)
    handler = Handler(http, f"healthorg.{name}", sample.asked, SECRET)
    page = await browser.open(await handler.build_authorization_url())
    action, fields = read_form_post(await consent(browser, page))
    assert action == "https://localhost:5001/signin-oidc"
    assert fields["state"] == STATE
    claims = await handler.read_id_token(fields["id_token"])
    assert claims["nonce"] == NONCE
    assert claims["sid"]
    assert claims["c_hash"] == half_hash(fields["code"])
    tokens = (await handler.redeem(fields["code"])).json()
    assert set(parse_scopes(tokens["scope"])) == set(sample.asked.split())
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    told = (await http.get("/connect/userinfo", headers=bearer)).json()
    assert told["sub"] == claims["sub"]
    assert "agent" in told["role"]


@pytest.mark.parametrize("is_basic", [True, False])
async def test_the_service_sample_gets_its_token_either_way(
    developer: Browser, http: httpx.AsyncClient, is_basic: bool
) -> None:
    entered: Fields = {
        "client_uri": "",
        "redirect_uris": "",
        "grant_types": "client_credentials",
        "scopes": "agency_api",
    }
    assert (await register(developer, entered)).url.path == "/portal/clients/healthorg.myapp"
    await set_secret(developer, SECRET)
    form = {"grant_type": "client_credentials", "scope": "agency_api"}
    secret = {} if is_basic else {"client_id": "healthorg.myapp", "client_secret": SECRET}
    headers = build_basic("healthorg.myapp", SECRET) if is_basic else {}
    answer = await http.post("/connect/token", data={**form, **secret}, headers=headers)
    assert answer.status_code == 200
    assert answer.json()["token_type"] == "Bearer"
