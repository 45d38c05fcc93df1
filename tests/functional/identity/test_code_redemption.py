"""The authorization code at the token endpoint: for whom, for how long, and for what."""

import httpx
import pytest

from borvo.assembly import Platform
from tests.factories.clients import REDIRECT_URI, register_client
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.identity.aspnet import Handler
from tests.functional.identity.flows import call_userinfo, execute, obtain_code


def _assert_refused(answer: httpx.Response, error: str = "invalid_grant") -> None:
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["error"] == error
    assert answer.json().get("error_description", "").isascii()


async def test_a_code_is_good_for_its_client_within_a_minute(
    handler: Handler, ada: Browser, clock: TestClock
) -> None:
    code = await obtain_code(handler, ada)
    clock.advance(seconds=59)
    answer = await handler.redeem(code)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert set(answer.json()) == {"access_token", "id_token", "token_type", "expires_in", "scope"}
    assert (await call_userinfo(handler.http, answer.json()["access_token"])).status_code == 200


@pytest.mark.spec("RFC 6749", "4.1.2")
async def test_a_code_is_refused_after_a_minute(handler: Handler, ada: Browser, clock: TestClock) -> None:
    code = await obtain_code(handler, ada)
    clock.advance(seconds=61)
    _assert_refused(await handler.redeem(code))


@pytest.mark.spec("RFC 6749", "4.1.3")
async def test_another_clients_code_is_refused_and_stays_good_for_its_own(
    handler: Handler, platform: Platform, ada: Browser
) -> None:
    other = await register_client(platform, "demo.other")
    code = await obtain_code(handler, ada)
    _assert_refused(await handler.redeem(code, client_id=other))
    assert (await handler.redeem(code)).status_code == 200


@pytest.mark.spec("RFC 6749", "4.1.3")
@pytest.mark.parametrize("redirect_uri", ["", REDIRECT_URI + "/", "https://localhost:5001/other", "é"])
async def test_the_redirect_uri_must_be_the_one_of_the_request(
    handler: Handler, ada: Browser, redirect_uri: str
) -> None:
    code = await obtain_code(handler, ada)
    _assert_refused(await handler.redeem(code, redirect_uri=redirect_uri))


@pytest.mark.parametrize("code", ["", "x", "A" * 64, "A" * 100_000, 'é"\\', "%00"])
async def test_a_made_up_code_is_refused(handler: Handler, code: str) -> None:
    _assert_refused(await handler.redeem(code), "invalid_grant" if code else "invalid_request")


@pytest.mark.parametrize(
    "sql",
    [
        "update consent set withdrawn_at = $1, version = version + 1",
        "update consent set version = version + 1, granted_at = $1",
        "update person set closed_at = $1",
        "update login_session set ended_at = $1",
    ],
)
async def test_a_code_dies_with_the_consent_the_account_or_the_session_behind_it(
    handler: Handler, platform: Platform, ada: Browser, sql: str
) -> None:
    code = await obtain_code(handler, ada)
    await execute(platform, sql, platform.clock())
    _assert_refused(await handler.redeem(code))


async def test_a_client_that_was_disabled_after_the_code_was_issued_gets_nothing(
    handler: Handler, platform: Platform, ada: Browser
) -> None:
    code = await obtain_code(handler, ada)
    await execute(platform, "update client set disabled_at = $1", platform.clock())
    assert (await handler.redeem(code)).status_code == 401


async def test_a_code_never_lies_in_the_database_in_the_clear(
    handler: Handler, platform: Platform, ada: Browser
) -> None:
    code = await obtain_code(handler, ada)
    async with platform.database.connection() as connection:
        dump = await connection.fetchval("select json_agg(c)::text from authorization_code c")
    assert code not in dump
    assert code.encode().hex() not in dump


@pytest.mark.spec("RFC 6749", "3.2")
@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("", "invalid_request"),
        ("grant_type=", "invalid_request"),
        ("grant_type=password", "unsupported_grant_type"),
        ("grant_type=%C3%A9%22%5C%0A", "unsupported_grant_type"),
        ("grant_type=urn:ietf:params:oauth:grant-type:saml2-bearer", "unsupported_grant_type"),
        ("grant_type=client_credentials&grant_type=client_credentials", "invalid_request"),
        ("grant_type=client_credentials&scope=%00", "invalid_request"),
        ("grant_type=client_credentials&%00=x", "invalid_request"),
        ("grant_type=client_credentials&x=%ED%A0%80", "invalid_request"),
        ("&".join(f"p{n}=1" for n in range(5000)), "invalid_request"),
    ],
)
async def test_an_unfit_token_request_is_answered_in_json(
    http: httpx.AsyncClient, body: str, error: str
) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    _assert_refused(await http.post("/connect/token", content=body, headers=headers), error)


@pytest.mark.parametrize("content_type", ["", "application/json", "multipart/form-data", "text/plain"])
async def test_a_token_request_of_another_media_type_is_refused(
    http: httpx.AsyncClient, content_type: str
) -> None:
    headers = {"content-type": content_type}
    _assert_refused(await http.post("/connect/token", content=b"{}", headers=headers), "invalid_request")


async def test_the_token_endpoint_takes_only_post(http: httpx.AsyncClient) -> None:
    answer = await http.get("/connect/token?grant_type=client_credentials")
    assert answer.status_code == 405
    assert "POST" in answer.headers["allow"]
    assert answer.headers["content-type"] == "application/problem+json"
