"""Requests that come as one JSON Web Token, by value and by reference: OpenID Connect Core 6, RFC 9101."""

import asyncio
import json
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from borvo.assembly import Platform
from borvo.identity.service.request_objects import FETCHED_REQUESTS
from borvo.kernel.entropy import encode_bytes
from borvo.web.addresses import find_network
from borvo.web.outgoing import Fetched, OutgoingError
from tests.factories.clients import REDIRECT_URI
from tests.functional.browser import Browser, asks_to_sign_in
from tests.functional.conftest import ISSUER, TestClock
from tests.functional.identity.aspnet import Handler, read_form_post, read_redirect
from tests.functional.identity.flows import CODE_FLOW, count, execute, reach_answer

KEY = ECKey.generate_key("P-256", parameters={"kid": "one"})
URL = "https://localhost:5001/request.jwt"


def write_unsigned(**claims: object) -> str:
    return ".".join([*(encode_bytes(json.dumps(each).encode()) for each in ({"alg": "none"}, claims)), ""])


def sign(key: ECKey = KEY, **claims: Any) -> str:
    header = {"alg": "ES256", "kid": "one", "typ": "oauth-authz-req+jwt"}
    return jwt.encode(header, claims, key, algorithms=["ES256"])


async def ask(browser: httpx.AsyncClient, handler: Handler, **changes: str | None) -> httpx.Response:
    return await browser.get(await handler.build_authorization_url(**{**CODE_FLOW, **changes}))


async def read_error(handler: Handler, **changes: str | None) -> tuple[str, str]:
    told = read_redirect(await ask(handler.http, handler, **changes))
    assert told["iss"] == ISSUER
    return told["error"], told["state"]


@pytest.fixture
async def signing(handler: Handler, platform: Platform) -> Handler:
    """The client with a key of its own."""
    keys = json.dumps({"keys": [KEY.as_dict(private=False)]})
    await execute(platform, "update client set jwks = $1, request_uris = $2", keys, [URL])
    return handler


class Site:
    """The client's server, which publishes one object."""

    def __init__(self, platform: Platform) -> None:
        self.answer: str | int | OutgoingError = ""
        self.asked: list[str] = []
        self._platform = platform

    async def fetch(self, url: str, *, most: int, accept: str) -> Fetched:
        assert "application/oauth-authz-req+jwt" in accept
        self.asked.append(url)
        async with asyncio.timeout(30), AsyncExitStack() as stack:
            # Whoever asks holds no connection: all there are can be had.
            for _ in range(self._platform.settings.database_connections):
                await stack.enter_async_context(self._platform.database.connection())
        if isinstance(self.answer, OutgoingError):
            raise self.answer
        status, text = (self.answer, "") if isinstance(self.answer, int) else (200, self.answer)
        assert len(text) <= most
        return Fetched(status, "application/jwt", f"{text}\n".encode())


@pytest.fixture
def site(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Site:
    site = Site(platform)
    monkeypatch.setattr(platform.identity.published_requests, "_fetch", site.fetch)
    return site


@pytest.mark.spec("OpenID Connect Core", "6.1")
async def test_what_an_unsigned_object_says_wins_and_what_stands_beside_it_counts(
    handler: Handler, ada: Browser
) -> None:
    # The callback URL beside the object is not registered: the one in it is.
    asked = {"redirect_uri": "https://elsewhere.example/cb", "state": "beside", "prompt": "consent"}
    text = write_unsigned(
        redirect_uri=REDIRECT_URI, state="within", scope="openid email", client_id=handler.client_id
    )
    answer = await reach_answer(handler, ada, **{**CODE_FLOW, **asked, "request": text})
    told = read_redirect(answer)
    assert answer.headers["location"].startswith(REDIRECT_URI)
    assert told["state"] == "within"
    tokens = (await handler.redeem(told["code"])).json()
    assert tokens["scope"] == "openid email"


@pytest.mark.spec("RFC 9101", "5.1")
async def test_a_signed_object_is_answered_once_its_key_is_registered(signing: Handler, ada: Browser) -> None:
    text = sign(iss=signing.client_id, aud=ISSUER, nonce="within", max_age=600, state="s")
    told = read_redirect(
        await reach_answer(signing, ada, **{**CODE_FLOW, "request": text, "nonce": "beside"})
    )
    tokens = (await signing.redeem(told["code"])).json()
    assert (await signing.read_id_token(tokens["id_token"]))["nonce"] == "within"
    assert await read_error(signing, request=sign(ECKey.generate_key("P-256"))) == (
        "invalid_request_object",
        (await signing.build_authorization_url()).partition("state=")[2].partition("&")[0],
    )


@pytest.mark.spec("RFC 9101", "6.3")
async def test_outside_openid_connect_the_object_is_the_whole_request(signing: Handler, ada: Browser) -> None:
    text = sign(response_type="code", redirect_uri=REDIRECT_URI, scope="read.blood_pressure", state="within")
    url = f"/connect/authorize?client_id={signing.client_id}&request={text}&nonce=beside&state=beside"
    page = await ada.open(url)
    told = read_redirect(await ada.submit(page, "/connect/authorize/decision", decision="allow"))
    assert (told["state"], bool(told["code"])) == ("within", True)


@pytest.mark.spec("OpenID Connect Core", "6.1")
@pytest.mark.parametrize(
    ("claims", "error"),
    [
        ({"response_type": "code id_token"}, "invalid_request"),
        ({"client_id": "demo.other"}, "invalid_request_object"),
        ({"request": "e30.e30."}, "invalid_request_object"),
        ({"request_uri": URL}, "invalid_request_object"),
        ({"aud": "https://elsewhere.example"}, "invalid_request_object"),
        ({"exp": 1}, "invalid_request_object"),
        ({"state": 1}, "invalid_request_object"),
        ({"state": "\x00"}, "invalid_request_object"),
        ({"scope": "openid read.nonsense"}, "invalid_scope"),
        ({"prompt": "none"}, "login_required"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_fault_of_an_object_is_told_to_the_client(
    handler: Handler, claims: dict[str, Any], error: str, method: str
) -> None:
    url = httpx.URL(
        await handler.build_authorization_url(**CODE_FLOW, state="s", request=write_unsigned(**claims))
    )
    kind = {"url": url} if method == "GET" else {"url": url.path, "data": dict(url.params)}
    answer = await handler.http.request(method, **kind)
    if "continue" in answer.headers["location"]:
        answer = await handler.http.get(answer.headers["location"])
    assert read_redirect(answer)["error"] == error


async def test_a_fault_goes_by_form_post_where_the_client_wants_its_answers_so(handler: Handler) -> None:
    url = httpx.URL(await handler.build_authorization_url(request="x"))
    for answer in (await handler.http.get(url), await handler.http.post(url.path, data=dict(url.params))):
        assert read_form_post(answer)[1]["error"] == "invalid_request_object"


async def test_nothing_is_answered_to_what_only_a_broken_object_names(handler: Handler) -> None:
    text = write_unsigned(redirect_uri=REDIRECT_URI, exp=1)
    answer = await ask(handler.http, handler, redirect_uri="https://elsewhere.example/cb", request=text)
    assert answer.status_code == 400
    assert "location" not in answer.headers


@pytest.mark.spec("RFC 9101", "10.5")
async def test_a_client_that_signs_is_not_answered_without_a_signature(
    signing: Handler, platform: Platform, ada: Browser
) -> None:
    await execute(platform, "update client set require_signed_request_object = true")
    assert (await read_error(signing))[0] == "invalid_request"
    assert (await read_error(signing, request=write_unsigned()))[0] == "invalid_request_object"
    pushed = {"response_type": "code", "redirect_uri": REDIRECT_URI, "scope": "openid"}
    for changes in (pushed, {"request": write_unsigned(**pushed)}):
        answer = await signing.call("pushed_authorization_request_endpoint", **changes)
        assert answer.status_code == 400
    assert await count(platform, "authorization_request") == 0
    claims: dict[str, Any] = {**pushed, "state": "within"}
    signed = sign(**claims)
    beside = {"request": signed, "state": "beside", "response_mode": "fragment", "prompt": "none"}
    answer = await reach_answer(signing, ada, **{**CODE_FLOW, **beside})
    assert (read_redirect(answer)["state"], httpx.URL(answer.headers["location"]).fragment) == ("within", "")


@pytest.mark.spec("RFC 9101", "10.5")
async def test_what_a_client_has_to_sign_is_not_completed_by_whoever_brings_it(
    signing: Handler, platform: Platform
) -> None:
    await execute(platform, "update client set require_signed_request_object = true")
    # As an assertion of the client's, which its server sends elsewhere.
    answer = await ask(signing.http, signing, request=sign(iss=signing.client_id, aud=ISSUER))
    assert (answer.status_code, "location" in answer.headers) == (400, False)
    assert await count(platform, "authorization_request") == 0


@pytest.mark.spec("RFC 9126", "3")
async def test_a_pushed_object_is_the_whole_request(signing: Handler, ada: Browser) -> None:
    claims: dict[str, Any] = {
        "response_type": "code",
        "redirect_uri": REDIRECT_URI,
        "scope": "openid",
        "state": "within",
    }
    answer = await signing.call(
        "pushed_authorization_request_endpoint", request=sign(**claims), scope="openid email", prompt="none"
    )
    assert answer.status_code == 201, answer.text
    params = {"client_id": signing.client_id, "request_uri": answer.json()["request_uri"]}
    page = await ada.open(str(httpx.URL("/connect/authorize", params=params)))
    told = read_redirect(await ada.submit(page, "/connect/authorize/decision", decision="allow"))
    assert (told["state"], (await signing.redeem(told["code"])).json()["scope"]) == ("within", "openid")
    other = await signing.call(
        "pushed_authorization_request_endpoint", request=sign(**claims, client_id="demo.other")
    )
    assert other.json()["error"] == "invalid_request_object"


async def test_an_object_is_looked_at_once_and_may_end_while_the_person_signs_in(
    signing: Handler, browser: Browser, clock: TestClock
) -> None:
    text = sign(exp=int(clock().timestamp()) + 60)
    await browser.sign_up("ada@example.org")
    page = await browser.open(await signing.build_authorization_url(**CODE_FLOW, request=text))
    clock.advance(minutes=5)
    answer = await browser.submit(page, "/connect/authorize/decision", decision="allow")
    assert read_redirect(answer)["code"]
    assert (await read_error(signing, request=text))[0] == "invalid_request_object"


async def test_who_signs_in_for_an_object_may_open_that_page_again_when_it_has_ended(
    signing: Handler, browser: Browser, clock: TestClock
) -> None:
    text = sign(exp=int(clock().timestamp()) + 60)
    page = await browser.open(await signing.build_authorization_url(**CODE_FLOW, request=text))
    assert asks_to_sign_in(page)
    clock.advance(minutes=5)
    assert asks_to_sign_in(await browser.open(str(page.url)))


async def test_who_is_asked_for_an_object_may_open_that_page_again_when_it_has_ended(
    signing: Handler, ada: Browser, clock: TestClock
) -> None:
    text = sign(exp=int(clock().timestamp()) + 60)
    page = await ada.open(await signing.build_authorization_url(**CODE_FLOW, request=text))
    clock.advance(minutes=5)
    again = await ada.open(str(page.url))
    answer = await ada.submit(again, "/connect/authorize/decision", decision="allow")
    assert read_redirect(answer)["code"]


@pytest.mark.spec("OpenID Connect Core", "6.2")
async def test_an_object_is_fetched_from_a_registered_address_each_time(
    signing: Handler, ada: Browser, site: Site, platform: Platform
) -> None:
    for number, text in enumerate((sign(state="s0"), write_unsigned(state="s1"))):
        site.answer = text
        told = read_redirect(await reach_answer(signing, ada, **{**CODE_FLOW, "request_uri": URL}))
        assert (told["state"], bool(told["code"])) == (f"s{number}", True)
    assert site.asked == [URL, URL]
    await execute(platform, "update client set request_uris = $1", [f"{URL}#v2"])
    assert read_redirect(await ask(ada.client, signing, request_uri=f"{URL}#v2"))["code"]
    assert site.asked[2:] == [URL]


@pytest.mark.spec("OpenID Connect Core", "6.2")
@pytest.mark.parametrize(
    "request_uri", [URL + "?x", URL + "#x", "https://evil.example/", "urn:x", "é", "http://169.254.169.254/"]
)
async def test_no_other_address_is_asked(signing: Handler, site: Site, request_uri: str) -> None:
    assert (await read_error(signing, request_uri=request_uri))[0] == "invalid_request_uri"
    assert site.asked == []


async def test_nothing_is_fetched_for_a_client_that_must_push(
    signing: Handler, site: Site, platform: Platform
) -> None:
    await execute(platform, "update client set require_pushed_authorization_requests = true")
    assert (await read_error(signing, request_uri=URL))[0] == "invalid_request"
    assert site.asked == []


@pytest.mark.spec("OpenID Connect Core", "3.1.2.6")
@pytest.mark.parametrize("answer", [404, 302, OutgoingError("no answer"), "", "no token", "é"])
async def test_an_address_that_gives_no_object_is_told_so(
    signing: Handler, site: Site, answer: str | int | OutgoingError
) -> None:
    site.answer = answer
    error = "invalid_request_object" if isinstance(answer, str) else "invalid_request_uri"
    assert (await read_error(signing, request_uri=URL))[0] == error


async def test_an_object_comes_by_value_or_by_reference(signing: Handler, site: Site) -> None:
    assert (await read_error(signing, request_uri=URL, request=sign()))[0] == "invalid_request"
    assert site.asked == []


async def test_nobody_has_an_address_asked_at_will(
    signing: Handler, site: Site, platform: Platform, clock: TestClock
) -> None:
    site.answer = sign(prompt="none")
    assert (await read_error(signing, request_uri=URL))[0] == "login_required"
    counter = platform.identity.limiter.find_counter(FETCHED_REQUESTS, find_network("127.0.0.1"), clock())
    await execute(
        platform,
        "update attempt_counter set attempts = $3 where subject = $1 and window_start = $2",
        counter.subject,
        counter.window,
        FETCHED_REQUESTS.attempts,
    )
    refused = await ask(signing.http, signing, request_uri=URL)
    assert (refused.status_code, site.asked) == (429, [URL])
    clock.advance(minutes=15)
    assert (await read_error(signing, request_uri=URL))[0] == "login_required"


async def test_developers_read_what_was_wrong_with_an_object(
    signing: Handler, site: Site, platform: Platform
) -> None:
    site.answer = 404
    secret = "a-very-secret-login-hint"
    await ask(signing.http, signing, request_uri=URL)
    await ask(signing.http, signing, request=sign(ECKey.generate_key("P-256"), login_hint=secret))
    await platform.identity.refusals.flush(platform.database)
    async with platform.database.connection() as connection:
        rows = [dict(row) for row in await connection.fetch("select * from client_refusal")]
    told = {(row["error"], row["parameter"]): row["reason"] for row in rows}
    assert "status 404" in told["invalid_request_uri", "request_uri"]
    assert "not by the key" in told["invalid_request_object", "request"]
    assert secret not in str(rows)
