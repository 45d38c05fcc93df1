"""Every rule of the FAPI 2.0 Security Profile (final) for authorization and resource servers, on a strict instance."""

import asyncio
from typing import Any
from urllib.parse import urljoin

import httpx
import msgspec
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from borvo.assembly import Platform
from borvo.kernel.entropy import decode_bytes
from borvo.settings import Settings
from tests.factories.clients import SECRET, register_client
from tests.factories.proofs import Prover
from tests.functional.browser import Browser, read_forms
from tests.functional.conftest import ISSUER, TestClock
from tests.functional.identity.aspnet import Handler, read_redirect
from tests.functional.identity.assertions import (
    RSA,
    Signer,
    register_secret_signer,
    register_signer,
)
from tests.functional.identity.flows import ADA, VERIFIER, build_basic, count, execute
from tests.functional.identity.strict import PUSH, REQUEST, TOKEN, USERINFO, App, ask_for_itself, check


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, profile="strict")


@pytest.fixture
async def app(platform: Platform, http: httpx.AsyncClient, clock: TestClock) -> App:
    scopes = ["openid", "email", "offline_access", "agency_api", "read.blood_pressure"]
    grants = ["authorization_code", "client_credentials", "hybrid", "implicit", "device_code"]
    signer = await register_signer(
        platform, http, grant_types=grants, scopes=scopes, allows_front_channel_tokens=True
    )
    app = App(signer, Prover(clock))
    await app.send(TOKEN, grant_type="client_credentials", scope="agency_api")
    assert app.prover.nonce
    return app


async def read_keys(http: httpx.AsyncClient) -> list[dict[str, Any]]:
    keys: list[dict[str, Any]] = (await http.get("/.well-known/openid-configuration/jwks")).json()["keys"]
    return keys


@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.1")
async def test_1_the_metadata_says_what_a_strict_instance_serves(http: httpx.AsyncClient) -> None:
    document = (await http.get("/.well-known/openid-configuration")).json()
    strict = ["PS256", "ES256", "EdDSA"]
    assert document["response_types_supported"] == ["code"]
    assert document["require_pushed_authorization_requests"] is True
    assert document["request_uri_parameter_supported"] is False
    for name, values in document.items():
        if name.endswith("auth_methods_supported"):
            assert values == ["private_key_jwt"], name
        if "alg_values_supported" in name:
            assert set(values) == set(strict), name
    assert "implicit" not in document["grant_types_supported"]


@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.1")
async def test_2_there_is_no_password_grant(app: App) -> None:
    answer = await app.send(TOKEN, grant_type="password", username="ada@example.org", password="x")
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.1")
async def test_3_apps_that_keep_no_key_are_not_served(
    platform: Platform, http: httpx.AsyncClient, app: App
) -> None:
    grants = ["authorization_code", "device_code"]
    public = await register_client(platform, "demo.public", grant_types=grants, is_public=True)
    for path, fields in (
        (PUSH, REQUEST),
        (TOKEN, {"grant_type": "authorization_code", "code": "x"}),
        ("/connect/deviceauthorization", {"scope": "openid"}),
        ("/connect/revocation", {"token": "x"}),
    ):
        headers = {"DPoP": app.prover.prove("POST", path)}
        answer = await http.post(path, data={"client_id": public, **fields}, headers=headers)
        check(answer, 401, "invalid_client")
        assert "private_key_jwt" in answer.json()["error_description"]


@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.1")
async def test_4_and_5_every_access_token_is_bound_to_a_key(app: App, ada: Browser) -> None:
    check(await ask_for_itself(app, proof=False), 400, "invalid_dpop_proof")
    code = read_redirect(await app.reach_answer(ada))["code"]
    check(await app.redeem(code, proof=False), 400, "invalid_dpop_proof")
    for answer in (await app.redeem(code), await ask_for_itself(app)):
        assert answer.json()["token_type"] == "DPoP"
        token = jwt.decode(
            answer.json()["access_token"],
            KeySet([RSAKey.import_key(key) for key in await read_keys(app.http) if key["kty"] == "RSA"]),
            algorithms=["PS256"],
        )
        assert token.claims["cnf"] == {"jkt": app.prover.thumbprint}


@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.1")
async def test_6_clients_prove_who_they_are_by_a_key(
    app: App, platform: Platform, http: httpx.AsyncClient
) -> None:
    await register_client(
        platform, "demo.secret", grant_types=["client_credentials"], scopes=["agency_api"], redirect_uris=[]
    )
    form = {"grant_type": "client_credentials"}
    for fields, headers in (
        ({"client_id": "demo.secret", "client_secret": SECRET}, {}),
        ({}, build_basic("demo.secret", SECRET)),
    ):
        proof = {"DPoP": app.prover.prove("POST", TOKEN)}
        answer = await http.post(TOKEN, data={**form, **fields}, headers={**headers, **proof})
        check(answer, 401, "invalid_client")
    await execute(platform, "delete from client where client_id = 'demo.signer'")
    app.signer = await register_secret_signer(platform, http)
    check(await ask_for_itself(app), 401, "invalid_client")


@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.1")
async def test_7_nobody_is_redirected_to_an_address_that_is_not_registered(app: App, ada: Browser) -> None:
    evil = "https://evil.example/"
    for path, fields in (
        ("/connect/authorize", {**REQUEST, "client_id": app.signer.client_id, "redirect_uri": evil}),
        ("/connect/endsession", {"client_id": app.signer.client_id, "post_logout_redirect_uri": evil}),
        ("/account/sign-in", {"return_to": evil}),
    ):
        answer = await ada.client.get(path, params=fields)
        assert evil not in answer.headers.get("location", "")


@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.1")
async def test_8_assertions_are_for_the_issuer_by_name(app: App) -> None:
    assert (await ask_for_itself(app)).status_code == 200
    for audience in (ISSUER + TOKEN, [ISSUER], [ISSUER, ISSUER + TOKEN], ISSUER + "/"):
        check(await ask_for_itself(app, assertion=app.signer.sign(aud=audience)), 401, "invalid_client")


@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.1")
async def test_9_a_refresh_token_is_not_replaced(app: App, ada: Browser) -> None:
    token = (await app.obtain(ada, scope="openid email offline_access"))["refresh_token"]
    fields = {"grant_type": "refresh_token", "refresh_token": token}
    answers = [
        await app.send(TOKEN, **fields),
        *await asyncio.gather(*(app.send(TOKEN, **fields) for _ in range(5))),
    ]
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json().get("refresh_token", token) for answer in answers} == {token}
    for answer in answers:
        assert (await app.call(USERINFO, answer.json()["access_token"])).status_code == 200
    # It ends with its family all the same.
    await app.send("/connect/revocation", token=token)
    check(await app.send(TOKEN, **fields), 400, "invalid_grant")
    assert (await app.call(USERINFO, answers[0].json()["access_token"])).status_code == 401


@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.1")
async def test_10_proofs_carry_a_nonce_of_the_instance(app: App) -> None:
    app.prover.nonce = None
    check(await ask_for_itself(app), 400, "use_dpop_nonce")
    assert (await ask_for_itself(app)).status_code == 200


@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.1")
async def test_11_a_code_lives_a_minute(app: App, ada: Browser, clock: TestClock) -> None:
    code = read_redirect(await app.reach_answer(ada))["code"]
    clock.advance(seconds=60)
    check(await app.redeem(code), 400, "invalid_grant")


@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.1")
async def test_12_a_code_may_be_bound_to_the_key_of_its_tokens(
    app: App, ada: Browser, clock: TestClock
) -> None:
    thief = Prover(clock, number=1, nonce=app.prover.nonce)
    code = read_redirect(await app.reach_answer(ada, dpop_jkt=app.prover.thumbprint))["code"]
    check(await App(app.signer, thief).redeem(code), 400, "invalid_grant")
    assert (await app.redeem(code)).status_code == 200


@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.1")
@pytest.mark.parametrize(("ahead", "is_taken"), [(10, True), (61, False)])
async def test_13_clocks_may_be_off_by_ten_seconds_and_not_by_a_minute(
    app: App, clock: TestClock, ahead: int, is_taken: bool
) -> None:
    later = int(clock().timestamp()) + ahead
    for name in ("iat", "nbf"):
        answer = await ask_for_itself(app, assertion=app.signer.sign(**{name: later, "exp": later + 60}))
        assert (answer.status_code == 200) is is_taken, name
        claims = {**REQUEST, "client_id": app.signer.client_id, name: later}
        request = jwt.encode({"alg": "ES256", "kid": "e"}, claims, app.signer.key, algorithms=["ES256"])
        pushed = await app.send(PUSH, proof=False, request=request)
        assert (pushed.status_code == 201) is is_taken, name
    headers = {"DPoP": app.prover.prove("POST", TOKEN, iat=later)}
    form = {"grant_type": "client_credentials", "scope": "agency_api", **app.signer.prove()}
    assert ((await app.http.post(TOKEN, data=form, headers=headers)).status_code == 200) is is_taken


@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.1")
async def test_14_a_token_may_be_narrowed_to_an_api(app: App, ada: Browser) -> None:
    tokens = await app.obtain(ada, resource=f"{ISSUER}/sample/v1")
    assert (await app.call(USERINFO, tokens["access_token"])).status_code == 401


@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.2")
@pytest.mark.parametrize(
    "response_type",
    ["id_token", "code id_token", "id_token token", "code token", "code id_token token", "token"],
)
async def test_1_the_response_type_is_code(app: App, response_type: str) -> None:
    check(await app.push(response_type=response_type, nonce="n"), 400, "unsupported_response_type")


@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.2")
async def test_2_3_and_4_requests_are_pushed_by_who_proves_who_it_is(
    app: App, ada: Browser, platform: Platform
) -> None:
    plain = {**REQUEST, "client_id": app.signer.client_id}
    signed = jwt.encode({"alg": "ES256", "kid": "e"}, plain, app.signer.key, algorithms=["ES256"])
    for method in ("GET", "POST"):
        for fields in (plain, {**plain, "request": signed}):
            kind: dict[str, Any] = {"params": fields} if method == "GET" else {"data": fields}
            told = read_redirect(await ada.client.request(method, "/connect/authorize", **kind))
            assert (told["error"], "push" in told["error_description"]) == ("invalid_request", True)
    check(await app.http.post(PUSH, data=plain), 401, "invalid_client")
    check(await app.push(client_assertion="", client_assertion_type=""), 401, "invalid_client")
    assert await count(platform, "authorization_request") == 0
    assert read_redirect(await app.reach_answer(ada))["code"]


@pytest.mark.spec("OpenID Connect Core", "3.1.2.6")
async def test_no_request_is_fetched_from_anywhere(app: App, ada: Browser, platform: Platform) -> None:
    uri = "https://localhost:5001/request.jwt"
    await execute(platform, "update client set request_uris = $1", [uri])
    fields = {**REQUEST, "client_id": app.signer.client_id, "request_uri": uri}
    told = read_redirect(await ada.client.get("/connect/authorize", params=fields))
    assert told["error"] == "request_uri_not_supported"


@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.2")
async def test_5_a_code_is_bound_to_a_challenge_by_s256(app: App, ada: Browser) -> None:
    for changes in (
        {"code_challenge": "", "code_challenge_method": ""},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": ""},
    ):
        check(await app.push(**changes), 400, "invalid_request")
    code = read_redirect(await app.reach_answer(ada))["code"]
    check(await app.redeem(code, code_verifier=VERIFIER[::-1]), 400, "invalid_grant")


@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.2")
async def test_6_a_pushed_request_names_its_redirect_uri(app: App) -> None:
    check(await app.push(redirect_uri=""), 400, "invalid_request")


@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.2")
async def test_7_10_and_11_answers_name_the_issuer_and_redirect_by_303(
    app: App, ada: Browser, clock: TestClock
) -> None:
    clock.advance(seconds=1)
    answer = await app.reach_answer(ada)
    assert (answer.status_code, read_redirect(answer)["iss"]) == (303, ISSUER)
    refused = await app.open(ada, prompt="none", scope="openid email agency_api")
    assert (refused.status_code, read_redirect(refused)["iss"]) == (303, ISSUER)
    page = await app.open(ada, prompt="login")
    form = next(form for form in read_forms(page.text) if form.action.startswith("/account/sign-in"))
    fields = {**dict(form.fields), "email": ADA, "password": "correct horse pony"}
    posted = await ada.client.post(urljoin(str(page.url), form.action), data=fields)
    assert (posted.status_code, read_redirect(posted)["iss"]) == (303, ISSUER)


@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.2")
async def test_8_answers_do_not_go_over_the_network_in_the_clear(app: App, platform: Platform) -> None:
    uris = ["http://localhost:5001/cb", "http://app.example/cb"]
    await execute(platform, "update client set redirect_uris = $1", uris)
    for uri in uris:
        check(await app.push(redirect_uri=uri), 400, "invalid_request")


@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.2")
async def test_9_a_code_is_redeemed_once(app: App, ada: Browser) -> None:
    code = read_redirect(await app.reach_answer(ada))["code"]
    tokens = (await app.redeem(code)).json()
    check(await app.redeem(code), 400, "invalid_grant")
    assert (await app.call(USERINFO, tokens["access_token"])).status_code == 401


@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.2")
async def test_12_and_14_a_name_lives_shortly_and_a_nonce_may_be_long(app: App, ada: Browser) -> None:
    assert (await app.push()).json()["expires_in"] < 600
    tokens = await app.obtain(ada, nonce="n" * 64)
    handler = Handler(app.http, app.signer.client_id, "openid")
    assert (await handler.read_id_token(tokens["id_token"], "PS256"))["nonce"] == "n" * 64


@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.2.2")
async def test_13_a_person_reads_who_asks_and_for_what(app: App, ada: Browser) -> None:
    page = await app.open(ada)
    assert "App signer" in page.text
    assert "email" in page.text


@pytest.mark.spec("FAPI 2.0 Security Profile", "5.3.4")
async def test_resource_servers_take_bound_tokens_in_the_header_that_still_stand(
    app: App, ada: Browser, clock: TestClock
) -> None:
    token = (await app.obtain(ada))["access_token"]
    assert (await app.call(USERINFO, token)).status_code == 200
    for path in (f"{USERINFO}?access_token={token}", f"/sample/v1?access_token={token}"):
        assert (await app.http.get(path)).status_code == 401
    bearer = await app.http.get(USERINFO, headers={"Authorization": f"Bearer {token}"})
    thief = Prover(clock, number=1, nonce=app.prover.nonce).show("GET", USERINFO, token)
    assert {bearer.status_code, (await app.http.get(USERINFO, headers=thief)).status_code} == {401}
    assert (await app.call("/organizations/v1/membership", token)).status_code == 403
    await app.send("/connect/revocation", token=token)
    assert (await app.call(USERINFO, token)).status_code == 401


@pytest.mark.spec("FAPI 2.0 Security Profile", "5.4.1")
async def test_1_nothing_is_signed_by_rs256_or_by_nobody(app: App, ada: Browser, clock: TestClock) -> None:
    tokens = await app.obtain(ada)
    for name in ("access_token", "id_token"):
        header = msgspec.json.decode(decode_bytes(tokens[name].partition(".")[0]) or b"")
        assert header["alg"] == "PS256"
    other = Signer(app.signer.platform, app.http, app.signer.client_id, RSA, "RS256", "r")
    check(await App(other, app.prover).push(), 401, "invalid_client")
    old = Prover(clock, algorithm="RS256", nonce=app.prover.nonce)
    check(await ask_for_itself(App(app.signer, old)), 400, "invalid_dpop_proof")
    claims = {**REQUEST, "client_id": app.signer.client_id}
    for key, algorithm, kid in ((RSA, "RS256", "r"), (None, "none", "")):
        text = (
            jwt.encode({"alg": algorithm, "kid": kid}, claims, key, algorithms=[algorithm])
            if key
            else "eyJhbGciOiJub25lIn0.e30."
        )
        check(await app.send(PUSH, proof=False, request=text), 400, "invalid_request_object")


@pytest.mark.spec("FAPI 2.0 Security Profile", "5.4.1")
@pytest.mark.spec("FAPI 2.0 Security Profile", "5.4.2")
async def test_2_3_and_4_keys_are_long_names_are_single_and_secrets_random(app: App, ada: Browser) -> None:
    keys = await read_keys(app.http)
    assert len({key["kid"] for key in keys}) == len(keys)
    for key in keys:
        if key["kty"] == "RSA":
            assert len(decode_bytes(key["n"]) or b"") * 8 >= 2048
        assert key.get("crv") in {None, "P-256", "Ed25519"}
    code = read_redirect(await app.reach_answer(ada))["code"]
    # Behind the person's id stand 256 random bits.
    assert len(decode_bytes(code) or b"") - 16 >= 16
