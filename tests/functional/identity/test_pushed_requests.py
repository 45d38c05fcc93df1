"""Requests that clients push: RFC 9126."""

import asyncio
import re

import httpx
import pytest

from borvo.assembly import Platform
from borvo.identity.service.pushing import PUSHED_REQUESTS
from borvo.identity.service.waiting import WAITING_REQUESTS
from borvo.web.addresses import find_network
from tests.factories.clients import REDIRECT_URI, SECRET, register_client
from tests.functional.browser import Browser, asks_to_sign_in, read_forms
from tests.functional.conftest import ISSUER, TestClock
from tests.functional.identity.aspnet import Handler, consent, read_redirect
from tests.functional.identity.flows import (
    ADA,
    CHALLENGE,
    VERIFIER,
    build_basic,
    count,
    execute,
    reach_answer,
)

REQUEST = {
    "response_type": "code",
    "redirect_uri": REDIRECT_URI,
    "scope": "openid email",
    "state": "its own",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


async def push(handler: Handler, **changes: str) -> httpx.Response:
    """An empty field is left out."""
    return await handler.call("pushed_authorization_request_endpoint", **{**REQUEST, **changes})


async def push_well(handler: Handler, **changes: str) -> str:
    answer = await push(handler, **changes)
    assert answer.status_code == 201, answer.text
    name: str = answer.json()["request_uri"]
    return name


async def open_name(
    browser: Browser | httpx.AsyncClient, handler: Handler, name: str, **more: str
) -> httpx.Response:
    params = {"client_id": handler.client_id, "request_uri": name, **more}
    url = str(httpx.URL("/connect/authorize", params=params))
    return await (browser.open(url) if isinstance(browser, Browser) else browser.get(url))


@pytest.mark.spec("RFC 9126", "2.2")
async def test_a_pushed_request_gets_a_name_of_256_random_bits_that_is_kept_as_a_digest(
    handler: Handler, platform: Platform
) -> None:
    answer = await push(handler)
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert re.fullmatch(r"urn:ietf:params:oauth:request_uri:[A-Za-z0-9_-]{43}", body["request_uri"])
    assert 60 <= body["expires_in"] <= 90
    async with platform.database.connection() as connection:
        row = await connection.fetchrow("select * from authorization_request")
    assert row is not None
    secret = body["request_uri"].rpartition(":")[2]
    assert secret not in str(dict(row))
    assert SECRET not in row["parameters"]


@pytest.mark.spec("RFC 9126", "4")
async def test_what_comes_beside_the_name_counts_for_nothing(handler: Handler, ada: Browser) -> None:
    name = await push_well(handler)
    more = {
        "state": "another",
        "scope": "openid profile",
        "redirect_uri": "https://evil.example/",
        "prompt": "none",
    }
    page = await open_name(ada, handler, name, response_type="code token", **more)
    told = read_redirect(await consent(ada, page))
    assert (told["state"], told["iss"]) == ("its own", ISSUER)
    tokens = (await handler.redeem(told["code"], code_verifier=VERIFIER)).json()
    assert tokens["scope"] == "openid email"


@pytest.mark.spec("RFC 9126", "7.3")
async def test_a_name_may_be_opened_twice_and_is_answered_once(handler: Handler, ada: Browser) -> None:
    await reach_answer(handler, ada, scope=REQUEST["scope"], response_type="code", response_mode=None)
    name = await push_well(handler, prompt="consent")
    await open_name(ada, handler, name)
    page = await open_name(ada, handler, name)
    assert read_redirect(await consent(ada, page))["code"]
    assert (await open_name(ada, handler, name)).status_code == 400


@pytest.mark.spec("RFC 9126", "7.3")
async def test_of_fifty_that_open_one_name_at_once_one_gets_a_code(
    handler: Handler, ada: Browser, platform: Platform
) -> None:
    await reach_answer(handler, ada, scope=REQUEST["scope"], response_type="code", response_mode=None)
    name = await push_well(handler)
    answers = await asyncio.gather(*(open_name(ada.client, handler, name) for _ in range(50)))
    codes = [answer for answer in answers if answer.status_code in {302, 303}]
    assert len(codes) == 1
    assert read_redirect(codes[0])["code"]
    assert {answer.status_code for answer in answers if answer not in codes} == {400}
    assert await count(platform, "authorization_request") == 0


@pytest.mark.spec("RFC 9126", "2.2")
async def test_a_name_ends_after_a_minute_and_a_half_and_who_has_opened_it_may_take_longer(
    handler: Handler, browser: Browser, clock: TestClock
) -> None:
    await browser.sign_up(ADA)
    opened, forgotten = await push_well(handler), await push_well(handler)
    page = await open_name(browser, handler, opened)
    clock.advance(seconds=90)
    assert (await open_name(browser, handler, forgotten)).status_code == 400
    assert (await open_name(browser, handler, opened)).status_code == 400
    clock.advance(minutes=20)
    assert read_redirect(await consent(browser, page))["code"]


async def test_who_signs_in_for_a_name_may_open_that_page_again_when_it_has_ended(
    handler: Handler, browser: Browser, clock: TestClock
) -> None:
    await browser.sign_up(ADA)
    browser.client.cookies.clear()
    page = await open_name(browser, handler, await push_well(handler))
    assert asks_to_sign_in(page)
    clock.advance(minutes=2)
    again = await browser.open(str(page.url))
    assert asks_to_sign_in(again)
    asked = await browser.submit(again, "/account/sign-in", email=ADA, password="correct horse pony")
    assert read_redirect(await consent(browser, asked))["code"]


async def test_who_is_asked_for_a_name_may_open_that_page_again_when_it_has_ended(
    handler: Handler, ada: Browser, clock: TestClock
) -> None:
    page = await open_name(ada, handler, await push_well(handler))
    clock.advance(minutes=2)
    again = await ada.open(str(page.url))
    assert read_forms(again.text) == read_forms(page.text)
    assert read_redirect(await consent(ada, again))["code"]


@pytest.mark.spec("RFC 9126", "2.2")
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_name_is_bound_to_its_client(
    handler: Handler, platform: Platform, http: httpx.AsyncClient, method: str
) -> None:
    name = await push_well(handler)
    other = await register_client(platform, "demo.other")
    for fields in (
        {"client_id": other, "request_uri": name},
        {"request_uri": name},
        {"client_id": handler.client_id, "request_uri": name[:-1]},
        {"client_id": handler.client_id, "request_uri": name + "\x00é"},
    ):
        kind = {"params": fields} if method == "GET" else {"data": fields}
        answer = await http.request(method, "/connect/authorize", **kind)  # type: ignore[arg-type]
        assert answer.status_code == 400
        assert "location" not in answer.headers
    again = (
        f"/connect/authorize?client_id={handler.client_id}&request_uri={name}&client_id={handler.client_id}"
    )
    assert (await http.get(again)).status_code == 400


async def test_nobody_gets_past_the_name_by_the_id_in_it(handler: Handler, ada: Browser) -> None:
    name = await push_well(handler)
    answer = await ada.open(f"/connect/authorize/continue?request={name.rpartition(':')[2]}")
    assert answer.status_code == 400


@pytest.mark.spec("RFC 9126", "4")
async def test_a_name_that_comes_by_post_or_before_sign_in_goes_on(
    handler: Handler, browser: Browser, clock: TestClock
) -> None:
    await browser.sign_up(ADA)
    clock.advance(seconds=1)
    fields = {"client_id": handler.client_id, "request_uri": await push_well(handler, prompt="login")}
    answer = await browser.client.post("/connect/authorize", data=fields)
    assert answer.status_code == 303
    page = await browser.open(answer.headers["location"])
    assert asks_to_sign_in(page)
    page = await browser.submit(page, "/account/sign-in", email=ADA, password="correct horse pony")
    assert read_redirect(await consent(browser, page))["code"]


@pytest.mark.spec("RFC 9126", "2.3")
@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_secret": ""}, 401, "invalid_client"),
        ({"client_id": "demo.unknown"}, 401, "invalid_client"),
        ({"redirect_uri": "https://evil.example/"}, 400, "invalid_request"),
        ({"redirect_uri": ""}, 400, "invalid_request"),
        ({"request_uri": "urn:ietf:params:oauth:request_uri:" + "A" * 43}, 400, "invalid_request"),
        ({"request_uri": "https://localhost:5001/r"}, 400, "invalid_request"),
        ({"response_type": ""}, 400, "invalid_request"),
        ({"response_type": "token"}, 400, "unsupported_response_type"),
        ({"response_type": "code token"}, 400, "unauthorized_client"),
        ({"scope": "openid read.nonsense"}, 400, "invalid_scope"),
        ({"code_challenge_method": "plain"}, 400, "invalid_request"),
        ({"max_age": "soon"}, 400, "invalid_request"),
        ({"prompt": "none login"}, 400, "invalid_request"),
        ({"id_token_hint": "e30.e30.e30"}, 400, "invalid_request"),
        ({"claims": "[]"}, 400, "invalid_request"),
        ({"state": "x" * 64_000}, 413, "invalid_request"),
    ],
)
async def test_all_that_can_be_looked_at_is_looked_at_when_it_is_pushed(
    handler: Handler, platform: Platform, changes: dict[str, str], status: int, error: str
) -> None:
    answer = await push(handler, **changes)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert await count(platform, "authorization_request") == 0


async def test_a_repeated_parameter_is_not_pushed(handler: Handler, http: httpx.AsyncClient) -> None:
    fields = {
        **REQUEST,
        "client_id": handler.client_id,
        "client_secret": SECRET,
        "redirect_uri": [REDIRECT_URI] * 2,
    }
    assert (await http.post("/connect/par", data=fields)).json()["error"] == "invalid_request"


@pytest.mark.spec("RFC 9126", "2.1")
async def test_clients_prove_who_they_are_as_at_the_token_endpoint(
    handler: Handler, platform: Platform, http: httpx.AsyncClient, ada: Browser
) -> None:
    basic = await http.post("/connect/par", data=REQUEST, headers=build_basic(handler.client_id, SECRET))
    assert basic.status_code == 201
    assert (await open_name(ada, handler, basic.json()["request_uri"])).status_code == 200
    both = await push(handler)
    assert both.status_code == 201
    public = await register_client(
        platform, "demo.public", grant_types=["authorization_code"], is_public=True
    )
    own = Handler(http, public, "openid", secret="")
    assert (await push(own)).status_code == 201
    unproven = await push(own, code_challenge="", code_challenge_method="")
    assert unproven.json()["error"] == "invalid_request"
    assert "code_challenge" in unproven.json()["error_description"]


@pytest.mark.spec("RFC 9126", "6")
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_client_that_must_push_is_refused_otherwise(
    handler: Handler, platform: Platform, ada: Browser, method: str
) -> None:
    await execute(platform, "update client set require_pushed_authorization_requests = true")
    url = httpx.URL(await handler.build_authorization_url(response_type="code", response_mode=None))
    kind = {"url": url} if method == "GET" else {"url": url.path, "data": dict(url.params)}
    told = read_redirect(await ada.client.request(method, **kind))
    assert told["error"] == "invalid_request"
    assert "push" in told["error_description"]
    assert await count(platform, "authorization_request") == 0
    page = await open_name(ada, handler, await push_well(handler))
    assert read_redirect(await consent(ada, page))["code"]


async def test_a_callback_that_was_taken_away_since_gets_no_answer(
    handler: Handler, platform: Platform, ada: Browser
) -> None:
    name = await push_well(handler)
    await execute(platform, "update client set redirect_uris = '{https://app.example/other}'")
    answer = await open_name(ada, handler, name)
    assert answer.status_code == 400
    assert "location" not in answer.headers


async def test_nobody_fills_the_database_with_pushed_requests(
    handler: Handler, platform: Platform, http: httpx.AsyncClient, clock: TestClock
) -> None:
    public = await register_client(
        platform, "demo.public", grant_types=["authorization_code"], is_public=True
    )
    own = Handler(http, public, "openid", secret="")
    async with platform.database.transaction() as connection:
        for limit, subject in (
            (PUSHED_REQUESTS, handler.client_id),
            (WAITING_REQUESTS, find_network("127.0.0.1")),
        ):
            counter = platform.identity.limiter.find_counter(limit, subject, clock())
            await connection.execute(
                "insert into attempt_counter (subject, window_start, attempts) values ($1, $2, $3)",
                counter.subject,
                counter.window,
                limit.attempts,
            )
    for each in (handler, own):
        refused = await push(each)
        assert (refused.status_code, refused.json()["error"]) == (429, "temporarily_unavailable")
        assert int(refused.headers["retry-after"]) > 0
    assert await count(platform, "authorization_request") == 0
    clock.advance(minutes=15)
    assert (await push(handler)).status_code == 201


async def test_developers_see_what_was_refused_when_it_was_pushed(
    handler: Handler, platform: Platform
) -> None:
    await push(handler, redirect_uri="https://localhost:5001/other")
    await push(handler, scope="openid read.nonsense")
    await open_name(handler.http, handler, "urn:ietf:params:oauth:request_uri:" + "A" * 43)
    await platform.identity.refusals.flush(platform.database)
    async with platform.database.connection() as connection:
        rows = await connection.fetch("select * from client_refusal order by at, id")
    told = {(row["endpoint"], row["error"], row["parameter"]) for row in rows}
    assert told == {
        ("pushed authorization", "invalid_request", "redirect_uri"),
        ("pushed authorization", "invalid_scope", "scope"),
        ("authorize", "invalid_request_uri", "request_uri"),
    }
