"""Drivers of the discovery document: what is signed and by which algorithm, and how clients prove who they are."""

import base64
import json

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey

from tests.factories.clients import SECRET
from tests.factories.proofs import Prover
from tests.functional.conftest import ISSUER
from tests.functional.identity.aspnet import Handler, read_redirect
from tests.functional.identity.assertions import EC, ED, RSA, Signer, seal_secret, write_key_set
from tests.functional.identity.discovery_stage import Stage, drives
from tests.functional.identity.flows import (
    CODE_FLOW,
    build_basic,
    execute,
    reach_answer,
)
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


def _make_key(algorithm: str) -> Key:
    if algorithm == "ES256":
        return ECKey.generate_key("P-256", parameters={"kid": "truth"})
    if algorithm == "EdDSA":
        return OKPKey.generate_key("Ed25519", parameters={"kid": "truth"})
    return _RSA


_RSA = RSAKey.generate_key(2048, parameters={"kid": "truth"})


@drives("request_object_signing_alg_values_supported")
async def _request_algorithms(stage: Stage, value: str) -> None:
    claims = {"state": "within"}
    if value == "none":
        handler = await stage.register()
        parts = [json.dumps(each).encode() for each in ({"alg": "none"}, claims)]
        text = ".".join([*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts), ""])
    else:
        key = _make_key(value)
        jwks = json.dumps({"keys": [{**key.as_dict(private=False), "kid": "truth"}]})
        handler = await stage.register(jwks=jwks)
        claims = {**claims, "iss": handler.client_id, "aud": ISSUER}
        text = jwt.encode({"alg": value, "kid": "truth"}, claims, key, algorithms=[value])
    told = read_redirect(await reach_answer(handler, stage.ada, **CODE_FLOW, request=text))
    assert told["state"] == "within"
    assert "code" in told


_EC = _make_key("ES256")
_KEYS = json.dumps({"keys": [{**_EC.as_dict(private=False), "kid": "truth"}]})


def _sign_request(**claims: str) -> str:
    return jwt.encode({"alg": "ES256", "kid": "truth"}, dict(claims), _EC, algorithms=["ES256"])


@drives("request_parameter_supported")
async def _request_objects(stage: Stage, value: bool) -> None:
    assert value is True
    await _request_algorithms(stage, "ES256")


@drives("request_uri_parameter_supported", "require_request_uri_registration")
async def _request_uris(stage: Stage, value: bool) -> None:
    """One that is registered is fetched where they are served; one that is not registered never is."""
    served = stage.document["request_uri_parameter_supported"]
    async with serve_site() as site:
        uri = site.put("/request.jwt", _sign_request(state="fetched").encode())
        handler = await stage.register(request_uris=[uri], jwks=_KEYS)
        if served:
            told = read_redirect(await reach_answer(handler, stage.ada, **CODE_FLOW, request_uri=uri))
            assert (told["state"], "code" in told) == ("fetched", True)
        else:
            assert (await stage.ask(handler, request_uri=uri))["error"] == "request_uri_not_supported"
        fetched = len(site.asked)
        other = site.put("/other.jwt", _sign_request(state="fetched").encode())
        assert "error" in await stage.ask(handler, request_uri=other)
        assert len(site.asked) == fetched == int(served)
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
    keys: dict[str, tuple[Key, str]] = {
        "ES256": (EC, "e"),
        "EdDSA": (ED, "d"),
        "RS256": (RSA, "r"),
        "PS256": (RSA, "r"),
    }
    columns = {"token_endpoint_auth_method": method, "jwks": write_key_set(e=EC, d=ED, r=RSA)}
    for column, value in columns.items():
        await execute(
            stage.platform, f"update client set {column} = $2 where client_id = $1", handler.client_id, value
        )
    if method == "client_secret_jwt":
        key: Key = OctKey.import_key(await seal_secret(stage.platform, handler.client_id))
        return Signer(stage.platform, stage.http, handler.client_id, key, algorithm or "HS256", "")
    key, kid = keys[algorithm or "ES256"]
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


@drives("introspection_endpoint_auth_methods_supported", "revocation_endpoint_auth_methods_supported")
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
    handler = await stage.register(
        grant_types=["client_credentials"], scopes=["agency_api"], redirect_uris=[]
    )
    prover = Prover(stage.platform.clock, value)
    answer = await prover.ask(handler, grant_type="client_credentials")
    if answer.status_code == 400 and "DPoP-Nonce" in answer.headers:
        prover.nonce = answer.headers["DPoP-Nonce"]
        answer = await prover.ask(handler, grant_type="client_credentials")
    assert answer.json()["token_type"] == "DPoP", answer.text
