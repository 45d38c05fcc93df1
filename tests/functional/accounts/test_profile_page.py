"""The profile: from the form into userinfo."""

from typing import Any

import httpx
import pytest

from borvo.assembly import Platform
from tests.factories.clients import register_client
from tests.functional.browser import Browser, read_forms
from tests.functional.conftest import TestClock
from tests.functional.identity.aspnet import Handler
from tests.functional.identity.flows import call_userinfo, count, execute, obtain_tokens

PATH = "/account/profile"
FULL = {
    "middle_name": "Augusta",
    "nickname": "Ace",
    "preferred_username": "ada.b",
    "profile": "https://example.org/ada",
    "picture": "https://example.org/ada.png",
    "website": "http://ada.example.org",
    "gender": "female",
    "birthdate": "1985-12-10",
    "zoneinfo": "Europe/London",
    "locale": "en-GB",
    "phone_number": "+442079460000",
}
ADDRESS = {
    "street_address": "1 High Street\nFlat 2",
    "locality": "Townham",
    "region": "Shire",
    "postal_code": "AB1 2CD",
    "country": "United Kingdom",
}


async def save(browser: Browser, **values: str) -> httpx.Response:
    return await browser.submit(await browser.open(PATH), PATH, **values)


async def read_claims(platform: Platform, http: httpx.AsyncClient, browser: Browser) -> dict[str, Any]:
    """What userinfo tells a client that was allowed all of it."""
    scopes = ("openid", "profile", "email", "phone", "address")
    handler = Handler(http, await register_client(platform, scopes=scopes), " ".join(scopes))
    token = (await obtain_tokens(handler, browser))["access_token"]
    claims: dict[str, Any] = (await call_userinfo(http, token)).json()
    return claims


@pytest.mark.spec("OpenID Connect Core", "5.1")
async def test_what_a_person_tells_reaches_the_clients_that_she_allows(
    platform: Platform, http: httpx.AsyncClient, ada: Browser, clock: TestClock
) -> None:
    clock.advance(minutes=5)
    page = await save(ada, given_name="Augusta", **FULL, **ADDRESS)
    assert page.status_code == 200
    assert "Saved." in page.text
    claims = await read_claims(platform, http, ada)
    assert claims.pop("sub")
    assert claims == {
        **FULL,
        "role": ["patient"],
        "name": "Augusta Byron",
        "given_name": "Augusta",
        "family_name": "Byron",
        "email": "ada@example.org",
        "email_verified": True,
        "phone_number_verified": False,
        "updated_at": int(clock().timestamp()),
        "address": {
            **ADDRESS,
            "formatted": "1 High Street\nFlat 2\nAB1 2CD Townham\nShire\nUnited Kingdom",
        },
    }


@pytest.mark.spec("OpenID Connect Core", "5.3.2")
async def test_what_she_does_not_tell_or_takes_back_is_left_out(
    platform: Platform, http: httpx.AsyncClient, ada: Browser, clock: TestClock
) -> None:
    signed_up_at = int(clock().timestamp())
    clock.advance(minutes=5)
    claims = await read_claims(platform, http, ada)
    assert claims.keys().isdisjoint({*FULL, "address", "phone_number_verified"})
    assert claims["updated_at"] == signed_up_at
    await save(ada, **FULL, **ADDRESS)
    await save(ada, **dict.fromkeys({**FULL, **ADDRESS}, ""))
    handler = Handler(http, "demo.mybp", "openid profile phone address")
    token = (await obtain_tokens(handler, ada))["access_token"]
    again = (await call_userinfo(http, token)).json()
    assert again.keys().isdisjoint({*FULL, "address", "phone_number_verified"})
    assert again["updated_at"] == int(clock().timestamp())


async def test_a_year_alone_stays_one(ada: Browser, platform: Platform, http: httpx.AsyncClient) -> None:
    await save(ada, birth_year="1985")
    (form,) = [form for form in read_forms((await ada.open(PATH)).text) if form.action == PATH]
    assert (form.values("birth_year"), form.values("birthdate")) == (["1985"], [""])
    assert (await read_claims(platform, http, ada))["birthdate"] == "1985"


async def test_faults_stand_beside_their_fields_and_nothing_typed_is_lost(
    ada: Browser, platform: Platform
) -> None:
    typed = {
        **FULL,
        **ADDRESS,
        "phone_number": "020 7946 0000",
        "zoneinfo": "Europe/Atlantis",
        "family_name": "",
    }
    page = await save(ada, **typed)
    assert page.status_code == 400
    (form,) = [form for form in read_forms(page.text) if form.action == PATH]
    assert {name: form.values(name) for name in typed} == {name: [text] for name, text in typed.items()}
    for name in ("phone_number", "zoneinfo", "family_name"):
        assert f'id="{name}-error"' in page.text
    assert page.text.count('aria-invalid="true"') == 3
    assert await count(platform, "person_profile") == 0


async def test_another_phone_number_is_not_the_one_that_was_verified(
    ada: Browser, platform: Platform, http: httpx.AsyncClient
) -> None:
    await save(ada, phone_number="+442079460000")
    await execute(platform, "update person_profile set phone_number_verified_at = $1", platform.clock())
    await save(ada, nickname="Ace")
    assert (await read_claims(platform, http, ada))["phone_number_verified"] is True
    await save(ada, phone_number="+442079460001")
    handler = Handler(http, "demo.mybp", "openid phone")
    token = (await obtain_tokens(handler, ada))["access_token"]
    assert (await call_userinfo(http, token)).json()["phone_number_verified"] is False


async def test_a_stranger_is_sent_to_sign_in(browser: Browser) -> None:
    for path in (PATH, "/account/sessions"):
        assert (await browser.open(path)).url.path == "/account/sign-in"
