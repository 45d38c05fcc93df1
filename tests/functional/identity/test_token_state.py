"""Opaque access tokens, introspection and revocation."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from borvo.assembly import Platform
from tests.factories.clients import SECRET, register_client
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.identity.aspnet import Handler
from tests.functional.identity.assertions import read_reasons, seal_secret
from tests.functional.identity.flows import (
    call_userinfo,
    execute,
    fetch_value,
    obtain_lasting,
    refresh,
    register_lasting,
)

FORMATS = ["jwt", "opaque"]


@pytest.fixture(params=FORMATS)
async def lasting(request: pytest.FixtureRequest, platform: Platform, http: httpx.AsyncClient) -> Handler:
    return await register_lasting(platform, http, access_token_format=request.param)


async def introspect(handler: Handler, token: str, **fields: str) -> dict[str, Any]:
    answer = await handler.call("introspection_endpoint", token=token, **fields)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_an_opaque_token_says_nothing_and_works_as_a_signed_one(
    platform: Platform, http: httpx.AsyncClient, ada: Browser
) -> None:
    handler = await register_lasting(platform, http, access_token_format="opaque")
    tokens = await obtain_lasting(handler, ada)
    assert "." not in tokens["access_token"]
    claims = await handler.read_id_token(tokens["id_token"])
    seen = await call_userinfo(http, tokens["access_token"])
    assert seen.json()["sub"] == claims["sub"]
    again = (await refresh(handler, tokens["refresh_token"])).json()
    assert (await call_userinfo(http, again["access_token"])).status_code == 200
    assert (
        await http.get("/sample/v1", headers={"Authorization": f"Bearer {again['access_token']}"})
    ).status_code == 403


async def test_a_service_may_have_opaque_tokens_too(platform: Platform, http: httpx.AsyncClient) -> None:
    client_id = await register_client(
        platform,
        "demo.worker",
        grant_types=["client_credentials"],
        scopes=["agency_api"],
        access_token_format="opaque",
    )
    worker = Handler(http, client_id, "agency_api")
    token = (await worker.request_token(grant_type="client_credentials")).json()["access_token"]
    assert "." not in token
    state = await introspect(worker, token)
    assert (state["active"], state["sub"], state["scope"]) == (True, client_id, "agency_api")


async def test_an_opaque_token_is_kept_as_a_digest_and_ends_with_its_hour(
    platform: Platform, http: httpx.AsyncClient, ada: Browser, clock: TestClock
) -> None:
    handler = await register_lasting(platform, http, access_token_format="opaque")
    token = (await obtain_lasting(handler, ada))["access_token"]
    async with platform.database.connection() as connection:
        assert token not in await connection.fetchval("select row_to_json(t)::text from access_token t")
    altered = token[:-1] + ("A" if token[-1] != "A" else "B")
    assert (await call_userinfo(http, altered)).status_code == 401
    clock.advance(hours=1)
    assert (await call_userinfo(http, token)).status_code == 401


async def test_an_opaque_token_is_good_for_nobody_but_the_person_in_whose_row_it_lies(
    platform: Platform, http: httpx.AsyncClient, ada: Browser
) -> None:
    handler = await register_lasting(platform, http, access_token_format="opaque")
    token = (await obtain_lasting(handler, ada))["access_token"]
    await execute(
        platform,
        "update access_token set claims = jsonb_set(claims, '{sub}', to_jsonb($1::text))",
        str(uuid4()),
    )
    assert (await call_userinfo(http, token)).status_code == 401
    assert await introspect(handler, token) == {"active": False}


@pytest.mark.spec("RFC 7662", "2.2")
async def test_introspection_tells_about_live_tokens(lasting: Handler, ada: Browser) -> None:
    tokens = await obtain_lasting(lasting, ada)
    subject = (await lasting.read_id_token(tokens["id_token"]))["sub"]
    state = await introspect(lasting, tokens["access_token"])
    assert state["active"] is True
    assert state["client_id"] == lasting.client_id
    assert state["sub"] == subject
    assert set(state["scope"].split()) == {"openid", "email", "offline_access"}
    assert state["token_type"] == "Bearer"
    lasting_state = await introspect(lasting, tokens["refresh_token"])
    assert (lasting_state["active"], lasting_state["sub"]) == (True, subject)
    assert lasting_state["exp"] > state["exp"]


@pytest.mark.spec("RFC 7662", "2.2")
async def test_what_is_no_live_token_is_not_active_and_nothing_else(lasting: Handler, ada: Browser) -> None:
    tokens = await obtain_lasting(lasting, ada)
    await refresh(lasting, tokens["refresh_token"])
    for text in ("x", "a.b.c", "A" * 64, tokens["refresh_token"], tokens["id_token"]):
        assert await introspect(lasting, text) == {"active": False}


async def test_a_token_of_another_tenancy_is_not_active(
    lasting: Handler, platform: Platform, ada: Browser
) -> None:
    tokens = await obtain_lasting(lasting, ada)
    neighbour = Handler(lasting.http, await register_client(platform, "demo.api"), "openid")
    stranger = Handler(lasting.http, await register_client(platform, "other.api"), "openid")
    assert (await introspect(neighbour, tokens["access_token"]))["active"] is True
    assert await introspect(stranger, tokens["access_token"]) == {"active": False}
    for each in (neighbour, stranger):
        assert await introspect(each, tokens["refresh_token"]) == {"active": False}


@pytest.mark.spec("RFC 7662", "2.1")
@pytest.mark.spec("RFC 7009", "2.1")
@pytest.mark.parametrize("endpoint", ["introspection_endpoint", "revocation_endpoint"])
async def test_nobody_asks_or_ends_without_being_known(lasting: Handler, ada: Browser, endpoint: str) -> None:
    token = (await obtain_lasting(lasting, ada))["access_token"]
    for changes in ({"client_secret": "wrong"}, {"client_secret": ""}, {"client_id": "demo.nobody"}):
        answer = await lasting.call(endpoint, token=token, **changes)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert (await lasting.call(endpoint)).json()["error"] == "invalid_request"
    assert (await call_userinfo(lasting.http, token)).status_code == 200


async def test_a_client_without_a_secret_does_not_introspect(
    lasting: Handler, platform: Platform, ada: Browser
) -> None:
    token = (await obtain_lasting(lasting, ada))["access_token"]
    public = await register_client(platform, "demo.native", is_public=True)
    answer = await lasting.call("introspection_endpoint", token=token, client_id=public, client_secret="")
    assert answer.json()["error"] == "unauthorized_client"


@pytest.mark.spec("RFC 7009", "2.1")
async def test_a_revoked_access_token_ends_alone(lasting: Handler, ada: Browser) -> None:
    tokens = await obtain_lasting(lasting, ada)
    answer = await lasting.call("revocation_endpoint", token=tokens["access_token"])
    assert answer.status_code == 200
    assert (await call_userinfo(lasting.http, tokens["access_token"])).status_code == 401
    assert await introspect(lasting, tokens["access_token"]) == {"active": False}
    assert (await refresh(lasting, tokens["refresh_token"])).status_code == 200


@pytest.mark.spec("RFC 7009", "2.1")
async def test_a_revoked_refresh_token_takes_its_family_along(lasting: Handler, ada: Browser) -> None:
    first = await obtain_lasting(lasting, ada)
    second = (await refresh(lasting, first["refresh_token"])).json()
    assert (await lasting.call("revocation_endpoint", token=second["refresh_token"])).status_code == 200
    for tokens in (first, second):
        assert (await call_userinfo(lasting.http, tokens["access_token"])).status_code == 401
    assert (await refresh(lasting, second["refresh_token"])).status_code == 400


async def test_that_an_app_gave_up_its_access_stands_in_the_persons_log_once(
    lasting: Handler, platform: Platform, ada: Browser
) -> None:
    token = (await obtain_lasting(lasting, ada))["refresh_token"]
    for _ in range(3):
        assert (await lasting.call("revocation_endpoint", token=token)).status_code == 200
    async with platform.database.connection() as connection:
        rows = await connection.fetch("select * from security_event where kind = 'token_family_returned'")
    assert [(row["actor"], row["client_id"]) for row in rows] == [
        (f"client {lasting.client_id}", lasting.client_id)
    ]
    assert "App lasting gave up its lasting access." in (await ada.open("/account/security")).text


@pytest.mark.spec("RFC 7009", "2.2")
@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "of-no-kind"])
async def test_a_hint_about_the_kind_is_only_a_hint(lasting: Handler, ada: Browser, hint: str) -> None:
    tokens = await obtain_lasting(lasting, ada)
    for name in ("access_token", "refresh_token"):
        answer = await lasting.call("revocation_endpoint", token=tokens[name], token_type_hint=hint)
        assert answer.status_code == 200
    assert (await refresh(lasting, tokens["refresh_token"])).status_code == 400


@pytest.mark.spec("RFC 7009", "2.2")
async def test_what_is_unknown_or_anothers_is_answered_as_if_it_were_revoked(
    lasting: Handler, platform: Platform, ada: Browser
) -> None:
    tokens = await obtain_lasting(lasting, ada)
    other = Handler(lasting.http, await register_client(platform, "demo.other"), "openid")
    for text in ("x", tokens["access_token"], tokens["refresh_token"]):
        assert (await other.call("revocation_endpoint", token=text)).status_code == 200
    assert (await call_userinfo(lasting.http, tokens["access_token"])).status_code == 200
    assert (await refresh(lasting, tokens["refresh_token"])).status_code == 200


async def test_withdrawn_consent_ends_every_kind_of_token(
    lasting: Handler, platform: Platform, ada: Browser
) -> None:
    tokens = await obtain_lasting(lasting, ada)
    await execute(platform, "update consent set withdrawn_at = now(), version = version + 1")
    assert await introspect(lasting, tokens["access_token"]) == {"active": False}
    assert await introspect(lasting, tokens["refresh_token"]) == {"active": False}


@pytest.mark.parametrize(
    ("path", "name"), [("/connect/introspect", "introspection"), ("/connect/revocation", "revocation")]
)
async def test_a_refused_question_is_told_the_developers_of_who_asked(
    platform: Platform, http: httpx.AsyncClient, path: str, name: str
) -> None:
    client_id = await register_client(platform)
    answer = await http.post(path, data={"client_id": client_id, "client_secret": SECRET})
    assert answer.status_code == 400
    assert await read_reasons(platform) == [("The request has no token.", "")]
    assert await fetch_value(platform, "select endpoint from client_refusal") == name


@pytest.mark.parametrize("path", ["/connect/introspect", "/connect/revocation"])
async def test_who_merely_names_a_client_writes_nothing_into_its_log(
    platform: Platform, http: httpx.AsyncClient, path: str
) -> None:
    client_id = await register_client(platform)
    public = await register_client(platform, "demo.public", is_public=True)
    for data in (
        {"client_id": client_id, "client_secret": "wrong" * 10, "token": "x"},
        {"client_id": client_id, "token": "x"},
        {"client_id": public},
        {"client_id": "demo.nobody", "client_secret": "x"},
    ):
        assert (await http.post(path, data=data)).status_code in {400, 401}
    assert await read_reasons(platform) == []


async def test_a_secret_that_has_expired_is_told_its_developers(
    platform: Platform, http: httpx.AsyncClient
) -> None:
    client_id = await register_client(platform, is_public=False)
    secret = await seal_secret(platform, client_id, expires_at=platform.clock())
    answer = await http.post(
        "/connect/introspect", data={"client_id": client_id, "client_secret": secret, "token": "x"}
    )
    assert answer.status_code == 401
    assert await read_reasons(platform) == [("The secret has expired.", "client_secret")]
