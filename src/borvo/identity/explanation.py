"""Why a request was refused, for the developers of the client: more exact than what the caller is told, and pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from borvo.identity.engine import Facts
from borvo.identity.model import Parameters
from borvo.kernel.scopes import find_missing, parse_scopes
from borvo.portal.public import AuthMethod

SILENT_ERRORS = frozenset(
    {"access_denied", "authorization_pending", "consent_required", "login_required", "slow_down"}
)
"""Answers that are part of how apps work, or the person's own affair: no fault of the app."""

_SECRET_PARAMETERS = (
    "access_token",
    "assertion",
    "client_assertion",
    "client_secret",
    "code",
    "code_verifier",
    "device_code",
    "id_token_hint",
    "login_hint",
    "nonce",
    "password",
    "refresh_token",
    "request",
    "state",
    "token",
    "username",
)


_PARAMETER_AT_FAULT = {
    "invalid_request_object": "request",
    "invalid_request_uri": "request_uri",
    "invalid_target": "resource",
}
_SHOWN = ("request_uri", "resource")


@dataclass(frozen=True, slots=True)
class Explanation:
    """The reason in words; when one parameter is at fault, what it said, and what it should have said if that is not
    the registration."""

    reason: str
    parameter: str = ""
    sent: str = ""
    expected: str = ""


def list_secrets(parameters: Parameters) -> tuple[str, ...]:
    """What the request carried that may not be written down."""
    return tuple(value for name, value in parameters.pairs if name in _SECRET_PARAMETERS and value)


def explain_refusal(facts: Facts, body: Mapping[str, Any]) -> Explanation:
    """Of the error that goes back to the client."""
    error, parameters = str(body.get("error", "")), facts.parameters
    reason = str(body.get("error_description") or "")
    if error == "invalid_client":
        return Explanation(facts.fault or _explain_client(facts), _name_proof(facts))
    if error == "invalid_grant":
        return _explain_grant(facts, reason)
    if error == "invalid_scope":
        return _explain_scope(facts, reason)
    if error in {"unauthorized_client", "unsupported_grant_type", "unsupported_response_type"}:
        name = "grant_type" if parameters.get("grant_type") else "response_type"
        value = parameters.response_type if name == "response_type" else parameters.get(name)
        is_served = error == "unauthorized_client"
        words = f"The client is not registered for this {name}." if is_served else f"There is no such {name}."
        return Explanation(reason or words, name, value or "")
    name = _PARAMETER_AT_FAULT.get(error, "")
    sent = parameters.get(name) if name in _SHOWN else ""
    return Explanation(facts.fault or reason or error, name, sent or "")


def _name_proof(facts: Facts) -> str:
    """The parameter by which the client is registered to prove who it is."""
    registered = facts.client.registered if facts.client else None
    is_signed = registered is not None and registered.token_endpoint_auth_method is not AuthMethod.SECRET
    return "client_assertion" if is_signed else "client_secret"


def _explain_client(facts: Facts) -> str:
    if facts.client is None:
        return "The client is disabled."
    if facts.client.registered.is_public:
        return "The client is registered as one without a secret, and sent one."
    if facts.client.registered.token_endpoint_auth_method is not AuthMethod.SECRET:
        return "The client sent no client_assertion, by which it is registered to prove who it is."
    if not facts.client.registered.secrets:
        return "The client has no secret yet."
    if facts.auth_method in {"", "none"}:
        return "The client sent no secret."
    return "The secret is wrong. If it was right before, it was removed, or it has expired."


def _explain_scope(facts: Facts, reason: str) -> Explanation:
    asked = parse_scopes(facts.parameters.get("scope"))
    registered = facts.client.registered.scopes if facts.client else ()
    missing = find_missing(asked, registered)
    return Explanation(reason, "scope", missing[0] if missing else " ".join(asked))


def _explain_grant(facts: Facts, reason: str) -> Explanation:
    if facts.fault or facts.parameters.get("grant_type") != "authorization_code":
        return Explanation(facts.fault or reason)
    code, client = facts.code, facts.client
    if code is None or client is None or code.client_key != client.registered.client_key:
        return Explanation("There is no such code of this client.", "code")
    if code.expires_at <= facts.now:
        return Explanation("The code has expired: it is to be redeemed within a minute.", "code")
    redirect_uri = facts.parameters.get("redirect_uri") or ""
    if redirect_uri != code.redirect_uri:
        words = "The redirect_uri is not the one with which the code was asked for."
        return Explanation(words, "redirect_uri", redirect_uri, code.redirect_uri)
    return Explanation(reason, "code_verifier" if "code_verifier" in reason else "")
