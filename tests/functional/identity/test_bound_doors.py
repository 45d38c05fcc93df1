"""Every door that an access token opens looks whether whoever sends a bound one holds its key: RFC 9449 7."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest

from borvo.assembly import Platform, build_platform
from borvo.settings import Settings
from tests.factories.clients import MYBP_SCOPES, register_client
from tests.factories.proofs import Prover, hash_token
from tests.functional.application import build_app_for
from tests.functional.browser import Browser
from tests.functional.conftest import ISSUER, TestClock, reuse_keys
from tests.functional.identity.aspnet import Handler
from tests.functional.identity.assertions import GRANT, register_signer
from tests.functional.identity.flows import call_userinfo, count, obtain_code, obtain_tokens
from tests.functional.identity.strict import PUSH, REQUEST, App
from tests.functional.identity.test_every_door import fill_path, list_paths

ALGORITHMS = 'algs="ES256 EdDSA PS256 RS256"'
USERINFO = "/connect/userinfo"
KNOWN = {
    ("GET", USERINFO),
    ("POST", USERINFO),
    *(("GET", path) for path in ("/sample/v1", "/api/sample", "/sample", "/query/v1/sample")),
    *(("POST", path) for path in ("/sample/v1", "/api/sample", "/sample", "/query/v1", "/api/query")),
    *(("GET", path) for path in ("/query/v1", "/api/query", "/sample/v1/statistics", "/sample/v1/changes")),
    *((method, "/sample/v1/x") for method in ("PUT", "DELETE")),
    *(("GET", path) for path in ("/agency/v1/claims", "/api/agency/claims", "/agency/claims/v1")),
    *(("POST", f"/agency/v1/{name}") for name in ("querytoken", "createagencyinvite")),
    *(("GET", f"/{name}/v1/membership") for name in ("organizations", "organisations")),
}

Door = tuple[str, str]


@pytest.fixture
def prover(clock: TestClock) -> Prover:
    return Prover(clock)


@pytest.fixture
def thief(clock: TestClock) -> Prover:
    return Prover(clock, number=1)


async def bind(platform: Platform, http: httpx.AsyncClient, ada: Browser, prover: Prover) -> str:
    """An access token for Ada by a client of all scopes."""
    scopes = (*MYBP_SCOPES, "agency_api", "read.height", "write.height")
    await register_client(platform, scopes=scopes)
    handler = Handler(http, "demo.mybp", " ".join(scopes))
    code = await obtain_code(handler, ada)
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": handler.redirect_uri}
    answer = await prover.ask(handler, **fields)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


@pytest.fixture
async def token(platform: Platform, http: httpx.AsyncClient, ada: Browser, prover: Prover) -> str:
    return await bind(platform, http, ada, prover)


_doors: list[Door] = []


async def find_doors(platform: Platform, http: httpx.AsyncClient) -> list[Door]:
    """All that answer a stranger by asking for an access token. Looked for once, since there is much to knock at."""
    if _doors:
        return _doors
    for path, methods in list_paths(platform):
        for method in methods & {"GET", "POST", "PUT", "DELETE", "PATCH"}:
            url = fill_path(path, "x")
            answer = await http.request(method, url)
            if answer.headers.get("www-authenticate", "").startswith("Bearer, DPoP algs="):
                assert answer.status_code == 401
                _doors.append((method, url))
    return _doors


@pytest.mark.spec("RFC 9449", "7.2")
async def test_a_stolen_token_opens_no_door(
    platform: Platform, http: httpx.AsyncClient, token: str, thief: Prover
) -> None:
    doors = await find_doors(platform, http)
    assert set(doors) >= KNOWN
    for method, path in doors:
        bearer = {"Authorization": f"Bearer {token}"}
        stolen = {
            "as Bearer": bearer,
            "by another key": thief.show(method, path, token),
            "with a query token": {**bearer, "agency-query-token": "x"},
        }
        for how, headers in stolen.items():
            answer = await http.request(method, path, headers=headers)
            assert answer.status_code == 401, (method, path, how)
            assert answer.headers["www-authenticate"].startswith('DPoP error="invalid_token"')
            assert ALGORITHMS in answer.headers["www-authenticate"]
    assert await count(platform, "used_proof") == 1


@pytest.mark.spec("RFC 9449", "4.3")
async def test_a_proof_of_something_else_opens_nothing(
    platform: Platform, http: httpx.AsyncClient, token: str, prover: Prover
) -> None:
    for method, path in (("GET", USERINFO), ("PUT", "/sample/v1/x")):
        bearer = {"Authorization": f"Bearer {token}"}
        stolen = {
            "as Bearer with a proof": {**prover.show(method, path, token), **bearer},
            "without a proof": {"Authorization": f"DPoP {token}"},
            "for another token": prover.show(method, path, token, ath=hash_token("x")),
            "for no token": prover.show(method, path, token, ath=None),
            "for another path": prover.show(method, path, token, htu=f"{ISSUER}{path}/x"),
            "for another host": prover.show(method, path, token, htu=f"https://evil.example{path}"),
            "for another method": prover.show(method, path, token, htm="PATCH"),
            "of another time": prover.show(method, path, token, iat=1),
        }
        for how, headers in stolen.items():
            answer = await http.request(method, path, headers=headers)
            assert answer.status_code == 401, (method, path, how)
            assert answer.headers["www-authenticate"].startswith('DPoP error="invalid_'), (method, path, how)
            assert ALGORITHMS in answer.headers["www-authenticate"]
    assert await count(platform, "used_proof") == 1


@pytest.mark.spec("RFC 9449", "7.1")
async def test_every_door_opens_for_the_holder_of_the_key_once_a_proof(
    platform: Platform, http: httpx.AsyncClient, token: str, prover: Prover
) -> None:
    for method, path in await find_doors(platform, http):
        headers = prover.show(method, path, token)
        assert (await http.request(method, path, headers=headers)).status_code != 401, (method, path)
        again = await http.request(method, path, headers=headers)
        assert again.status_code == 401, (method, path)
        assert 'error="invalid_dpop_proof"' in again.headers["www-authenticate"]


@pytest.mark.spec("RFC 9449", "11.1")
async def test_of_fifty_uses_of_one_proof_one_is_answered(
    http: httpx.AsyncClient, token: str, prover: Prover
) -> None:
    headers = prover.show("GET", USERINFO, token)
    answers = await asyncio.gather(*(http.get(USERINFO, headers=headers) for _ in range(50)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 49


@pytest.mark.spec("RFC 9449", "7.2")
async def test_a_token_that_is_not_bound_is_sent_as_bearer(
    http: httpx.AsyncClient, handler: Handler, ada: Browser, prover: Prover, platform: Platform
) -> None:
    token = (await obtain_tokens(handler, ada))["access_token"]
    answer = await http.get(USERINFO, headers=prover.show("GET", USERINFO, token))
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith('Bearer error="invalid_token"')
    assert (await call_userinfo(http, token)).status_code == 200
    # A proof beside it is nobody's business.
    both = {**prover.show("GET", USERINFO, token), "Authorization": f"Bearer {token}"}
    assert (await http.get(USERINFO, headers=both)).status_code == 200
    assert await count(platform, "used_proof") == 0


@pytest.mark.spec("RFC 6750", "2")
async def test_several_tokens_in_one_request_are_refused(
    http: httpx.AsyncClient, handler: Handler, ada: Browser
) -> None:
    token = (await obtain_tokens(handler, ada))["access_token"]
    header = ("Authorization", f"Bearer {token}")
    twice = await http.get(USERINFO, headers=[header, header])
    mixed = await http.get(USERINFO, headers=[header, ("Authorization", f"DPoP {token}")])
    beside = await http.post(USERINFO, headers=[header], data={"access_token": token})
    doubled = await http.post(USERINFO, data={"access_token": [token, token]})
    samples = await http.get("/sample/v1", headers=[header, header])
    assert [each.status_code for each in (twice, mixed, beside, doubled, samples)] == [400] * 5
    assert (await http.post(USERINFO, data={"access_token": token})).status_code == 200


async def test_a_bound_token_in_a_form_opens_nothing(
    http: httpx.AsyncClient, token: str, prover: Prover
) -> None:
    headers = {"DPoP": prover.prove("POST", USERINFO, token)}
    answer = await http.post(USERINFO, data={"access_token": token}, headers=headers)
    assert answer.status_code == 401


@pytest.mark.spec("RFC 9449", "7.1")
async def test_the_scheme_is_read_in_any_case_and_named_when_a_scope_is_lacking(
    http: httpx.AsyncClient, token: str, prover: Prover
) -> None:
    shown = prover.show("GET", USERINFO, token)
    shown["Authorization"] = f"dpop  {token} "
    assert (await http.get(USERINFO, headers=shown)).status_code == 200
    path = "/sample/v1?types=body_mass"
    answer = await http.get(path, headers=prover.show("GET", "/sample/v1", token))
    assert answer.status_code == 403
    assert answer.headers["www-authenticate"] == 'DPoP error="insufficient_scope", scope="read.body_mass"'


async def test_a_path_is_compared_as_it_was_sent(http: httpx.AsyncClient, token: str, prover: Prover) -> None:
    for sent, named, status in (
        ("/sample/v1/a%2Fb", "/sample/v1/a%2fb", 404),
        ("/sample/v1/%61", "/sample/v1/a", 404),
        ("/sample/v1/a%2Fb", "/sample/v1/a/b", 401),
        ("/sample/v1/a?clientAssignedId=b", "/sample/v1/a#x", 404),
    ):
        answer = await http.delete(sent, headers=prover.show("DELETE", named, token))
        assert answer.status_code == status, sent


async def test_who_sends_slowly_is_looked_at_again_and_proves_once(
    http: httpx.AsyncClient, token: str, prover: Prover, monkeypatch: pytest.MonkeyPatch, clock: TestClock
) -> None:
    monkeypatch.setattr("borvo.dataserver.write_endpoints._SOON", -1.0)
    headers = prover.show("POST", "/sample/v1", token)
    assert (await http.post("/sample/v1", json=[], headers=headers)).status_code == 200

    async def dawdle() -> AsyncIterator[bytes]:
        yield b"["
        clock.advance(hours=1)
        yield b"]"

    given = {**prover.show("POST", "/sample/v1", token), "Content-Type": "application/json"}
    assert (await http.post("/sample/v1", content=dawdle(), headers=given)).status_code == 401


@pytest.fixture
async def strict(
    settings: Settings, clock: TestClock, platform: Platform
) -> AsyncIterator[tuple[Platform, httpx.AsyncClient]]:
    """A second instance on the same database, which demands nonces."""
    built = build_platform(
        msgspec.structs.replace(settings, profile="strict"),
        clock=clock,
        passwords=platform.accounts.passwords,
        generate=reuse_keys(),
    )
    await built.database.open()
    transport = httpx.ASGITransport(app=build_app_for(built, "strict"))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=ISSUER) as client:
        yield built, client
    await built.database.close()


Strict = tuple[Platform, httpx.AsyncClient]


@pytest.mark.spec("RFC 9449", "8")
async def test_a_strict_instance_wants_its_nonce_at_the_token_endpoint(
    strict: Strict, platform: Platform, prover: Prover, clock: TestClock
) -> None:
    signer = await register_signer(platform, strict[1])
    service = Handler(strict[1], signer.client_id, "agency_api", secret="")

    async def ask() -> httpx.Response:
        return await prover.ask(service, **GRANT, **signer.prove())

    unbound = await signer.ask()
    assert (unbound.status_code, unbound.json()["error"]) == (400, "invalid_dpop_proof")
    refused = await ask()
    assert (refused.status_code, refused.json()["error"]) == (400, "use_dpop_nonce")
    prover.nonce = refused.headers["dpop-nonce"]
    answer = await ask()
    assert (answer.status_code, answer.json()["token_type"]) == (200, "DPoP")
    assert answer.headers["dpop-nonce"] == prover.nonce
    clock.advance(minutes=3)
    later = await ask()
    assert later.status_code == 200
    assert later.headers["dpop-nonce"] != prover.nonce
    clock.advance(minutes=3)
    assert (await ask()).json()["error"] == "use_dpop_nonce"
    prover.nonce = later.headers["dpop-nonce"]
    assert (await ask()).status_code == 200


@pytest.mark.spec("RFC 9449", "9")
async def test_a_strict_instance_wants_its_nonce_at_every_door(
    strict: Strict, token: str, prover: Prover
) -> None:
    platform, http = strict
    named = (await http.get(USERINFO)).headers["www-authenticate"]
    assert named == 'Bearer, DPoP algs="ES256 EdDSA PS256"'
    for method, path in await find_doors(platform, http):
        refused = await http.request(method, path, headers=prover.show(method, path, token, nonce=None))
        assert refused.status_code == 401, (method, path)
        assert 'error="use_dpop_nonce"' in refused.headers["www-authenticate"], (method, path)
        nonce = refused.headers["dpop-nonce"]
        answer = await http.request(method, path, headers=prover.show(method, path, token, nonce=nonce))
        assert answer.status_code != 401, (method, path)
        assert answer.headers["dpop-nonce"] == nonce


@pytest.mark.spec("RFC 9449", "10.1")
async def test_a_strict_instance_wants_its_nonce_with_a_pushed_request(
    strict: Strict, platform: Platform, prover: Prover
) -> None:
    settings: dict[str, Any] = {"grant_types": ["authorization_code"], "scopes": MYBP_SCOPES}
    fields: dict[str, Any] = {**REQUEST}
    app = App(await register_signer(platform, strict[1], **settings), prover)
    refused = await app.send(PUSH, **fields)
    assert (refused.status_code, refused.json()["error"]) == (400, "use_dpop_nonce")
    assert (await app.send(PUSH, **fields)).status_code == 201


async def test_nobody_else_is_handed_a_nonce(
    strict: Strict, http: httpx.AsyncClient, token: str, prover: Prover
) -> None:
    given: dict[str, Any] = {"headers": prover.show("GET", USERINFO, token)}
    assert "dpop-nonce" not in (await http.get(USERINFO, **given)).headers
    assert "dpop-nonce" not in (await strict[1].get(USERINFO)).headers
