"""Programs that register clients: what is refused, and who is."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from borvo.assembly import Platform
from borvo.portal.public import TeamRole, add_member, remove_member, suspend_tenancy
from borvo.portal.registration.admission import FAILURES
from borvo.portal.registration.service import REGISTRATIONS
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.portal.conftest import StartPerson
from tests.functional.portal.registrations import (
    CALLBACK,
    METADATA,
    REGISTER,
    Registrar,
    create_initial_token,
    read_fault,
)
from tests.functional.portal.tokens import create_token


@pytest.fixture
async def registrar(developer: Browser, http: httpx.AsyncClient) -> Registrar:
    return Registrar(http, await create_initial_token(developer))


async def count(platform: Platform, table: str) -> int:
    found: int = await platform.database.pool.fetchval(f"select count(*) from {table}")
    return found


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"redirect_uris": []}, "invalid_redirect_uri", "at least one address"),
    ({"redirect_uris": ["https://a.example/cb#x"]}, "invalid_redirect_uri", "fragment"),
    ({"redirect_uris": ["http://a.example/cb"]}, "invalid_redirect_uri", "plain http"),
    ({"redirect_uris": ["org.example.app:/cb"]}, "invalid_redirect_uri", "native apps"),
    ({"redirect_uris": ["https://1ocalhost:8000/cb"]}, "invalid_redirect_uri", ""),
    ({"redirect_uris": "https://a.example/cb"}, "invalid_client_metadata", "redirect_uris"),
    ({"redirect_uris": [7]}, "invalid_client_metadata", "redirect_uris"),
    ({"client_name": "x" * 101}, "invalid_client_metadata", "client_name: Use at most 100"),
    ({"client_name": "nul\x00"}, "invalid_client_metadata", "NUL"),
    ({"client_name": None, "redirect_uris": ["org.example.app:/cb"], "token_endpoint_auth_method": "none"},
     "invalid_client_metadata", "client_name: Enter the name"),
    ({"scope": "openid no.such"}, "invalid_client_metadata", "scope: There is no scope no.such"),
    ({"response_types": ["code foo"]}, "invalid_client_metadata", "response_types: code foo is not served"),
    ({"response_types": ["id_token"], "scope": "profile"}, "invalid_client_metadata", "scope: Choose openid"),
    ({"grant_types": ["password"]}, "invalid_client_metadata", "grant_types: password is not served"),
    ({"grant_types": ["implicit"], "response_types": ["code"]}, "invalid_client_metadata", "authorization_code"),
    ({"grant_types": ["authorization_code"], "response_types": ["code id_token"]},
     "invalid_client_metadata", "implicit"),
    ({"grant_types": ["authorization_code", "implicit"]}, "invalid_client_metadata", "response_types"),
    ({"grant_types": ["refresh_token"], "response_types": []}, "invalid_client_metadata", "refresh_token"),
    ({"grant_types": ["client_credentials"]}, "invalid_client_metadata", "scope: name the scopes"),
    ({"token_endpoint_auth_method": "tls_client_auth"}, "invalid_client_metadata", "is not served"),
    ({"token_endpoint_auth_method": "secret"}, "invalid_client_metadata", "is not served"),
    ({"id_token_signed_response_alg": "none"}, "invalid_client_metadata", "id_token_signed_response_alg: use"),
    ({"userinfo_signed_response_alg": "HS256"}, "invalid_client_metadata", "userinfo_signed_response_alg: use"),
    ({"id_token_encrypted_response_alg": "RSA-OAEP"}, "invalid_client_metadata", "encrypted"),
    ({"subject_type": "else"}, "invalid_client_metadata", "subject_type: use one of public, pairwise"),
    ({"subject_type": "pairwise", "redirect_uris": [CALLBACK, "https://b.example/cb"]},
     "invalid_client_metadata", "sector_identifier_uri: The callback URLs are on several hosts"),
    ({"frontchannel_logout_uri": "https://b.example/out"}, "invalid_client_metadata", "frontchannel_logout_uri"),
    ({"policy_uri": "javascript:alert(1)"}, "invalid_client_metadata", "policy_uri"),
    ({"jwks": {"keys": []}, "jwks_uri": "https://a.example/k"}, "invalid_client_metadata", "jwks"),
    ({"default_max_age": -1}, "invalid_client_metadata", "default_max_age: Enter a whole number"),
    ({"default_max_age": 10**30}, "invalid_client_metadata", "default_max_age"),
    ({"default_max_age": True}, "invalid_client_metadata", "default_max_age"),
    ({"contacts": "ops"}, "invalid_client_metadata", "contacts"),
    ({"contacts": ["a"] * 3 + [str(n) for n in range(10)]}, "invalid_client_metadata", "contacts: name at most 10"),
    ({"contacts": ["x" * 201]}, "invalid_client_metadata", "contacts"),
    ({"software_id": "nul\x00"}, "invalid_client_metadata", "software_id: use at most"),
    ({"initiate_login_uri": "http://a.example/x"}, "invalid_client_metadata", "initiate_login_uri: use an https"),
]  # fmt: skip


@pytest.mark.spec("RFC 7591", "3.2.2")
async def test_what_cannot_be_is_refused_with_a_word(platform: Platform, registrar: Registrar) -> None:
    for changes, error, words in REFUSED:
        answer = await registrar.post({**METADATA, **changes})
        assert words in read_fault(answer, error), (changes, answer.text)
    assert await count(platform, "client") == 0
    assert await platform.database.pool.fetchval("select made from initial_token") == 0


async def test_what_is_no_object_of_json_is_refused(registrar: Registrar) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    for content in (b"", b"[]", b'"x"', b"{", b"\xff", b"[" * 100_000, b'{"redirect_uris": 1'):
        read_fault(await registrar.post(content=content, headers=headers), "invalid_client_metadata")


async def test_only_json_is_read_and_not_without_end(registrar: Registrar) -> None:
    text = json.dumps(METADATA).encode()
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        answer = await registrar.post(content=text, headers={"Content-Type": kind})
        assert "application/json" in read_fault(answer, "invalid_client_metadata")
    big = {**METADATA, "unknown": "x" * 250_000}
    assert (await registrar.post(big)).status_code == 413


@pytest.mark.spec("RFC 7591", "3")
async def test_without_a_token_that_works_nothing_is_registered(
    platform: Platform, registrar: Registrar, developer: Browser
) -> None:
    told = await registrar.register()
    others = [
        "x",
        await create_token(developer),
        told["registration_access_token"],
        told["client_secret"],
        registrar.initial_token[:-1] + ("A" if registrar.initial_token[-1] != "A" else "B"),
    ]
    for token in others:
        answer = await registrar.post(token=token)
        read_fault(answer, "invalid_token", 401)
        assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    nameless = await registrar.post(token="")
    assert nameless.headers["www-authenticate"] == "Bearer"
    assert nameless.status_code == 401
    # Whoever is signed in registers nothing by it.
    assert (await developer.client.post(REGISTER, json=METADATA)).status_code == 401
    assert await count(platform, "client") == 1


async def test_a_token_registers_as_many_as_it_says_also_when_all_come_at_once(
    platform: Platform, developer: Browser, http: httpx.AsyncClient
) -> None:
    registrar = Registrar(http, await create_initial_token(developer, most="3"))
    answers = await asyncio.gather(*(registrar.post() for _ in range(12)))
    statuses = [answer.status_code for answer in answers]
    assert (statuses.count(201), statuses.count(401)) == (3, 9)
    assert "all 3 clients" in read_fault(await registrar.post(), "invalid_token", 401)
    assert await count(platform, "client") == 3
    assert len({answer.json()["client_id"] for answer in answers if answer.status_code == 201}) == 3


async def test_a_token_ends(registrar: Registrar, clock: TestClock) -> None:
    clock.advance(days=30, seconds=-1)
    await registrar.register()
    clock.advance(seconds=1)
    read_fault(await registrar.post(), "invalid_token", 401)


@pytest.mark.usefixtures("developer")
async def test_a_token_rests_on_whoever_made_it(
    platform: Platform, start_person: StartPerson, http: httpx.AsyncClient
) -> None:
    member = await start_person("fay@example.org")
    await add_member(platform.portal, "healthorg", "fay@example.org", TeamRole.DEVELOPER)
    registrar = Registrar(http, await create_initial_token(member))
    await registrar.register()
    await add_member(platform.portal, "healthorg", "fay@example.org", TeamRole.VIEWER)
    read_fault(await registrar.post(), "invalid_token", 401)
    await add_member(platform.portal, "healthorg", "fay@example.org", TeamRole.DEVELOPER)
    await registrar.register()
    await platform.database.pool.execute("delete from person_role where role = 'developer'")
    read_fault(await registrar.post(), "invalid_token", 401)
    await remove_member(platform.portal, "healthorg", "fay@example.org")
    await add_member(platform.portal, "healthorg", "fay@example.org", TeamRole.DEVELOPER)
    read_fault(await registrar.post(), "invalid_token", 401)
    assert await count(platform, "initial_token") == 0


async def test_a_suspended_tenancy_registers_nothing_and_its_clients_manage_nothing(
    platform: Platform, registrar: Registrar
) -> None:
    await registrar.register()
    await suspend_tenancy(platform.portal, "healthorg")
    read_fault(await registrar.post(), "invalid_token", 401)
    for method in ("GET", "PUT", "DELETE"):
        read_fault(
            await registrar.manage(method, METADATA if method == "PUT" else None), "insufficient_scope", 403
        )


async def test_guesses_are_limited_by_network_and_tokens_that_work_are_not(
    platform: Platform, registrar: Registrar
) -> None:
    for _ in range(FAILURES.attempts):
        await platform.accounts.limiter.spend(FAILURES, "127.0.0.1", platform.clock())
    refused = await registrar.post(token="borvo_iat_wrong")
    read_fault(refused, "temporarily_unavailable", 429)
    assert int(refused.headers["retry-after"]) > 0
    await registrar.register()


async def test_a_tenancy_is_not_flooded(platform: Platform, registrar: Registrar) -> None:
    tenancy = str(await platform.database.pool.fetchval("select id from tenancy"))
    for _ in range(REGISTRATIONS.attempts):
        await platform.accounts.limiter.spend(REGISTRATIONS, tenancy, platform.clock())
    read_fault(await registrar.post(), "temporarily_unavailable", 429)
    assert await count(platform, "client") == 0
