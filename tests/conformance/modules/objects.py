"""Request objects: OpenID Connect Core 6."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from joserfc import jwt

from tests.conformance.keys import describe_key, read_key
from tests.conformance.registry import module
from tests.conformance.tokens import finish
from tests.conformance.trial import Answer, Trial


def write_unsigned(claims: Mapping[str, Any]) -> str:
    """RFC 7519 6."""
    parts = ({"alg": "none"}, claims)
    return (
        ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts)
        + "."
    )


def write_signed(claims: Mapping[str, Any]) -> str:
    """By the first of the tests' keys."""
    return jwt.encode({"alg": "RS256", "kid": describe_key(0)["kid"]}, dict(claims), read_key(0))


def describe_request(trial: Trial, **claims: str) -> dict[str, Any]:
    """RFC 9101 4, RFC 7519 4.1: what an object says in any case."""
    now = int(trial.provider.now())
    return {
        "iss": trial.client.id,
        "aud": trial.provider.issuer,
        "iat": now,
        "nbf": now,
        "exp": now + 300,
        "client_id": trial.client.id,
        "response_type": trial.case.response_type,
        **claims,
    }


async def _try(trial: Trial, name: str, value: str, refusals: tuple[str, ...]) -> None:
    """What the object says counts, or the parameter is refused in the words that are meant for it."""
    other = trial.client.redirect_uris[0]
    answer = await trial.ask(**{name: value})
    assert isinstance(answer, Answer), "the answer was due at a registered address"
    is_served = trial.discovery.get(f"{name}_parameter_supported", name == "request_uri")
    if answer.error is not None:
        assert answer.redirect_uri == other
        assert answer.error in (refusals if is_served else (f"{name}_not_supported",)), answer.parameters
        trial.note(answer.error)
        return
    assert is_served
    await finish(trial, answer.replace(nonce="the-nonce-of-the-object"))
    trial.note("served")


@module("oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported")
async def run_unsigned_object(trial: Trial) -> None:
    """OpenID Connect Core 6.1: its values stand before those beside it."""
    await trial.use_client()
    value = write_unsigned(describe_request(trial, nonce="the-nonce-of-the-object"))
    await _try(trial, "request", value, ("invalid_request_object", "request_not_supported"))


@module("oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported")
async def run_unsigned_object_by_reference(trial: Trial) -> None:
    """OpenID Connect Core 6.2: the same, fetched from the client."""
    uri = trial.party.origin + "/request.jwt"
    await trial.use_client(request_uris=[uri])
    value = write_unsigned(describe_request(trial, nonce="the-nonce-of-the-object"))
    trial.party.put("/request.jwt", "application/oauth-authz-req+jwt", value.encode())
    refusals = ("invalid_request_uri", "invalid_request_object", "request_uri_not_supported")
    await _try(trial, "request_uri", uri, refusals)


@module("oidcc-ensure-request-object-with-redirect-uri")
async def run_object_with_redirect(trial: Trial) -> None:
    """OpenID Connect Core 6.1: the redirect URI of the object is the one that counts. Where an unsigned object is
    refused, a signed one shows it."""
    await trial.use_client(jwks={"keys": [describe_key(0)]})
    outer, inner = trial.client.redirect_uris[:2]
    request = trial.build_request(redirect_uri=inner)
    claims = describe_request(trial, **request)
    beside = {"redirect_uri": outer, "state": request["state"], "nonce": request["nonce"]}
    for way, value in (("unsigned", write_unsigned(claims)), ("signed", write_signed(claims))):
        answer = await trial.ask(request=value, **beside)
        assert isinstance(answer, Answer)
        if answer.error is None:
            assert answer.redirect_uri == inner
            await finish(trial, answer.replace(redirect_uri=inner))
            trial.note(f"served when {way}")
            return
        assert answer.redirect_uri in {outer, inner}
        if answer.error == "request_not_supported":
            assert trial.discovery.get("request_parameter_supported", False) is False
            trial.note(answer.error)
            return
        assert (way, answer.error) == ("unsigned", "invalid_request_object"), answer.parameters
