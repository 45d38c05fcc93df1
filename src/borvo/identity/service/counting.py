"""Counts what clients are given, for the developers of each, and notes when, for the people."""

from collections.abc import Iterable, Mapping
from typing import Any

from borvo.identity.engine import Facts
from borvo.identity.service.collaborators import Identity
from borvo.portal.public import Activity

TOKENS = {
    "authorization_code": Activity.TOKEN_BY_CODE,
    "refresh_token": Activity.TOKEN_BY_REFRESH,
    "client_credentials": Activity.TOKEN_FOR_SERVICE,
    "urn:ietf:params:oauth:grant-type:device_code": Activity.TOKEN_BY_DEVICE,
}
"""By the grant type of a token request."""


def count_sign_in(identity: Identity, client_id: str, answer: Iterable[tuple[str, str]]) -> None:
    """Of an authorization request that is answered with what the person allowed."""
    identity.activity.note(client_id, Activity.SIGN_IN)
    if "access_token" in dict(answer):
        identity.activity.note(client_id, Activity.TOKEN_BY_BROWSER)


def count_token(identity: Identity, facts: Facts, body: Mapping[str, Any]) -> None:
    """Of a token request, whatever it was answered."""
    kind = TOKENS.get(facts.parameters.get("grant_type") or "")
    if kind is None or facts.client is None or "access_token" not in body:
        return
    client_id = facts.client.registered.client_id
    identity.activity.note(client_id, kind)
    if (held := facts.family or facts.code) is not None:
        identity.consent_uses.note(held.person.id, client_id, held.consent_version, facts.now)
