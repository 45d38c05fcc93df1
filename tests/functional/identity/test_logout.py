"""RP-initiated logout: OpenID Connect RP-Initiated Logout 1.0 and contract 1.8."""

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from borvo.assembly import Platform
from tests.factories.clients import register_client
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.identity.aspnet import Handler
from tests.functional.identity.flows import ADA, execute, obtain_tokens

CALLBACK = "https://localhost:5001/signout-callback-oidc"


async def _leave(browser: Browser, **parameters: str) -> httpx.Response:
    return await browser.client.get("/connect/endsession", params=parameters)


async def _is_signed_in(browser: Browser) -> bool:
    return (await browser.client.get("/account")).status_code == 200


async def test_the_hint_of_this_login_ends_it_and_goes_back_with_the_state(
    handler: Handler, ada: Browser, clock: TestClock
) -> None:
    hint = (await obtain_tokens(handler, ada))["id_token"]
    state = "a b&c=é+%20"
    clock.advance(minutes=65)
    answer = await _leave(ada, id_token_hint=hint, post_logout_redirect_uri=CALLBACK, state=state)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(CALLBACK + "?state=")
    assert parse_qs(urlsplit(answer.headers["location"]).query) == {"state": [state]}
    assert "max-age=0" in answer.headers["set-cookie"].lower()
    assert not await _is_signed_in(ada)


async def test_the_session_ends_on_the_server_and_not_only_in_the_browser(
    handler: Handler, ada: Browser
) -> None:
    hint = (await obtain_tokens(handler, ada))["id_token"]
    cookie = ada.client.cookies["borvo_session"]
    await _leave(ada, id_token_hint=hint)
    ada.client.cookies.set("borvo_session", cookie, domain="localhost.local", path="/")
    assert not await _is_signed_in(ada)


@pytest.mark.spec("RP-Initiated Logout", "3")
@pytest.mark.parametrize(
    "uri",
    [
        "https://evil.example/signout-callback-oidc",
        "https://localhost:5001/elsewhere",
        "https://localhost:5001/signout-callback-oidc?x=1",
        "https://localhost:5001/signout-callback-oidc#x",
        "https://localhost:5001@evil.example/signout-callback-oidc",
        "https://localhost:5001\\@evil.example/signout-callback-oidc",
        "http://localhost:5001/signout-callback-oidc",
        "https://LOCALHOST:5001/signout-callback-oidc",
        "https://[",
        "//localhost:5001/signout-callback-oidc",
        "javascript:alert(1)",
        "",
    ],
)
async def test_any_other_address_gets_a_page_instead_of_a_redirect(
    handler: Handler, ada: Browser, uri: str
) -> None:
    hint = (await obtain_tokens(handler, ada))["id_token"]
    answer = await _leave(ada, id_token_hint=hint, post_logout_redirect_uri=uri)
    assert answer.status_code == 200
    assert "You are signed out" in answer.text


async def test_a_disabled_client_is_not_redirected_to(
    handler: Handler, ada: Browser, platform: Platform
) -> None:
    hint = (await obtain_tokens(handler, ada))["id_token"]
    await execute(platform, "update client set disabled_at = $1", platform.clock())
    answer = await _leave(ada, id_token_hint=hint, post_logout_redirect_uri=CALLBACK)
    assert "location" not in answer.headers


async def test_without_a_hint_the_person_is_asked(handler: Handler, ada: Browser) -> None:
    await obtain_tokens(handler, ada)
    page = await _leave(ada, post_logout_redirect_uri=CALLBACK)
    assert page.status_code == 200
    assert await _is_signed_in(ada)
    answer = await ada.submit(page, "/connect/endsession/confirm")
    assert answer.status_code == 200
    assert not await _is_signed_in(ada)


@pytest.mark.spec("RP-Initiated Logout", "4")
async def test_the_hint_of_another_login_only_asks(handler: Handler, ada: Browser) -> None:
    hint = (await obtain_tokens(handler, ada))["id_token"]
    await ada.submit(await ada.open("/account"), "/account/sign-out")
    await ada.sign_in(ADA)
    page = await _leave(ada, id_token_hint=hint, post_logout_redirect_uri=CALLBACK, state="s")
    assert page.status_code == 200
    assert await _is_signed_in(ada)
    assert "form-action 'self' https://localhost:5001;" in page.headers["content-security-policy"]
    answer = await ada.submit(page, "/connect/endsession/confirm")
    assert answer.headers["location"] == CALLBACK + "?state=s"


async def test_signing_in_again_keeps_the_session_that_clients_know(handler: Handler, ada: Browser) -> None:
    first = await handler.read_id_token((await obtain_tokens(handler, ada))["id_token"])
    before = ada.client.cookies["borvo_session"]
    await ada.sign_in(ADA)
    second = await handler.read_id_token((await obtain_tokens(handler, ada))["id_token"])
    assert first["sid"] == second["sid"]
    assert ada.client.cookies["borvo_session"] != before
    ada.client.cookies.set("borvo_session", before)
    assert not await _is_signed_in(ada)


@pytest.mark.spec("OpenID Connect RP-Initiated Logout", "3")
async def test_a_registered_address_is_followed_and_no_other(
    platform: Platform, handler: Handler, ada: Browser
) -> None:
    bye = "https://localhost:5001/bye?from=borvo"
    client_id = await register_client(platform, "demo.bye", post_logout_redirect_uris=[bye])
    handler.client_id = client_id
    hint = (await obtain_tokens(handler, ada))["id_token"]
    other = await _leave(ada, id_token_hint=hint, post_logout_redirect_uri="https://localhost:5001/bye")
    assert "You are signed out" in other.text
    await ada.sign_in(ADA)
    hint = (await obtain_tokens(handler, ada))["id_token"]
    answer = await _leave(ada, id_token_hint=hint, post_logout_redirect_uri=bye, state="s")
    assert answer.headers["location"] == bye + "&state=s"


@pytest.mark.spec("OpenID Connect RP-Initiated Logout", "2")
async def test_a_client_that_only_names_itself_is_followed_after_the_question(
    platform: Platform, ada: Browser
) -> None:
    bye = "https://localhost:5001/bye"
    client_id = await register_client(platform, "demo.bye", post_logout_redirect_uris=[bye])
    page = await _leave(ada, client_id=client_id, post_logout_redirect_uri=bye, state="s")
    assert "Sign out?" in page.text
    assert await _is_signed_in(ada)
    answer = await ada.submit(page, "/connect/endsession/confirm")
    assert answer.headers["location"] == bye + "?state=s"


async def test_the_confirmation_needs_the_forms_token(ada: Browser) -> None:
    page = await _leave(ada)
    answer = await ada.submit(page, "/connect/endsession/confirm", _csrf_token=None)
    assert answer.status_code == 403
    assert await _is_signed_in(ada)


async def test_a_hint_for_one_client_never_redirects_to_another(
    handler: Handler, platform: Platform, ada: Browser
) -> None:
    await register_client(platform, "demo.other", redirect_uris=["https://other.example/cb"])
    hint = (await obtain_tokens(handler, ada))["id_token"]
    other = "https://other.example/signout-callback-oidc"
    answer = await _leave(ada, id_token_hint=hint, post_logout_redirect_uri=other, client_id="demo.other")
    assert "location" not in answer.headers


async def test_an_access_token_is_no_hint(handler: Handler, ada: Browser) -> None:
    token = (await obtain_tokens(handler, ada))["access_token"]
    answer = await _leave(ada, id_token_hint=token, post_logout_redirect_uri=CALLBACK)
    assert "location" not in answer.headers
    assert await _is_signed_in(ada)


@pytest.mark.parametrize(
    "query",
    ["id_token_hint=%ff", "id_token_hint=a.b.c", "state=%00", "%00=1", "client_id=%00", "&&=", "x" * 60_000],
)
async def test_nonsense_is_never_an_error(ada: Browser, query: str) -> None:
    assert (await ada.client.get(f"/connect/endsession?{query}")).status_code == 200
    assert await _is_signed_in(ada)


async def test_a_post_goes_on_as_a_get(handler: Handler, ada: Browser) -> None:
    hint = (await obtain_tokens(handler, ada))["id_token"]
    data = {"id_token_hint": hint, "post_logout_redirect_uri": CALLBACK}
    answer = await handler.http.post("/connect/endsession", data=data)
    assert answer.status_code == 303
    answer = await ada.client.get(answer.headers["location"])
    assert answer.headers["location"] == CALLBACK
    assert not await _is_signed_in(ada)


@pytest.mark.parametrize(
    "data", [{"state": "x" * 200_000}, {"state": "é" * 40_000}, {"unknown": "x" * 200_000}, {"unknown": "x"}]
)
async def test_a_post_beyond_what_an_address_can_hold_asks_for_nothing(
    ada: Browser, data: dict[str, str]
) -> None:
    answer = await ada.client.post("/connect/endsession", data=data)
    assert answer.headers["location"] == "/connect/endsession"
    assert await _is_signed_in(ada)


async def test_who_is_not_signed_in_sees_that_she_is_signed_out(browser: Browser) -> None:
    answer = await _leave(browser)
    assert answer.status_code == 200
    assert "You are signed out" in answer.text
