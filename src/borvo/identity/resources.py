"""Resource indicators: for which APIs a token is good (RFC 8707). Pure."""

from collections.abc import Collection
from enum import StrEnum
from functools import lru_cache

from authlib.oauth2 import OAuth2Error

from borvo.identity.model import Parameters

Resources = tuple[str, ...]
"""Addresses of resources, each once; none at all stands for the whole instance."""


class Api(StrEnum):
    """The APIs that a token can be narrowed to, by where each begins. Older addresses of an API belong to it."""

    SAMPLES = "/sample/v1"
    AGENCY = "/agency/v1"
    ORGANISATIONS = "/organizations/v1"


class InvalidTargetError(OAuth2Error):
    """RFC 8707 2: a resource that is not here, or that was not granted."""

    error = "invalid_target"


@lru_cache(4)
def list_resources(issuer: str) -> tuple[str, ...]:
    """All there are: the instance as a whole, and each of its APIs."""
    return (issuer, *(issuer + api for api in Api))


def read_resources(parameters: Parameters, issuer: str) -> Resources:
    """What a request names by `resource`, once or several times; raises `InvalidTargetError`."""
    known = list_resources(issuer)
    found: dict[str, None] = {}
    for each in (value for name, value in parameters.pairs if name == "resource" and value):
        # RFC 8707 2: an absolute URI without a fragment, as all that are known are. A slash at its end says nothing.
        resource = each.removesuffix("/")
        if resource not in known:
            raise InvalidTargetError(f"There is no such resource here. Those there are: {' '.join(known)}.")
        found[resource] = None
    return tuple(found)


def narrow_resources(asked: Resources, granted: Resources, issuer: str) -> Resources:
    """What a token is for; raises `InvalidTargetError` for more than was granted."""
    if not asked:
        return granted
    # RFC 8707 2.2: a token request may narrow what the authorization request named, and not widen it.
    if granted and issuer not in granted and not set(granted).issuperset(asked):
        raise InvalidTargetError("The resource is not one of those that were granted.")
    return asked


def render_audience(resources: Resources, issuer: str) -> str | list[str]:
    """The `aud` claim. RFC 9068 3: without a resource parameter it is the default resource, which is this instance."""
    if len(resources) > 1:
        return list(resources)
    return resources[0] if resources else issuer


def is_for(audience: Collection[str], issuer: str, api: Api | None) -> bool:
    """Whether a token with this audience opens the API; without one, what only the whole instance opens."""
    return issuer in audience or (api is not None and issuer + api in audience)
