"""Looks at tokens as an app has to, by what the issuer publishes and nothing else: pure."""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from borvo.kernel.entropy import encode_bytes
from borvo.kernel.text import say, say_count
from borvo.portal.test_drive.model import Check, Finding

_ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
_PARTS = 3
_SHOWN = 24


@dataclass(frozen=True, slots=True)
class Issuer:
    """What discovery says of it, and its keys."""

    name: str
    keys: KeySet


@dataclass(frozen=True, slots=True)
class Expected:
    """What the app knows of the sign-in that it began: a device sends no `nonce`. `code` and `access_token` are those
    that came along with the id token; `subject` is who it was before, empty the first time."""

    client_id: str
    algorithm: str
    nonce: str
    now: datetime
    code: str = ""
    access_token: str = ""
    subject: str = ""
    is_front: bool = False


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed token, read; without `fault` its signature is good."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    fault: str = ""


def is_signed(token: str) -> bool:
    """Whether it is a signed statement, and not a text that says nothing."""
    return token.count(".") == _PARTS - 1


def shorten(text: str) -> str:
    """A signed token as it is shown: without its signature it is of no use anywhere, also where nobody asks the issuer
    whether it has ended. Any other text as it is."""
    if not (is_signed(text) and text.startswith("eyJ")):
        return text
    return f"{text[:_SHOWN]}\u2026"


def read_signed(token: str, keys: KeySet) -> Signed:
    """Raises ValueError for what is no signed token at all."""
    parts = [_decode(part) for part in token.split(".")[:2]]
    try:
        found = jws.deserialize_compact(token, keys, algorithms=_ALGORITHMS)
    except JoseError as error:
        return Signed(parts[0], parts[1], say("The signature is not good: %(error)s", error=str(error)))
    return Signed(found.headers(), json.loads(found.payload))


def _decode(part: str) -> Mapping[str, Any]:
    value: Mapping[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return value


def hash_half(text: str, algorithm: str) -> str:
    """OpenID Connect Core 3.1.3.6 and 3.3.2.11; Ed25519 goes with SHA-512."""
    digest = hashlib.sha512 if algorithm == "EdDSA" else hashlib.sha256
    data = digest(text.encode()).digest()
    return encode_bytes(data[: len(data) // 2])


def compare(words: str, found: object, wanted: object) -> Check:
    if found == wanted:
        return Check(words)
    fault = say(
        "%(words)s %(wanted)s was expected, and %(found)s came.",
        words=words,
        wanted=repr(wanted),
        found=repr(found),
    )
    return Check(words, fault)


def _check_signature(token: Signed, algorithm: str) -> Iterator[Check]:
    kid = token.header.get("kid", "none")
    yield Check(say("Signed by the key %(kid)s, which the issuer publishes.", kid=kid), token.fault)
    words = say("The algorithm is the client's, %(algorithm)s.", algorithm=algorithm)
    yield compare(words, token.header.get("alg"), algorithm)


def _check_times(claims: Mapping[str, Any], now: datetime) -> Iterator[Check]:
    seconds = now.timestamp()
    lifetime = round(claims.get("exp", 0) - seconds)
    words = say_count(
        "It has not expired: %(count)s second is left.",
        "It has not expired: %(count)s seconds are left.",
        lifetime,
    )
    yield Check(words, "" if lifetime > 0 else say("It has expired."))
    is_past = 0 < claims.get("iat", 0) <= seconds + 1
    yield Check(say("It was issued in the past."), "" if is_past else say("It is not issued yet."))


def check_id_token(token: Signed, issuer: Issuer, expected: Expected) -> tuple[Check, ...]:
    """OpenID Connect Core 3.1.3.7, 3.2.2.11, 3.3.2.12 and 3.3.3.6."""
    return tuple(_list_id_checks(token, issuer, expected))


def _list_id_checks(token: Signed, issuer: Issuer, expected: Expected) -> Iterator[Check]:
    claims, algorithm = token.claims, str(token.header.get("alg"))
    yield from _check_signature(token, expected.algorithm)
    yield compare(say("iss is the issuer."), claims.get("iss"), issuer.name)
    audience = claims.get("aud")
    audience = audience[0] if isinstance(audience, list) and len(audience) == 1 else audience
    yield compare(say("aud is the client."), audience, expected.client_id)
    yield from _check_times(claims, expected.now)
    if expected.nonce:
        yield compare(say("nonce is the one that was sent."), claims.get("nonce"), expected.nonce)
    # What came along through the browser has to be bound to the token; elsewhere it may be.
    if expected.code and (expected.is_front or "c_hash" in claims):
        half = hash_half(expected.code, algorithm)
        yield compare(say("c_hash belongs to the code."), claims.get("c_hash"), half)
    if expected.access_token and (expected.is_front or "at_hash" in claims):
        half = hash_half(expected.access_token, algorithm)
        yield compare(say("at_hash belongs to the access token."), claims.get("at_hash"), half)
    if expected.subject:
        yield compare(say("sub is the same person as before."), claims.get("sub"), expected.subject)


def check_access_token(
    token: Signed, issuer: Issuer, expected: Expected, scope: str | None
) -> tuple[Check, ...]:
    """RFC 9068 4, as an API does."""
    claims = token.claims
    checks = [
        *_check_signature(token, expected.algorithm),
        compare(say("typ is at+jwt."), token.header.get("typ"), "at+jwt"),
        compare(say("iss is the issuer."), claims.get("iss"), issuer.name),
        compare(say("aud is this instance."), claims.get("aud"), issuer.name),
        compare(say("client_id is the client."), claims.get("client_id"), expected.client_id),
        *_check_times(claims, expected.now),
    ]
    if scope is not None:
        checks.append(compare(say("scope is what the answer said."), claims.get("scope"), scope))
    return tuple(checks)


def describe(title: str, token: Signed, checks: tuple[Check, ...]) -> Finding:
    return Finding(title, checks, render_json(token.header), render_json(token.claims))


def render_json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
