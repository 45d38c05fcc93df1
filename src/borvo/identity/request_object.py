"""Request objects: what a client asks of a person as one JSON Web Token (RFC 9101, OpenID Connect Core 6). Pure."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

import msgspec
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749.errors import InvalidRequestError

from borvo.identity.model import InstanceProfile, Parameters
from borvo.kernel.entropy import decode_bytes
from borvo.kernel.scopes import parse_scopes

OBJECT_MAXIMUM = 32_000
"""Characters of a request object."""

_SKEW = timedelta(seconds=60)
_TYPES = frozenset({"jwt", "oauth-authz-req+jwt"})
_PARTS = 3
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
    """What stands in the token; `is_signed` says that a key of the client's verified it."""

    claims: Mapping[str, Any]
    is_signed: bool


Verify = Callable[[str], Mapping[str, Any]]
"""The claims of a token that one of the client's keys signed; raises ValueError for any other."""


def list_request_algorithms(algorithms: tuple[str, ...], profile: InstanceProfile) -> list[str]:
    """By which request objects may be signed; `none` is the word for those that are not (RFC 7518 3.6)."""
    return list(algorithms) if profile is InstanceProfile.STRICT else ["none", *algorithms]


def read_header(text: str) -> Mapping[str, Any]:
    """The header of a token whose form is fit; raises `InvalidRequestObjectError`."""
    parts = text.split(".")
    if len(text) > OBJECT_MAXIMUM:
        raise InvalidRequestObjectError("The request object is too long.")
    if len(parts) != _PARTS:
        raise InvalidRequestObjectError(
            "The request object is no signed JSON Web Token; encrypted ones are not read."
        )
    header = _decode_part(parts[0])
    kind = str(header.get("typ") or "JWT").lower().removeprefix("application/")
    # RFC 8725 3.11: a token that was made for another use does not pass for a request.
    if kind not in _TYPES:
        raise InvalidRequestObjectError("The request object has the type of another kind of token.")
    return header


def _decode_part(part: str) -> Mapping[str, Any]:
    try:
        data = decode_bytes(part)
        return msgspec.json.decode(data or b"", type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError, ValueError):
        raise InvalidRequestObjectError("The request object cannot be read.") from None


def read_object(text: str, verify: Verify, *, takes_unsigned: bool) -> RequestObject:
    """Raises `InvalidRequestObjectError`."""
    header = read_header(text)
    if header.get("alg") != "none":
        try:
            return RequestObject(verify(text), is_signed=True)
        except ValueError as fault:
            words = f"The request object does not verify by a registered key of the client: {fault}."
            raise InvalidRequestObjectError(words) from fault
    if not takes_unsigned:
        raise InvalidRequestObjectError("The request object must be signed.")
    _, payload, signature = text.split(".")
    if signature:
        raise InvalidRequestObjectError("The request object says that it is not signed, and has a signature.")
    return RequestObject(_decode_part(payload), is_signed=False)


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
    end, start = _read_instant(claims, "exp"), _read_instant(claims, "nbf")
    if end is not None and end <= now:
        raise InvalidRequestObjectError("The request object has expired.")
    if start is not None and start > now + _SKEW:
        raise InvalidRequestObjectError("The request object is not valid yet.")


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


def merge_parameters(outer: Parameters, claims: Mapping[str, Any], *, is_pushed: bool = False) -> Parameters:
    """The request that both make. Raises `OAuth2Error` when they contradict each other where they must not."""
    inner = tuple(_list_parameters(claims))
    if len(inner) > _MOST or not all(map(_is_storable, chain.from_iterable(inner))):
        raise InvalidRequestObjectError(
            "The request object says too much, or has characters that no text has."
        )
    named = {name for name, _ in inner}
    client_id = ("client_id", outer.get("client_id") or "")
    if is_pushed or "openid" not in parse_scopes(outer.get("scope")):
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
