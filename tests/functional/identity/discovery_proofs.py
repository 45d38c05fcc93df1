"""Drivers of the discovery document: what is signed and by which algorithm, and how clients prove who they are."""

import json

import httpx
from joserfc import jwt
from joserfc.jwk import Key, OctKey

from borvo.kernel.entropy import encode_bytes
from tests.factories.clients import REDIRECT_URI, SECRET
from tests.factories.proofs import Prover
from tests.functional.conftest import ISSUER
from tests.functional.identity.aspnet import Handler, consent, read_redirect
from tests.functional.identity.assertions import EC, ED, RSA, Signer, seal_secret
from tests.functional.identity.discovery_stage import KEYS, Stage, drives, read_answer
from tests.functional.identity.flows import CHALLENGE, build_basic, execute
from tests.functional.site import serve_site


@drives("id_token_signing_alg_values_supported")
async def _id_token_algorithms(stage: Stage, value: str) -> None:
    tokens = await stage.obtain(await stage.register(signing_algorithm=value))
    assert (await stage.read(tokens["id_token"]))[0]["alg"] == value


@drives("userinfo_signing_alg_values_supported")
async def _userinfo_algorithms(stage: Stage, value: str) -> None:
    tokens = await stage.obtain(await stage.register(userinfo_signed_response_alg=value))
    answer = await stage.fetch_userinfo(tokens["access_token"])
    assert (await stage.read(answer.text))[0]["alg"] == value


_HOLDERS: dict[str, tuple[Key, str]] = {
    "ES256": (EC, "e"),
    "EdDSA": (ED, "d"),
    "RS256": (RSA, "r"),
    "PS256": (RSA, "r"),
}


def _sign_request(stage: Stage, handler: Handler, algorithm: str, state: str) -> str:
    """A request object of the client's that says the state."""
    now = int(stage.platform.clock().timestamp())
    claims = {"iss": handler.client_id, "aud": ISSUER, "nbf": now, "exp": now + 60}
    asked = {
        "client_id": handler.client_id,
        "response_type": "code",
        "redirect_uri": REDIRECT_URI,
        "state": state,
    }
    proof = {
        "scope": "openid",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    if algorithm == "none":
        parts = [json.dumps(each).encode() for each in ({"alg": "none"}, {"state": state})]
        return ".".join([*map(encode_bytes, parts), ""])
    key, kid = _HOLDERS[algorithm]
    header = {"alg": algorithm, "kid": kid, "typ": "oauth-authz-req+jwt"}
    return jwt.encode(header, {**claims, **asked, **proof}, key, algorithms=[algorithm])


@drives("request_object_signing_alg_values_supported")
async def _request_algorithms(stage: Stage, value: str) -> None:
    handler = await stage.register(jwks=KEYS)
    text = _sign_request(stage, handler, value, "within")
    told = read_redirect(await stage.reach_answer(handler, request=text, state="within"))
    assert (told["state"], "code" in told) == ("within", True)
    altered = await stage.ask(handler, request=f"{text[:-8]}AAAAAAAA" if value != "none" else "x")
    assert altered["error"] == "invalid_request_object"


@drives("request_parameter_supported")
async def _request_objects(stage: Stage, value: bool) -> None:
    assert value is True
    await _request_algorithms(stage, "ES256")


@drives("request_uri_parameter_supported", "require_request_uri_registration")
async def _request_uris(stage: Stage, value: bool) -> None:
    """One that is registered is fetched where they are served; one that is not registered never is."""
    served = stage.document["request_uri_parameter_supported"]
    async with serve_site() as site:
        uri, other = (f"http://127.0.0.1:{site.port}/{name}.jwt" for name in ("registered", "other"))
        handler = await stage.register(request_uris=[uri], jwks=KEYS)
        for path in ("/registered.jwt", "/other.jwt"):
            site.put(path, _sign_request(stage, handler, "ES256", "fetched").encode())
        page = await stage.open_directly(handler, response_type="code", request_uri=uri)
        if served:
            told = read_redirect(await consent(stage.ada, page))
            assert (told["state"], "code" in told) == ("fetched", True)
        else:
            assert "error" in read_answer(page)
        assert "error" in read_answer(
            await stage.open_directly(handler, response_type="code", request_uri=other)
        )
        assert site.asked == ["/registered.jwt"] * int(served)
    assert value in {True, served}


@drives("token_endpoint_auth_methods_supported")
async def _token_methods(stage: Stage, value: str) -> None:
    if value == "none":
        assert "access_token" in await stage.obtain(await stage.register(is_public=True))
        return
    handler = await stage.register(
        grant_types=["client_credentials"], scopes=["agency_api"], redirect_uris=[]
    )
    sent = {"grant_type": "client_credentials", "scope": "agency_api"}
    answer = await _prove(stage, handler, value, stage.document["token_endpoint"], sent)
    assert "access_token" in answer.json(), answer.text


async def _prove(
    stage: Stage, handler: Handler, method: str, url: str, sent: dict[str, str]
) -> httpx.Response:
    """The request of a client that proves who it is by the method."""
    if method == "client_secret_basic":
        return await stage.post(url, sent, build_basic(handler.client_id, SECRET))
    if method in {"client_secret_jwt", "private_key_jwt"}:
        signer = await _sign_as(stage, handler, method)
        return await stage.post(url, {**sent, **signer.prove()})
    assert method == "client_secret_post", f"no driver for the method {method}"
    return await stage.post(url, {**sent, "client_id": handler.client_id, "client_secret": SECRET})


async def _sign_as(stage: Stage, handler: Handler, method: str, algorithm: str = "") -> Signer:
    """The client, with keys of its own or a secret that it signs with."""
    columns = {"token_endpoint_auth_method": method, "jwks": KEYS}
    for column, value in columns.items():
        await execute(
            stage.platform,
            f"update client set {column} = $2 where client_id = $1",
            handler.client_id,
            value,
        )
    if method == "client_secret_jwt":
        key: Key = OctKey.import_key(await seal_secret(stage.platform, handler.client_id))
        return Signer(stage.platform, stage.http, handler.client_id, key, algorithm or "HS256", "")
    key, kid = _HOLDERS[algorithm or "ES256"]
    return Signer(stage.platform, stage.http, handler.client_id, key, algorithm or "ES256", kid)


@drives(
    "token_endpoint_auth_signing_alg_values_supported",
    "introspection_endpoint_auth_signing_alg_values_supported",
    "revocation_endpoint_auth_signing_alg_values_supported",
)
async def _signing_algorithms(stage: Stage, value: str) -> None:
    """At each of the endpoints whose list holds it."""
    handler = await stage.register(
        grant_types=["client_credentials"], scopes=["agency_api"], redirect_uris=[]
    )
    method = "client_secret_jwt" if value.startswith("HS") else "private_key_jwt"
    signer = await _sign_as(stage, handler, method, value)
    sent = {"token": "x", "grant_type": "client_credentials"}
    for endpoint in ("token", "introspection", "revocation"):
        if value in stage.document[f"{endpoint}_endpoint_auth_signing_alg_values_supported"]:
            answer = await stage.post(stage.document[f"{endpoint}_endpoint"], {**sent, **signer.prove()})
            assert answer.status_code == 200, answer.text


@drives(
    "introspection_endpoint_auth_methods_supported",
    "revocation_endpoint_auth_methods_supported",
)
async def _other_methods(stage: Stage, value: str) -> None:
    handler = await stage.register(is_public=value == "none")
    for name in ("introspection", "revocation"):
        if value not in stage.document[f"{name}_endpoint_auth_methods_supported"]:
            continue
        url = stage.document[f"{name}_endpoint"]
        sent = {"token": "x"}
        if value == "none":
            answer = await stage.http.post(url, data={**sent, "client_id": handler.client_id})
        else:
            answer = await _prove(stage, handler, value, url, sent)
        assert answer.status_code == 200, answer.text


@drives("dpop_signing_alg_values_supported")
async def _proofs(stage: Stage, value: str) -> None:
    service = {
        "grant_types": ["client_credentials"],
        "scopes": ["agency_api"],
        "redirect_uris": [],
    }
    handler, prover = (
        await stage.register(**service),
        Prover(stage.platform.clock, value),
    )
    sent = {"grant_type": "client_credentials", "scope": "agency_api"}
    answer = await stage.call_by(prover, handler, stage.document["token_endpoint"], **sent)
    assert answer.json()["token_type"] == "DPoP", answer.text
