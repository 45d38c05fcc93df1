"""The published samples' way of signing in, end to end: contract sections 1.3 to 1.8."""

import httpx
import pytest

from borvo.assembly import Platform
from tests.factories.clients import MYBP_SCOPES, REDIRECT_URI, register_client
from tests.functional.browser import Browser, asks_to_sign_in, sign_up_by_mail
from tests.functional.identity.aspnet import (
    NONCE,
    STATE,
    Handler,
    consent,
    half_hash,
    read_form_post,
    read_redirect,
)
from tests.functional.mails import read_links


@pytest.fixture
async def handler(platform: Platform, http: httpx.AsyncClient) -> Handler:
    return Handler(http, await register_client(platform), " ".join(MYBP_SCOPES))


async def test_a_new_person_signs_up_consents_and_reaches_the_sample(
    handler: Handler, browser: Browser, platform: Platform
) -> None:
    page = await browser.open(await handler.build_authorization_url())
    assert asks_to_sign_in(page)
    assert "App mybp" in page.text
    sign_up = page.text.split('href="/account/sign-up?')[1].split('"')[0]
    path = f"/account/sign-up?{sign_up}"
    page = await sign_up_by_mail(browser, "ada@example.org", read_links(platform), path)
    assert "read your blood pressure records" in page.text
    assert "Systolic blood pressure" in page.text
    action, fields = read_form_post(await consent(browser, page))
    assert action == REDIRECT_URI
    assert fields["state"] == STATE
    assert fields["iss"] == "http://localhost:8000"
    assert "refresh_token" not in fields
    claims = await handler.read_id_token(fields["id_token"])
    assert claims["nonce"] == NONCE
    assert claims["c_hash"] == half_hash(fields["code"])
    assert claims["aud"] == handler.client_id
    assert claims["sid"]
    assert claims["exp"] - claims["iat"] >= 3600

    answer = await handler.redeem(fields["code"])
    assert answer.status_code == 200
    token = answer.json()
    assert answer.headers["content-type"] == "application/json"
    assert token["token_type"] == "Bearer"
    assert isinstance(token["expires_in"], int)
    second = await handler.read_id_token(token["id_token"])
    assert (second["sub"], second["nonce"], second["sid"]) == (claims["sub"], NONCE, claims["sid"])
    assert second["at_hash"] == half_hash(token["access_token"])

    userinfo = await handler.http.get(
        "/connect/userinfo", headers={"Authorization": f"Bearer {token['access_token']}"}
    )
    assert userinfo.headers["content-type"] == "application/json"
    assert userinfo.json() == {
        "sub": claims["sub"],
        "role": ["patient"],
        "name": "Ada Byron",
        "given_name": "Ada",
        "family_name": "Byron",
        "email": "ada@example.org",
        "updated_at": int(platform.clock().timestamp()),
        "email_verified": True,
    }


async def test_consent_is_remembered_and_asked_again_only_for_new_scopes(
    handler: Handler, browser: Browser
) -> None:
    await browser.sign_up("ada@example.org")
    first = await handler.build_authorization_url(scope="openid profile")
    await consent(browser, await browser.open(first))
    _, fields = read_form_post(await browser.open(first))
    assert fields["code"]
    page = await browser.open(await handler.build_authorization_url(scope="openid profile email"))
    assert page.url.path == "/connect/authorize"
    assert "Allow" in page.text


async def test_declining_posts_access_denied_with_the_state(handler: Handler, browser: Browser) -> None:
    await browser.sign_up("ada@example.org")
    page = await browser.open(await handler.build_authorization_url())
    action, fields = read_form_post(await consent(browser, page, "decline"))
    assert action == REDIRECT_URI
    assert (fields["error"], fields["state"]) == ("access_denied", STATE)
    assert "code" not in fields


async def test_a_state_of_4_kb_with_every_awkward_character_comes_back_unchanged(
    handler: Handler, browser: Browser
) -> None:
    state = ("<&>\"' é+%26;" * 400)[:4096]
    await browser.sign_up("ada@example.org")
    page = await browser.open(await handler.build_authorization_url(state=state))
    _, fields = read_form_post(await consent(browser, page))
    assert fields["state"] == state


async def test_signing_out_by_the_id_token_returns_to_the_sample_with_its_state(
    handler: Handler, browser: Browser, platform: Platform
) -> None:
    await browser.sign_up("ada@example.org")
    page = await browser.open(await handler.build_authorization_url())
    _, fields = read_form_post(await consent(browser, page))
    token = (await handler.redeem(fields["code"])).json()
    callback = "https://localhost:5001/signout-callback-oidc"
    platform.clock.advance(hours=1, minutes=5)  # type: ignore[attr-defined]
    answer = await browser.client.get(
        "/connect/endsession",
        params={"post_logout_redirect_uri": callback, "id_token_hint": token["id_token"], "state": STATE},
    )
    assert answer.headers["location"].startswith(callback + "?")
    assert read_redirect(answer)["state"] == STATE
    assert (await browser.open("/account")).url.path == "/account/sign-in"
