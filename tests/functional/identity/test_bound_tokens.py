"""Tokens that are bound to a key when they are issued: RFC 9449 5, 6 and 10."""

import asyncio
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from borvo.assembly import Platform
from borvo.identity.possession import PROOF_HASTE, PROOF_LIFETIME
from borvo.identity.public import clean_up
from tests.factories.clients import MYBP_SCOPES, SECRET, register_client
from tests.factories.proofs import Prover
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.identity.aspnet import Handler, consent, read_redirect
from tests.functional.identity.flows import (
    CHALLENGE,
    CODE_FLOW,
    LASTING,
    VERIFIER,
    call_userinfo,
    count,
    execute,
    obtain_code,
    obtain_tokens,
    reach_answer,
    refresh,
    register_lasting,
)
from tests.functional.identity.test_devices import GRANT as DEVICE_GRANT
from tests.functional.identity.test_devices import begin, decide

CODE = "authorization_code"
PUSHED = {
    "response_type": "code",
    "scope": "openid email",
    "redirect_uri": "https://localhost:5001/signin-oidc",
}


@pytest.fixture
def prover(clock: TestClock) -> Prover:
    return Prover(clock)


@pytest.fixture
def thief(clock: TestClock) -> Prover:
    """With a key of his own."""
    return Prover(clock, number=1)


@pytest.fixture
async def service(platform: Platform, http: httpx.AsyncClient) -> Handler:
    await register_client(
        platform, "demo.service", grant_types=["client_credentials"], scopes=["agency_api"], redirect_uris=[]
    )
    return Handler(http, "demo.service", "agency_api")


@pytest.fixture
async def spa(platform: Platform, http: httpx.AsyncClient) -> Handler:
    """An app in a browser, which keeps its access by refresh tokens."""
    handler = await register_lasting(platform, http, is_public=True)
    handler.secret = ""
    return handler


async def redeem(prover: Prover, handler: Handler, code: str, **changes: str) -> httpx.Response:
    fields = {"grant_type": CODE, "code": code, "redirect_uri": handler.redirect_uri, **changes}
    return await prover.ask(handler, **fields)


async def obtain_lasting(prover: Prover, spa: Handler, ada: Browser) -> dict[str, Any]:
    challenge = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    code = await obtain_code(spa, ada, scope=LASTING, **challenge)
    answer = await redeem(prover, spa, code, code_verifier=VERIFIER)
    assert answer.status_code == 200, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens


def check_error(answer: httpx.Response, error: str) -> None:
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert answer.json()["error_description"]


async def read_binding(http: httpx.AsyncClient, token: str) -> object:
    keys = (await http.get("/.well-known/openid-configuration/jwks")).json()
    return jwt.decode(token, KeySet.import_key_set(keys), algorithms=["RS256"]).claims.get("cnf")


@pytest.mark.spec("RFC 9449", "5")
@pytest.mark.parametrize("form", ["jwt", "opaque"])
async def test_a_proof_binds_the_token_of_a_service(
    service: Handler, platform: Platform, prover: Prover, form: str
) -> None:
    await execute(platform, "update client set access_token_format = $1", form)
    answer = await prover.ask(service, grant_type="client_credentials")
    assert (answer.status_code, answer.json()["token_type"]) == (200, "DPoP")
    token = answer.json()["access_token"]
    if form == "jwt":
        assert await read_binding(service.http, token) == {"jkt": prover.thumbprint}
    told = (await service.call("introspection_endpoint", token=token)).json()
    assert (told["token_type"], told["cnf"]) == ("DPoP", {"jkt": prover.thumbprint})


@pytest.mark.spec("RFC 9449", "6.2")
async def test_without_a_proof_a_token_is_bound_to_nothing(service: Handler) -> None:
    answer = await service.request_token(grant_type="client_credentials")
    assert answer.json()["token_type"] == "Bearer"
    token = answer.json()["access_token"]
    assert await read_binding(service.http, token) is None
    told = (await service.call("introspection_endpoint", token=token)).json()
    assert told["token_type"] == "Bearer"
    assert "cnf" not in told


@pytest.mark.spec("RFC 9449", "5")
async def test_the_tokens_of_a_code_are_bound_and_open_userinfo(
    handler: Handler, ada: Browser, prover: Prover
) -> None:
    answer = await redeem(prover, handler, await obtain_code(handler, ada))
    assert (answer.status_code, answer.json()["token_type"]) == (200, "DPoP")
    token = answer.json()["access_token"]
    headers = prover.show("GET", "/connect/userinfo", token)
    assert (await handler.http.get("/connect/userinfo", headers=headers)).status_code == 200
    assert (await call_userinfo(handler.http, token)).status_code == 401


@pytest.mark.spec("RFC 9449", "10")
async def test_a_code_is_redeemed_by_the_key_that_the_request_named_and_by_no_other(
    handler: Handler, ada: Browser, prover: Prover, thief: Prover
) -> None:
    code = await obtain_code(handler, ada, dpop_jkt=prover.thumbprint)
    check_error(await redeem(thief, handler, code), "invalid_grant")
    check_error(await handler.redeem(code), "invalid_grant")
    assert (await redeem(prover, handler, code)).status_code == 200


@pytest.mark.spec("RFC 9449", "10")
@pytest.mark.parametrize("thumbprint", ["x", "A" * 42, "A" * 44, "A" * 42 + "B", "é" * 43, "A" * 5000])
async def test_what_can_be_no_thumbprint_is_refused_at_once(
    handler: Handler, ada: Browser, thumbprint: str
) -> None:
    told = read_redirect(await reach_answer(handler, ada, **CODE_FLOW, dpop_jkt=thumbprint))
    assert told["error"] == "invalid_request"
    assert "dpop_jkt" in told["error_description"]


@pytest.mark.spec("RFC 9449", "10.1")
async def test_a_request_that_is_pushed_with_a_proof_gets_a_code_for_that_key(
    handler: Handler, ada: Browser, prover: Prover, thief: Prover
) -> None:
    answer = await prover.send(handler, "/connect/par", **PUSHED)
    assert answer.status_code == 201, answer.text
    params = {"client_id": handler.client_id, "request_uri": answer.json()["request_uri"]}
    page = await ada.open(str(httpx.URL("/connect/authorize", params=params)))
    code = read_redirect(await consent(ada, page))["code"]
    check_error(await redeem(thief, handler, code), "invalid_grant")
    check_error(await handler.redeem(code), "invalid_grant")
    assert (await redeem(prover, handler, code)).status_code == 200


@pytest.mark.spec("RFC 9449", "10.1")
async def test_a_pushed_request_names_no_other_key_than_its_proof(
    handler: Handler, prover: Prover, thief: Prover, platform: Platform
) -> None:
    for error, fields in (
        ("invalid_dpop_proof", {"dpop_jkt": thief.thumbprint}),
        ("invalid_request", {"dpop_jkt": "x", "scope": "openid"}),
    ):
        sender = prover if error == "invalid_dpop_proof" else handler
        if isinstance(sender, Prover):
            answer = await sender.send(handler, "/connect/par", **{**PUSHED, **fields})
        else:
            answer = await handler.call("pushed_authorization_request_endpoint", **{**PUSHED, **fields})
        check_error(answer, error)
    same = await prover.send(handler, "/connect/par", **PUSHED, dpop_jkt=prover.thumbprint)
    assert same.status_code == 201
    assert await count(platform, "authorization_request") == 1


@pytest.mark.spec("RFC 9449", "11.1")
async def test_a_proof_pushes_one_request(handler: Handler, prover: Prover, platform: Platform) -> None:
    headers = {"DPoP": prover.prove("POST", "/connect/par")}
    data = {"client_id": handler.client_id, "client_secret": SECRET, **PUSHED}
    answers = [await handler.http.post("/connect/par", data=data, headers=headers) for _ in range(2)]
    assert answers[0].status_code == 201
    check_error(answers[1], "invalid_dpop_proof")
    assert await count(platform, "authorization_request") == 1


@pytest.mark.spec("RFC 9449", "5")
async def test_refresh_tokens_of_a_public_client_are_bound_to_its_key(
    spa: Handler, ada: Browser, prover: Prover, thief: Prover
) -> None:
    first = await obtain_lasting(prover, spa, ada)
    fields = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    check_error(await thief.ask(spa, **fields), "invalid_grant")
    check_error(await refresh(spa, first["refresh_token"]), "invalid_grant")
    second = await prover.ask(spa, **fields)
    assert (second.status_code, second.json()["token_type"]) == (200, "DPoP")
    assert await read_binding(spa.http, second.json()["access_token"]) == {"jkt": prover.thumbprint}
    # Whoever lacks the key cannot even end the family by an old token.
    check_error(await thief.ask(spa, **fields), "invalid_grant")
    fields["refresh_token"] = second.json()["refresh_token"]
    third = await prover.ask(spa, **fields)
    assert third.status_code == 200
    fields["refresh_token"] = third.json()["refresh_token"]
    check_error(await thief.ask(spa, **fields), "invalid_grant")


@pytest.mark.spec("RFC 9449", "5")
async def test_a_public_client_that_begins_to_prove_is_held_to_it(
    spa: Handler, ada: Browser, prover: Prover, thief: Prover
) -> None:
    challenge = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    code = await obtain_code(spa, ada, scope=LASTING, **challenge)
    first = (await spa.redeem(code, code_verifier=VERIFIER)).json()
    unbound = (await refresh(spa, first["refresh_token"])).json()
    fields = {"grant_type": "refresh_token", "refresh_token": unbound["refresh_token"]}
    bound = (await prover.ask(spa, **fields)).json()
    assert (unbound["token_type"], bound["token_type"]) == ("Bearer", "DPoP")
    check_error(await refresh(spa, bound["refresh_token"]), "invalid_grant")
    fields["refresh_token"] = bound["refresh_token"]
    check_error(await thief.ask(spa, **fields), "invalid_grant")
    assert (await prover.ask(spa, **fields)).status_code == 200


@pytest.mark.spec("RFC 9449", "5")
async def test_a_client_with_a_secret_may_change_its_key(
    platform: Platform, http: httpx.AsyncClient, ada: Browser, prover: Prover, thief: Prover
) -> None:
    handler = await register_lasting(platform, http)
    first = (await redeem(prover, handler, await obtain_code(handler, ada, scope=LASTING))).json()
    new_key = thief
    second = await new_key.ask(handler, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert await read_binding(http, second.json()["access_token"]) == {"jkt": new_key.thumbprint}


@pytest.mark.spec("RFC 9449", "5")
async def test_a_device_binds_its_tokens(
    platform: Platform, http: httpx.AsyncClient, ada: Browser, prover: Prover, clock: TestClock
) -> None:
    scopes = [*MYBP_SCOPES, "offline_access"]
    await register_client(
        platform,
        "demo.scale",
        grant_types=["device_code"],
        scopes=scopes,
        redirect_uris=[],
        is_public=True,
        require_pkce=True,
    )
    device = Handler(http, "demo.scale", "openid email offline_access", secret="")
    begun = await begin(device)
    fields = {"grant_type": DEVICE_GRANT, "device_code": begun["device_code"]}
    assert (await prover.ask(device, **fields)).json()["error"] == "authorization_pending"
    assert await count(platform, "used_proof") == 0
    await decide(ada, begun["user_code"])
    clock.advance(seconds=6)
    answer = await prover.ask(device, **fields)
    assert (answer.status_code, answer.json()["token_type"]) == (200, "DPoP")
    check_error(await refresh(device, answer.json()["refresh_token"]), "invalid_grant")


@pytest.mark.spec("RFC 9449", "5.2")
async def test_a_client_that_is_set_to_bound_tokens_gets_no_others(
    handler: Handler, service: Handler, platform: Platform, ada: Browser, prover: Prover
) -> None:
    await execute(
        platform,
        "update client set dpop_bound_access_tokens = true, allows_front_channel_tokens = true",
    )
    check_error(await service.request_token(grant_type="client_credentials"), "invalid_dpop_proof")
    code = await obtain_code(handler, ada)
    check_error(await handler.redeem(code), "invalid_dpop_proof")
    assert (await redeem(prover, handler, code)).json()["token_type"] == "DPoP"
    for response_type in ("code token", "code id_token token"):
        told = read_redirect(
            await reach_answer(handler, ada, response_type=response_type, response_mode="fragment")
        )
        assert told["error"] == "unauthorized_client"


FAULTS: dict[str, dict[str, Any]] = {
    "another address": {"htu": "/connect/par"},
    "the address of another host": {"htu": "http://127.0.0.1:8000/connect/token"},
    "another method": {"htm": "GET"},
    "an old one": {"iat": 1},
    "one without a name": {"jti": None},
}


@pytest.mark.spec("RFC 9449", "4.3")
@pytest.mark.parametrize("changes", FAULTS.values(), ids=FAULTS)
async def test_a_proof_for_something_else_gets_no_token(
    service: Handler, prover: Prover, changes: dict[str, Any]
) -> None:
    data = {"grant_type": "client_credentials", "client_id": service.client_id, "client_secret": SECRET}
    proof = prover.prove("POST", "/connect/token", **changes)
    # The address in a Host header is whatever the sender says.
    headers = {"DPoP": proof, "Host": "127.0.0.1:8000"}
    check_error(await service.http.post("/connect/token", data=data, headers=headers), "invalid_dpop_proof")


@pytest.mark.spec("RFC 9449", "4.3")
async def test_two_proofs_or_an_unreadable_one_get_no_token(service: Handler, prover: Prover) -> None:
    data = {"grant_type": "client_credentials", "client_id": service.client_id, "client_secret": SECRET}
    good = prover.prove("POST", "/connect/token")
    for proofs in ([good, prover.prove("POST", "/connect/token")], [""], ["a.b.c"], ["x" * 9000]):
        headers = [("DPoP", each) for each in proofs]
        answer = await service.http.post("/connect/token", data=data, headers=headers)
        check_error(answer, "invalid_dpop_proof")
    other_host = {"DPoP": good, "Host": "elsewhere.example"}
    assert (await service.http.post("/connect/token", data=data, headers=other_host)).status_code == 200


async def test_who_the_client_is_comes_first(service: Handler, prover: Prover, platform: Platform) -> None:
    fields = {"grant_type": "client_credentials", "client_secret": "wrong"}
    answer = await prover.ask(service, **fields)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    answer = await prover.ask(service, grant_type="client_credentials", scope="openid")
    check_error(answer, "invalid_scope")
    # What nobody got anything by is not kept: so nobody can fill the database.
    assert await count(platform, "used_proof") == 0


@pytest.mark.spec("RFC 9449", "11.1")
async def test_of_fifty_uses_of_one_proof_one_gets_a_token(service: Handler, prover: Prover) -> None:
    data = {"grant_type": "client_credentials", "client_id": service.client_id, "client_secret": SECRET}
    headers = {"DPoP": prover.prove("POST", "/connect/token")}
    answers = await asyncio.gather(
        *(service.http.post("/connect/token", data=data, headers=headers) for _ in range(50))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 49
    for answer in answers:
        if answer.status_code != 200:
            check_error(answer, "invalid_dpop_proof")


@pytest.mark.spec("RFC 9449", "11.1")
async def test_a_used_proof_leaves_code_and_refresh_token_as_they_were(
    spa: Handler, ada: Browser, prover: Prover, platform: Platform
) -> None:
    first = await obtain_lasting(prover, spa, ada)
    data = {
        "grant_type": "refresh_token",
        "client_id": spa.client_id,
        "refresh_token": first["refresh_token"],
    }
    headers = {"DPoP": prover.prove("POST", "/connect/token", jti="once")}
    second = (await spa.http.post("/connect/token", data=data, headers=headers)).json()
    again = {"DPoP": prover.prove("POST", "/connect/token", jti="once")}
    data["refresh_token"] = second["refresh_token"]
    check_error(await spa.http.post("/connect/token", data=data, headers=again), "invalid_dpop_proof")
    assert (await prover.ask(spa, **data)).status_code == 200
    assert await count(platform, "used_proof") == 3


async def test_used_proofs_are_forgotten_when_nobody_would_take_them(
    service: Handler, prover: Prover, platform: Platform, clock: TestClock
) -> None:
    await prover.ask(service, grant_type="client_credentials")
    clock.advance(seconds=(PROOF_LIFETIME + PROOF_HASTE).total_seconds())
    await clean_up(platform.identity)
    assert await count(platform, "used_proof") == 1
    clock.advance(seconds=1)
    await clean_up(platform.identity)
    assert await count(platform, "used_proof") == 0


async def test_developers_see_what_was_wrong_with_a_proof(
    service: Handler, prover: Prover, platform: Platform
) -> None:
    data = {"grant_type": "client_credentials", "client_id": service.client_id, "client_secret": SECRET}
    headers = {"DPoP": prover.prove("POST", "/connect/token", iat=1)}
    await service.http.post("/connect/token", data=data, headers=headers)
    await platform.identity.refusals.flush(platform.database)
    async with platform.database.connection() as connection:
        row = await connection.fetchrow("select endpoint, error, reason from client_refusal")
    assert row is not None
    assert (row["endpoint"], row["error"]) == ("token", "invalid_dpop_proof")
    assert "iat" in row["reason"]


async def test_a_token_that_was_not_bound_stays_so_when_others_are(
    handler: Handler, ada: Browser, platform: Platform
) -> None:
    token = (await obtain_tokens(handler, ada))["access_token"]
    await execute(platform, "update client set dpop_bound_access_tokens = true")
    assert (await call_userinfo(handler.http, token)).status_code == 200
