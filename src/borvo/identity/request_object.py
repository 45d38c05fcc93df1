"""Request objects: what a client asks of a person as one JSON Web Token (RFC 9101, OpenID Connect Core 6). Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

import msgspec
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749.errors import InvalidRequestError
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import Key
from joserfc.jws import CompactSignature, JWSRegistry

from borvo.identity.keys import ALGORITHMS
from borvo.identity.model import InstanceProfile, Parameters
from borvo.identity.strict_profile import list_algorithms
from borvo.kernel.scopes import parse_scopes

OBJECT_MAXIMUM = 32_000
"""Characters of a request object."""

UNSIGNED = "none"

_SKEW = timedelta(seconds=60)
_TYPES = frozenset({"jwt", "oauth-authz-req+jwt"})
_DOTS = 2
_UNREADABLE = "The request object is no readable JSON Web Token."
_MOST = 100
_SURROGATE = re.compile("[\ud800-\udfff]")
# RFC 9101 4: what the token says about itself is no parameter.
_ABOUT_ITSELF = frozenset({"iss", "aud", "exp", "nbf", "iat", "jti", "sub"})
_NESTED = ("request", "request_uri")
_TEXTS = frozenset(
    {
        "acr_values",
        "claims_locales",
        "client_id",
        "code_challenge",
        "code_challenge_method",
        "display",
        "dpop_jkt",
        "id_token_hint",
        "login_hint",
        "nonce",
        "prompt",
        "redirect_uri",
        "registration",
        "resource",
        "response_mode",
        "response_type",
        "scope",
        "state",
        "ui_locales",
    }
)


class InvalidRequestObjectError(OAuth2Error):
    """RFC 9101 7: the object cannot be read, does not verify, or says what it may not."""

    error = "invalid_request_object"


@dataclass(frozen=True, slots=True)
class RequestObject:
    """A request object as it came; nothing in it is proved before `is_signed_by`."""

    algorithm: str
    kid: str
    claims: Mapping[str, Any]
    signed: CompactSignature

    @property
    def is_unsigned(self) -> bool:
        return self.algorithm == UNSIGNED

    def is_signed_by(self, key: Key) -> bool:
        try:
            return jws.validate_compact(self.signed, key, registry=_REGISTRY)
        except (JoseError, ValueError, TypeError):
            return False


def _create_registry() -> JWSRegistry:
    # RFC 7515 4: what is not understood in a header is ignored.
    registry = JWSRegistry(algorithms=[*ALGORITHMS], strict_check_header=False)
    registry.max_header_length = registry.max_payload_length = OBJECT_MAXIMUM
    return registry


_REGISTRY = _create_registry()


def list_request_algorithms(profile: InstanceProfile) -> list[str]:
    """By which request objects may be signed; `none` is the word for those that are not (RFC 7518 3.6)."""
    served = list_algorithms(profile)
    return [*served] if profile is InstanceProfile.STRICT else [UNSIGNED, *served]


def read_object(text: str) -> RequestObject:
    """What the object says, without looking at the signature. Raises `InvalidRequestObjectError`."""
    if len(text) > OBJECT_MAXIMUM:
        raise InvalidRequestObjectError("The request object is too long.")
    if text.count(".") != _DOTS:
        raise InvalidRequestObjectError(
            "The request object is no JSON Web Token; encrypted ones are not read."
        )
    try:
        signed = jws.extract_compact(text.encode(), registry=_REGISTRY)
        # Whatever JSON it is: the library takes it for an object.
        header: Any = signed.headers()
        claims = msgspec.json.decode(signed.payload)
    except (JoseError, ValueError, TypeError, AttributeError, RecursionError):
        raise InvalidRequestObjectError(_UNREADABLE) from None
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise InvalidRequestObjectError(_UNREADABLE)
    _check_header(header, is_bare=text.endswith("."))
    return RequestObject(str(header["alg"]), str(header.get("kid", "")), claims, signed)


def _check_header(header: Mapping[str, Any], *, is_bare: bool) -> None:
    if header.get("alg") not in (UNSIGNED, *ALGORITHMS):
        names = ", ".join(ALGORITHMS)
        raise InvalidRequestObjectError(f"The request object is signed by none of the algorithms {names}.")
    if (header["alg"] == UNSIGNED) is not is_bare:
        raise InvalidRequestObjectError(
            "The request object has a signature if and only if its alg is not none."
        )
    # RFC 8725 3.11: a token that was made for another use does not pass for a request.
    kind = str(header.get("typ") or "JWT").lower().removeprefix("application/")
    if kind not in _TYPES:
        raise InvalidRequestObjectError("The typ of the request object says that it is something else.")
    if "crit" in header:
        raise InvalidRequestObjectError(
            "The request object asks for an extension (crit) that is not known here."
        )


def check_object(claims: Mapping[str, Any], client_id: str, issuer: str, now: datetime) -> None:
    """What the token says about itself, where it does; raises `InvalidRequestObjectError`."""
    if _is_other(claims.get("iss"), client_id):
        raise InvalidRequestObjectError("The iss of the request object must be the client_id.")
    # OpenID Connect Core 6.1: the audience is this issuer.
    audience = claims.get("aud")
    if audience is not None and issuer not in (audience if isinstance(audience, list) else [audience]):
        raise InvalidRequestObjectError(f"The aud of the request object must be {issuer}.")
    # RFC 9101 4: it must be the client that asks.
    if _is_other(claims.get("client_id"), client_id):
        raise InvalidRequestObjectError("The client_id in the request object is not the one beside it.")
    if any(name in claims for name in _NESTED):
        raise InvalidRequestObjectError("A request object must not contain request or request_uri.")
    end = _read_instant(claims, "exp")
    if end is not None and end <= now:
        raise InvalidRequestObjectError("The request object has expired.")
    for name in ("nbf", "iat"):
        start = _read_instant(claims, name)
        # FAPI 2.0 Security Profile 5.3.2.1-13: clocks may be off by ten seconds, and not by more than sixty.
        if start is not None and start > now + _SKEW:
            raise InvalidRequestObjectError(f"The {name} of the request object lies in the future.")


def _is_other(value: object, expected: str) -> bool:
    return value is not None and value != expected


def _read_instant(claims: Mapping[str, Any], name: str) -> datetime | None:
    value = claims.get(name)
    if value is None:
        return None
    words = f"The {name} of the request object is no time."
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidRequestObjectError(words)
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        raise InvalidRequestObjectError(words) from None


def merge_parameters(outer: Parameters, claims: Mapping[str, Any], *, is_alone: bool = False) -> Parameters:
    """The request that both make, or the object by itself where it has to be the whole request. Raises `OAuth2Error`
    when they contradict each other where they must not."""
    inner = tuple(_list_parameters(claims))
    if len(inner) > _MOST or not all(map(_is_storable, chain.from_iterable(inner))):
        raise InvalidRequestObjectError(
            "The request object says too much, or has characters that no text has."
        )
    named = {name for name, _ in inner}
    client_id = ("client_id", outer.get("client_id") or "")
    if is_alone or "openid" not in parse_scopes(outer.get("scope")):
        # RFC 9101 6.3, RFC 9126 3: nothing but what stands in the object counts.
        return Parameters((client_id, *(pair for pair in inner if pair[0] != "client_id")))
    # OpenID Connect Core 6.1: what stands beside the object counts as well, and the object wins.
    merged = Parameters(
        (*inner, *(pair for pair in outer.pairs if pair[0] not in named and pair[0] not in _NESTED))
    )
    asked = outer.response_type
    if not asked:
        raise InvalidRequestError("The request has no response_type beside its request object.")
    if merged.response_type != asked:
        raise InvalidRequestError("The response_type in the request object is not the one beside it.")
    return merged


def _is_storable(text: str) -> bool:
    """As what comes in an address: JSON can spell characters that are none."""
    return "\x00" not in text and not _SURROGATE.search(text)


def _list_parameters(claims: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """As they would stand in an address. Raises `InvalidRequestObjectError` for a value that could not."""
    for name, value in claims.items():
        if name in _ABOUT_ITSELF or value is None:
            continue
        if isinstance(value, str):
            yield name, value
        elif name == "max_age" and isinstance(value, int) and not isinstance(value, bool):
            yield name, str(value)
        elif name == "claims" and isinstance(value, dict):
            yield name, msgspec.json.encode(value).decode()
        elif name == "resource" and isinstance(value, list) and all(isinstance(each, str) for each in value):
            # RFC 9101 4: what may come several times is a list.
            yield from ((name, each) for each in value)
        elif name in _TEXTS or name in {"max_age", "claims"}:
            raise InvalidRequestObjectError(f"The member {name} of the request object is of the wrong type.")
