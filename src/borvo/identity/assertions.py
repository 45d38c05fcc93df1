"""Assertions by which clients prove who they are: RFC 7521 4.2, RFC 7523 3, OpenID Connect Core 9. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from joserfc import jws
from joserfc.errors import ClaimError, JoseError, MissingClaimError
from joserfc.jwk import Key
from joserfc.jws import CompactSignature, JWSRegistry
from joserfc.jwt import JWTClaimsRegistry

from borvo.identity.keys import ALGORITHMS
from borvo.kernel.digests import digest_token
from borvo.portal.public import AuthMethod

ASSERTION_TYPE: str = JWTBearerClientAssertion.CLIENT_ASSERTION_TYPE

ASSERTION_ALGORITHMS: Mapping[AuthMethod, tuple[str, ...]] = {
    AuthMethod.PRIVATE_KEY_JWT: ALGORITHMS,
    # RFC 7518 3.2 forbids HS512 with a key of less than 64 bytes, and generated secrets have 58.
    AuthMethod.CLIENT_SECRET_JWT: ("HS256", "HS384"),
}
"""RFC 8725 3.1: each method has algorithms of its own, so that no public key is ever taken for a secret."""

LEEWAY = timedelta(seconds=30)
"""How far the client's clock may be off. FAPI 2.0 5.3.2.1: at least ten seconds, and less than a minute."""

LONGEST = timedelta(hours=1)
"""How far ahead an assertion may end: so long it is remembered."""

_PART_MAXIMUM = 4096
_NAME_MAXIMUM = 200
# RFC 8725 3.11: a token that says it is something else is no assertion. Most say nothing or `JWT`.
_TYPES = frozenset({"jwt", "client-authentication+jwt"})


class AssertionFaultError(Exception):
    """The assertion cannot be accepted, whoever sent it; the text is for its developer."""


@dataclass(frozen=True, slots=True)
class Assertion:
    """An assertion as it came; nothing in it is proved before `is_signed_by`."""

    client_id: str
    algorithm: str
    kid: str
    claims: Mapping[str, Any]
    signed: CompactSignature

    @property
    def method(self) -> AuthMethod:
        """The one whose algorithm it is signed by."""
        return next(method for method, known in ASSERTION_ALGORITHMS.items() if self.algorithm in known)

    @property
    def digest(self) -> bytes:
        """Of its `jti`, which no other assertion of the client has."""
        return digest_token(self.claims["jti"])

    @property
    def expires_at(self) -> datetime:
        """From then on it is refused for its age, and need not be remembered. Of one that was checked."""
        return datetime.fromtimestamp(self.claims["exp"], UTC) + LEEWAY

    @property
    def usable_from(self) -> datetime:
        """Before that it was refused for its age, too, so nobody can have used it. Of one that was checked."""
        by_end = self.claims["exp"] - LONGEST.total_seconds()
        # In numbers, since what lies far enough back is no date.
        begins = max(by_end, self.claims.get("iat", by_end))
        return datetime.fromtimestamp(begins, UTC) - LEEWAY

    def is_signed_by(self, key: Key) -> bool:
        try:
            return jws.validate_compact(self.signed, key, registry=_REGISTRY)
        except (JoseError, ValueError, TypeError):
            return False


def _create_registry() -> JWSRegistry:
    known = [name for names in ASSERTION_ALGORITHMS.values() for name in names]
    # RFC 7515 4: what is not understood in a header is ignored.
    registry = JWSRegistry(algorithms=known, strict_check_header=False)
    registry.max_header_length = registry.max_payload_length = _PART_MAXIMUM
    return registry


_REGISTRY = _create_registry()


def read_assertion(text: str) -> Assertion:
    """What the assertion says, without looking at the signature. Raises `AssertionFaultError`."""
    try:
        signed = jws.extract_compact(text.encode(), registry=_REGISTRY)
        # Whatever JSON it is: the library takes it for an object.
        header: Any = signed.headers()
        claims = msgspec.json.decode(signed.payload)
    except (JoseError, ValueError, TypeError, AttributeError, RecursionError):
        raise AssertionFaultError("The client_assertion is no readable JSON Web Token.") from None
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise AssertionFaultError("The client_assertion is no readable JSON Web Token.")
    algorithm, kid = header.get("alg"), header.get("kid", "")
    _check_header(header)
    return Assertion(_read_client_id(claims), str(algorithm), str(kid), claims, signed)


def _check_header(header: Mapping[str, Any]) -> None:
    if not any(header.get("alg") in known for known in ASSERTION_ALGORITHMS.values()):
        names = ", ".join(name for known in ASSERTION_ALGORITHMS.values() for name in known)
        raise AssertionFaultError(f"The client_assertion is signed by none of the algorithms {names}.")
    kind = str(header.get("typ", "JWT")).lower().removeprefix("application/")
    if kind not in _TYPES:
        raise AssertionFaultError("The typ of the client_assertion says that it is something else.")
    if "crit" in header:
        raise AssertionFaultError("The client_assertion asks for an extension (crit) that is not known here.")


def _read_client_id(claims: Mapping[str, Any]) -> str:
    subject, issuer = claims.get("sub"), claims.get("iss")
    # RFC 7523 3, OpenID Connect Core 9: both are the client id.
    if not isinstance(subject, str) or not subject or subject != issuer:
        raise AssertionFaultError(
            "The iss and the sub of the client_assertion both have to be the client_id."
        )
    return subject


def check_claims(assertion: Assertion, audiences: Collection[str], now: datetime, *, is_strict: bool) -> None:
    """Whom the assertion is for and when: the same for whoever is named in it, so its sender may be told. `audiences`
    begins with the issuer; `is_strict` takes nothing else. Raises `AssertionFaultError`."""
    names, claims = [*audiences], dict(assertion.claims)
    issuer, seconds = names[0], int(now.timestamp())
    registry = JWTClaimsRegistry(
        now=seconds,
        leeway=int(LEEWAY.total_seconds()),
        aud={"essential": True, "values": names},
        exp={"essential": True},
        jti={"essential": True},
    )
    try:
        registry.validate(claims)
    except MissingClaimError as fault:
        raise AssertionFaultError(f"The client_assertion lacks a claim: {fault.claim}.") from None
    except (ClaimError, TypeError) as fault:
        name = getattr(fault, "claim", "")
        words = f"{_FAULTS.get(name, 'The claims of the client_assertion cannot be read.')}"
        raise AssertionFaultError(words.format(issuer=issuer)) from None
    if is_strict and claims["aud"] != issuer:
        # FAPI 2.0 5.3.2.1: the issuer, as a text and not as a list.
        raise AssertionFaultError(_FAULTS["aud"].format(issuer=issuer))
    if claims["exp"] > seconds + (LONGEST + LEEWAY).total_seconds():
        raise AssertionFaultError("The exp of the client_assertion is more than an hour ahead.")
    if len(claims["jti"]) > _NAME_MAXIMUM or not claims["jti"].isprintable():
        raise AssertionFaultError(_FAULTS["jti"])


_FAULTS = {
    "aud": "The aud of the client_assertion has to be {issuer}",
    "exp": "The client_assertion has expired, by its exp and the clock here.",
    "nbf": "The client_assertion is not yet valid, by its nbf and the clock here.",
    "iat": "The client_assertion was made in the future, by its iat and the clock here.",
    "jti": f"The jti of the client_assertion has to be a text of at most {_NAME_MAXIMUM} characters.",
}
