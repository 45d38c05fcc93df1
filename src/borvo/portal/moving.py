"""The way from implicit to authorization code with PKCE, in steps that each leave the app working: pure rules."""

from collections.abc import Collection
from dataclasses import replace
from enum import StrEnum

from borvo.portal.model import ClientDetails, GrantType


class Step(StrEnum):
    """What comes next. Between the two the app itself is changed, and both ways work."""

    ADD_CODE = "add-code"
    DROP_IMPLICIT = "drop-implicit"


def find_step(grant_types: Collection[GrantType]) -> Step | None:
    """None for a client that has arrived, or never was on this way."""
    if GrantType.IMPLICIT not in grant_types:
        return None
    return Step.DROP_IMPLICIT if GrantType.AUTHORIZATION_CODE in grant_types else Step.ADD_CODE


def take_step(details: ClientDetails, step: Step) -> ClientDetails:
    """Code is always with PKCE (RFC 9700 2.1.1); without implicit and hybrid no token comes through the browser."""
    if step is Step.ADD_CODE:
        return replace(
            details, grant_types=details.grant_types | {GrantType.AUTHORIZATION_CODE}, require_pkce=True
        )
    left = details.grant_types - {GrantType.IMPLICIT}
    keeps_tokens = details.allows_front_channel_tokens and GrantType.HYBRID in left
    return replace(details, grant_types=left, allows_front_channel_tokens=keeps_tokens)
