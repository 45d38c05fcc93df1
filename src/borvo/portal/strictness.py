"""What an instance of the profile `strict` asks of clients: the FAPI 2.0 Security Profile (final), by its numbers, as
far as a registration can keep or break it. Pure rules; `identity/strict_profile.py` says what requests are held to."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlsplit

from borvo.kernel.text import mark, say
from borvo.portal.key_sets import recall_key_set
from borvo.portal.model import (
    FRONT_CHANNEL_GRANTS,
    AuthMethod,
    ClientDetails,
    SigningAlgorithm,
)
from borvo.portal.readiness import Requirement

Choice = TypeVar("Choice", bound=StrEnum)

STRICT_ALGORITHMS = frozenset({SigningAlgorithm.PS256, SigningAlgorithm.ES256, SigningAlgorithm.EDDSA})
"""5.4.1-1"""

STRICT_START: Mapping[str, list[str]] = {
    "pkce": ["required"],
    "signing_algorithm": [SigningAlgorithm.PS256.value],
    "token_endpoint_auth_method": [AuthMethod.PRIVATE_KEY_JWT.value],
    "require_pushed_authorization_requests": ["yes"],
    "dpop_bound_access_tokens": ["yes"],
}
"""How the form for a new client begins there."""

_LOOPBACK_ADDRESSES = frozenset({"127.0.0.1", "::1"})


def is_fit_callback(redirect_uri: str) -> bool:
    """Whether an answer may go there."""
    # 5.3.2.2-8: not over the network in the clear; RFC 8252 7.3: a loopback address is no network.
    parts = urlsplit(redirect_uri)
    return parts.scheme != "http" or parts.hostname in _LOOPBACK_ADDRESSES


def find_strict_faults(details: ClientDetails) -> dict[str, list[str]]:
    """What of the details a strict instance refuses, by field, in words for the developer."""
    faults: dict[str, list[str]] = {}
    for requirement in list_strict_requirements(details):
        if not requirement.is_met:
            faults.setdefault(requirement.field, []).append(requirement.fault)
    return faults


def list_strict_requirements(details: ClientDetails) -> list[Requirement]:
    """All of it, met or not, in the order of the page."""
    return [*_check_flows(details), *_check_callbacks(details), *_check_keys(details)]


def _check_flows(details: ClientDetails) -> Iterable[Requirement]:
    # 5.3.2.2-1
    is_front = bool(FRONT_CHANNEL_GRANTS & details.grant_types)
    yield Requirement(
        "grant_types",
        say("It gets codes, and no token through a browser"),
        say("This instance serves neither implicit nor hybrid: choose authorization code.")
        if is_front
        else "",
    )
    if details.allows_front_channel_tokens:
        yield Requirement(
            "allows_front_channel_tokens",
            say("No access token comes through a browser"),
            say("This instance sends no token through a browser: take the tick off."),
        )
    # 5.3.2.1-3
    yield Requirement(
        "is_public",
        say("It runs on a server, which keeps a key"),
        say("This instance serves no apps that cannot keep a key: give the app a server of its own.")
        if details.is_public
        else "",
    )


_USE_HTTPS = mark("Use https, or http://127.0.0.1 while you develop, in place of %(uri)s.")


def _check_callbacks(details: ClientDetails) -> Iterable[Requirement]:
    unfit = [uri for uri in details.redirect_uris if not is_fit_callback(uri)]
    if details.redirect_uris:
        fault = say(_USE_HTTPS, uri=unfit[0]) if unfit else ""
        yield Requirement("redirect_uris", say("No callback URL is plain http, but on 127.0.0.1"), fault)


def _check_keys(details: ClientDetails) -> Iterable[Requirement]:
    # 5.3.2.1-6
    signs = details.token_endpoint_auth_method is AuthMethod.PRIVATE_KEY_JWT
    fault = (
        ""
        if signs
        else say("On this instance apps prove who they are by a key: choose that it signs with a key.")
    )
    yield Requirement(
        "token_endpoint_auth_method", say("It proves who it is by a key (private_key_jwt)"), fault
    )
    keys = recall_key_set(details.jwks).keys
    if keys:
        is_strong = any(STRICT_ALGORITHMS & key.algorithms for key in keys)
        fault = (
            ""
            if is_strong
            else say("Enter a key that signs by PS256, ES256 or EdDSA: this instance takes no RS256.")
        )
        yield Requirement("jwks", say("One of its keys signs by PS256, ES256 or EdDSA"), fault)


_UNSERVED = frozenset(
    {*FRONT_CHANNEL_GRANTS, AuthMethod.SECRET, AuthMethod.CLIENT_SECRET_JWT, SigningAlgorithm.RS256}
)


def list_choices(values: Iterable[Choice], chosen: Iterable[Choice]) -> list[Choice]:
    """What a strict instance offers in a form; what is chosen already stays, so that it can be seen and changed."""
    kept = set(chosen)
    return [value for value in values if value not in _UNSERVED or value in kept]
