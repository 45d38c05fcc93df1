"""What a client checks of the tokens that it gets: OpenID Connect Core 3.1.3, 3.2.2 and 3.3."""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

import httpx
from joserfc import jws
from joserfc.jwk import RSAKey

from tests.conformance.trial import Answer, Tokens, Trial

_SKEW = 5


def decode(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a signed token, unverified."""
    header, claims, _ = token.split(".")
    return _decode_part(header), _decode_part(claims)


def _decode_part(part: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return value


async def verify(trial: Trial, token: str, algorithm: str = "RS256") -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims, once the signature is that of a published key."""
    header, claims = decode(token)
    # OpenID Connect Core 3.1.3.7 number 7: RS256 unless the client has registered another.
    assert header["alg"] == algorithm
    keys = [key for key in await trial.fetch_keys() if _may_verify(key, header)]
    assert len(keys) == 1, f"the header {header} names {len(keys)} keys"
    jws.deserialize_compact(token.encode(), RSAKey.import_key(keys[0]), algorithms=[algorithm])
    return header, claims


def _may_verify(key: Mapping[str, Any], header: Mapping[str, Any]) -> bool:
    # OpenID Connect Core 10.1: with more than one key there, the header names one.
    is_named = "kid" not in header or key.get("kid") == header["kid"]
    fits = key["kty"] == "RSA" and key.get("use", "sig") == "sig"
    return bool(is_named and fits and key.get("alg", header["alg"]) == header["alg"])


def hash_half(text: str) -> str:
    """OpenID Connect Core 3.3.2.11, for RS256."""
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()[:16]).rstrip(b"=").decode()


async def check_id_token(
    trial: Trial, token: str, answer: Answer, *, access_token: str | None, code: str | None = None
) -> dict[str, Any]:
    """The claims. `access_token` and `code` are what came beside it through the browser, or by the token endpoint."""
    _, claims = await verify(trial, token)
    assert claims["iss"] == trial.provider.issuer
    check_audience(trial, claims)
    assert isinstance(claims["sub"], str)
    assert 0 < len(claims["sub"]) <= 255
    now = trial.provider.now()
    assert claims["iat"] <= now + _SKEW
    assert claims["exp"] > now - _SKEW
    assert claims["exp"] > claims["iat"]
    assert claims.get("nonce") == answer.request.get("nonce")
    if "max_age" in answer.request:
        assert isinstance(claims["auth_time"], int)
    if "auth_time" in claims:
        assert claims["auth_time"] <= now + _SKEW
    if "acr" in claims:
        assert isinstance(claims["acr"], str)
    if "amr" in claims:
        assert all(isinstance(each, str) for each in claims["amr"])
    check_hash(claims, "at_hash", access_token)
    check_hash(claims, "c_hash", code)
    return claims


def check_audience(trial: Trial, claims: Mapping[str, Any]) -> None:
    audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    # OpenID Connect Core 3.1.3.7 numbers 3 to 5
    assert audience == [trial.client.id]
    assert claims.get("azp", trial.client.id) == trial.client.id


def check_hash(claims: Mapping[str, Any], name: str, value: str | None) -> None:
    if name in claims:
        assert value is not None
        assert claims[name] == hash_half(value)


def check_token_answer(response: httpx.Response) -> dict[str, Any]:
    """RFC 6749 5.1, OpenID Connect Core 3.1.3.3."""
    assert response.status_code == 200, f"{response.status_code} {response.text}"
    assert response.headers["content-type"].startswith("application/json")
    assert "no-store" in response.headers["cache-control"]
    answer: dict[str, Any] = response.json()
    assert answer["access_token"]
    assert answer["token_type"].lower() == "bearer"
    assert isinstance(answer["expires_in"], int)
    assert answer["expires_in"] > 0
    return answer


def check_token_error(response: httpx.Response, *errors: str) -> None:
    """RFC 6749 5.2."""
    assert response.status_code in {400, 401}, f"{response.status_code} {response.text}"
    assert response.headers["content-type"].startswith("application/json")
    assert response.json()["error"] in errors, response.text


async def finish(trial: Trial, answer: Answer, **fields: str) -> Tokens:
    """All tokens of an answer, each checked by itself and beside the others."""
    parameters = answer.parameters
    front: dict[str, Any] = {}
    if token := parameters.get("id_token"):
        front = await _check_front(trial, token, answer)
    if "code" not in parameters:
        return Tokens(token or "", front, parameters.get("access_token", ""))
    told = check_token_answer(await trial.redeem(answer, **fields))
    claims = await check_id_token(trial, told["id_token"], answer, access_token=told["access_token"])
    if front:
        # OpenID Connect Core 3.3.3.6: both say the same of whom and by whom.
        assert (front["iss"], front["sub"]) == (claims["iss"], claims["sub"])
    return Tokens(told["id_token"], claims, told["access_token"], told.get("refresh_token", ""), told)


async def _check_front(trial: Trial, token: str, answer: Answer) -> dict[str, Any]:
    access_token, code = answer.parameters.get("access_token"), answer.parameters.get("code")
    claims = await check_id_token(trial, token, answer, access_token=access_token, code=code)
    # OpenID Connect Core 3.2.2.10, 3.3.2.11: what came beside it is bound to it.
    assert ("at_hash" in claims) is (access_token is not None)
    assert ("c_hash" in claims) is (code is not None)
    assert "nonce" in claims
    return claims


async def sign_in(trial: Trial, **changes: str | None) -> tuple[Answer, Tokens]:
    """The whole way, with the changes to the request."""
    answer = await trial.authorize(**changes)
    return answer, await finish(trial, answer)
