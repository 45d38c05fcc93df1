"""What the authorization endpoint accepts, and how it refuses the rest."""

import asyncio

import httpx
import pytest

from borvo.assembly import Platform
from tests.factories.clients import MYBP_SCOPES, REDIRECT_URI, register_client
from tests.functional.browser import Browser, asks_to_sign_in
from tests.functional.conftest import ISSUER, TestClock
from tests.functional.identity.arrivals import CONTINUE, read_return
from tests.functional.identity.aspnet import Handler, consent, read_form_post, read_redirect
from tests.functional.identity.flows import ADA, CODE_FLOW, execute, obtain_tokens, reach_answer

FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.mark.spec("RFC 6749", "4.1.2.1")
@pytest.mark.parametrize(
    "redirect_uri",
    [
        None,
        "",
        REDIRECT_URI + "/",
        REDIRECT_URI + "?a=b",
        REDIRECT_URI + "#a",
        REDIRECT_URI.replace("https", "http"),
        REDIRECT_URI.replace("5001", "5002"),
        REDIRECT_URI.upper(),
        REDIRECT_URI.replace("localhost", "localhost@evil.example"),
        "javascript:alert(1)",
        "//evil.example",
    ],
)
async def test_a_redirect_uri_that_is_not_registered_exactly_gets_a_page_and_no_redirect(
    handler: Handler, redirect_uri: str | None
) -> None:
    answer = await handler.http.get(await handler.build_authorization_url(redirect_uri=redirect_uri))
    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert "text/html" in answer.headers["content-type"]


@pytest.mark.spec("RFC 6749", "4.1.2.1")
@pytest.mark.parametrize("client_id", [None, "", "demo.unknown", "demo.mybp ", "é", "'; --"])
async def test_an_unknown_client_gets_a_page_and_no_redirect(handler: Handler, client_id: str | None) -> None:
    answer = await handler.http.get(await handler.build_authorization_url(client_id=client_id))
    assert answer.status_code == 400
    assert "location" not in answer.headers


async def test_a_disabled_client_gets_a_page_and_no_redirect(handler: Handler, platform: Platform) -> None:
    await execute(platform, "update client set disabled_at = $1", platform.clock())
    answer = await handler.http.get(await handler.build_authorization_url())
    assert answer.status_code == 400
    assert "location" not in answer.headers


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
async def test_a_repeated_client_or_redirect_uri_is_never_redirected(handler: Handler, name: str) -> None:
    url = await handler.build_authorization_url()
    for others in ("", "state=again&", "unknown=1&unknown=2&"):
        answer = await handler.http.get(f"{url}&{others}{name}=https%3A%2F%2Fevil.example")
        assert answer.status_code == 400
        assert "location" not in answer.headers


@pytest.mark.spec("OpenID Connect Core", "3.1.2.6")
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code token"}, "unauthorized_client"),
        ({"response_type": "code\tid_token"}, "unsupported_response_type"),
        ({"response_type": 'é"\\\n'}, "unsupported_response_type"),
        ({"scope": "openid read.nonsense"}, "invalid_scope"),
        ({"scope": 'openid é"\\'}, "invalid_scope"),
        ({"scope": "openid\tprofile"}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
        ({"request": "e30.e30."}, "invalid_request_object"),
        ({"request_uri": "https://evil.example/"}, "invalid_request_uri"),
        ({"registration": "{}"}, "registration_not_supported"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
        ({"max_age": "soon"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "9" * 5000}, "invalid_request"),
        ({"code_challenge": "x" * 43, "code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "x" * 43}, "invalid_request"),
        ({"code_challenge": "é" * 43, "code_challenge_method": "S256"}, "invalid_request"),
        ({"response_mode": "web_message"}, "invalid_request"),
    ],
)
async def test_a_fault_is_told_to_the_client_in_one_plain_line_with_state_and_issuer(
    handler: Handler, changes: dict[str, str | None], error: str
) -> None:
    answer = await handler.http.get(
        await handler.build_authorization_url(**{**CODE_FLOW, "state": "s t&te", **changes})
    )
    assert answer.headers["location"].startswith(REDIRECT_URI)
    told = read_redirect(answer)
    assert (told["error"], told["state"], told["iss"]) == (error, "s t&te", ISSUER)
    description = told.get("error_description", "")
    assert description.isascii()
    assert description.isprintable()


@pytest.mark.spec("OpenID Connect Core", "3.3.2.1")
@pytest.mark.parametrize(
    ("changes", "error"),
    [({"nonce": None}, "invalid_request"), ({"scope": "profile"}, "invalid_scope")],
)
async def test_the_hybrid_flow_needs_a_nonce_and_the_scope_openid(
    handler: Handler, changes: dict[str, str | None], error: str
) -> None:
    page = await handler.http.get(await handler.build_authorization_url(**changes))
    assert read_form_post(page)[1]["error"] == error


async def test_a_parameter_that_comes_twice_is_refused(handler: Handler) -> None:
    page = await handler.http.get(await handler.build_authorization_url() + "&scope=openid")
    assert read_form_post(page)[1]["error"] == "invalid_request"


@pytest.mark.spec("RFC 6749", "3.1.1")
async def test_the_order_of_the_words_of_response_type_has_no_meaning(handler: Handler, ada: Browser) -> None:
    page = await reach_answer(handler, ada, response_type="id_token  code")
    assert {"code", "id_token"} <= set(read_form_post(page)[1])


async def test_a_client_without_the_grant_may_not_use_the_flow(
    platform: Platform, http: httpx.AsyncClient
) -> None:
    service = await register_client(platform, "demo.service", grant_types=["client_credentials"])
    url = await Handler(http, service, "openid").build_authorization_url(**CODE_FLOW)
    assert read_redirect(await http.get(url))["error"] == "unauthorized_client"
    code_only = await register_client(platform, "demo.codeonly", grant_types=["authorization_code"])
    page = await http.get(await Handler(http, code_only, "openid").build_authorization_url())
    assert read_form_post(page)[1]["error"] == "unauthorized_client"


@pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
async def test_a_post_from_another_site_goes_on_with_the_cookies_of_a_get(
    handler: Handler, ada: Browser
) -> None:
    url = await handler.build_authorization_url()
    answer = await handler.http.post("/connect/authorize", content=url.partition("?")[2], headers=FORM)
    assert answer.status_code == 303
    page = await ada.open(answer.headers["location"])
    assert read_form_post(await consent(ada, page))[1]["code"]


@pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
async def test_prompt_none_shows_no_page(handler: Handler, ada: Browser) -> None:
    silent = await handler.build_authorization_url(**CODE_FLOW, prompt="none")
    refusals = [read_redirect(await handler.http.get(silent)), read_redirect(await ada.open(silent))]
    assert [each["error"] for each in refusals] == ["login_required", "consent_required"]
    assert all("prompt=none" in each["error_description"] for each in refusals)
    await reach_answer(handler, ada)
    assert read_redirect(await ada.open(silent))["code"]


async def _ask_for_sign_in(handler: Handler, ada: Browser, **changes: str) -> httpx.Response:
    page = await ada.open(await handler.build_authorization_url(**CODE_FLOW, **changes))
    assert asks_to_sign_in(page)
    return page


@pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
@pytest.mark.parametrize("changes", [{"prompt": "login"}, {"max_age": "60"}, {"max_age": "0"}])
async def test_who_must_prove_anew_who_she_is_is_asked_once_and_then_goes_on(
    handler: Handler, ada: Browser, clock: TestClock, changes: dict[str, str]
) -> None:
    clock.advance(minutes=5)
    page = await _ask_for_sign_in(handler, ada, **changes)
    clock.advance(seconds=10)
    page = await ada.submit(page, "/account/sign-in", email=ADA, password="correct horse pony")
    clock.advance(seconds=5)
    answer = await consent(ada, page)
    tokens = (await handler.redeem(read_redirect(answer)["code"])).json()
    claims = await handler.read_id_token(tokens["id_token"])
    assert claims["auth_time"] == int(clock().timestamp()) - 5


@pytest.mark.spec("OpenID Connect Registration", "2")
async def test_a_client_may_be_set_to_how_long_ago_people_may_have_signed_in(
    platform: Platform, handler: Handler, ada: Browser, clock: TestClock
) -> None:
    await execute(platform, "update client set default_max_age = 60")
    clock.advance(minutes=5)
    await _ask_for_sign_in(handler, ada)
    silent = await ada.open(await handler.build_authorization_url(**CODE_FLOW, prompt="none"))
    assert read_redirect(silent)["error"] == "login_required"
    longer = await ada.open(await handler.build_authorization_url(**CODE_FLOW, max_age="600"))
    assert not asks_to_sign_in(longer)


@pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
@pytest.mark.parametrize("changes", [{"prompt": "login"}, {"max_age": "60"}])
async def test_nobody_gets_around_signing_in_anew_by_posting_the_decision(
    handler: Handler, ada: Browser, clock: TestClock, changes: dict[str, str]
) -> None:
    other = await ada.open(await handler.build_authorization_url(**CODE_FLOW))
    clock.advance(minutes=5)
    page = await _ask_for_sign_in(handler, ada, **changes)
    request_id = read_return(page).removeprefix(CONTINUE)
    answer = await ada.submit(other, "/connect/authorize/decision", request=request_id, decision="allow")
    assert asks_to_sign_in(answer)


@pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
async def test_an_id_token_hint_for_somebody_else_never_yields_a_code(
    handler: Handler, ada: Browser, clock: TestClock
) -> None:
    hint = (await obtain_tokens(handler, ada))["id_token"]
    asked = {**CODE_FLOW, "id_token_hint": hint, "prompt": "none"}
    assert read_redirect(await ada.open(await handler.build_authorization_url(**asked)))["code"]
    await ada.sign_up("bob@example.org")
    await reach_answer(handler, ada)
    clock.advance(minutes=1)
    silent = await ada.open(await handler.build_authorization_url(**asked))
    assert read_redirect(silent)["error"] == "login_required"
    page = await ada.open(await handler.build_authorization_url(**{**asked, "prompt": None}))
    answer = await ada.submit(
        page, "/account/sign-in", email="bob@example.org", password="correct horse pony"
    )
    assert read_redirect(answer)["error"] == "login_required"
    forged = await handler.build_authorization_url(**{**asked, "id_token_hint": hint[:-8] + "AAAAAAAA"})
    assert read_redirect(await ada.open(forged))["error"] == "invalid_request"


@pytest.mark.parametrize("request_id", ["", "x", "%00", "%ff", "../../x", "A" * 43, "A" * 10_000])
async def test_a_made_up_request_id_leads_to_a_page_with_a_way_forward(ada: Browser, request_id: str) -> None:
    answer = await ada.open(f"/connect/authorize/continue?request={request_id}")
    assert answer.status_code == 400
    assert "go back to the app" in answer.text


async def test_a_waiting_request_ends_after_half_an_hour(
    handler: Handler, ada: Browser, clock: TestClock
) -> None:
    page = await ada.open(await handler.build_authorization_url())
    clock.advance(minutes=31)
    assert (await consent(ada, page)).status_code == 400


async def test_a_registered_redirect_uri_keeps_its_query_byte_for_byte(
    platform: Platform, http: httpx.AsyncClient, ada: Browser
) -> None:
    uri = "https://app.example/cb?a=%2f&b=+;c"
    client = await register_client(platform, "demo.query", redirect_uris=[uri])
    handler = Handler(http, client, " ".join(MYBP_SCOPES), redirect_uri=uri)
    answer = await reach_answer(handler, ada, **CODE_FLOW, state="s")
    assert answer.headers["location"].startswith(uri + "&code=")


async def test_more_requests_than_connections_at_the_moment_the_keys_are_read_anew_all_end(
    handler: Handler, platform: Platform, clock: TestClock
) -> None:
    await platform.identity.cabinet.current()
    url = await handler.build_authorization_url()
    clock.advance(minutes=2)
    async with asyncio.timeout(20):
        answers = await asyncio.gather(*(handler.http.get(url) for _ in range(60)))
    assert all(map(asks_to_sign_in, answers))
