"""Tells the developers of a client what was refused it. Nothing waits for it."""

from collections.abc import Iterable, Mapping
from typing import Any

from borvo.identity.assertions import AssertionFaultError
from borvo.identity.credentials import CredentialsError, read_credentials
from borvo.identity.engine import Facts
from borvo.identity.explanation import SILENT_ERRORS, Explanation, explain_refusal, list_secrets
from borvo.identity.model import Parameters
from borvo.identity.service.authentication import ClientRequest
from borvo.identity.service.collaborators import Identity
from borvo.kernel.origin import current_origin
from borvo.portal.public import Refusal, Sender, record_refusal
from borvo.web.addresses import find_network


def note_answer(
    identity: Identity, endpoint: str, request: ClientRequest, facts: Facts | None, body: Mapping[str, Any]
) -> None:
    """Of an endpoint that the client calls itself. `facts` are None when it was refused before they were known."""
    if body.get("error") in SILENT_ERRORS:
        return
    explanation = (
        explain_refusal(facts, body) if facts else Explanation(str(body.get("error_description") or ""))
    )
    client_id, secret = _read_client(request)
    secrets = (*list_secrets(request.parameters), secret)
    _note(identity, endpoint, str(body["error"]), explanation, client_id, secrets, facts)


def _read_client(request: ClientRequest) -> tuple[str, str]:
    """Who the client says it is, and the secret that it shows; whatever the header holds if it cannot be read."""
    try:
        credentials = read_credentials(request.authorization, request.parameters)
    except (CredentialsError, AssertionFaultError):
        return request.parameters.get("client_id") or "", request.authorization or ""
    return credentials.client_id, credentials.secret.reveal()


def note_page(identity: Identity, facts: Facts, reason: str, endpoint: str = "authorize") -> None:
    """Of an authorization request that is answered on a page, since it says nothing reliable about where to send the
    answer (RFC 6749 4.1.2.1). One that is pushed is refused for the same reasons."""
    parameters = facts.parameters
    sent = parameters.get("redirect_uri") or ""
    is_repeated = any(map(parameters.is_repeated, ("client_id", "redirect_uri")))
    if facts.client is None:
        explanation = Explanation("The client is disabled.")
    elif is_repeated:
        explanation = Explanation(reason)
    elif facts.client.check_redirect_uri(sent):
        explanation = Explanation(reason, "redirect_uri", sent)
    else:
        words = "The redirect_uri is not registered." if sent else "The request has no redirect_uri."
        explanation = Explanation(words, "redirect_uri", sent)
    _note_authorization(identity, facts, "invalid_request", explanation, endpoint)


def note_request_uri(identity: Identity, facts: Facts, reason: str) -> None:
    """Of an authorization request whose `request_uri` leads nowhere; of a client that is not known to nobody."""
    if facts.client is not None:
        _note_authorization(identity, facts, "invalid_request_uri", Explanation(reason, "request_uri"))


def note_error(identity: Identity, facts: Facts, body: Iterable[tuple[str, Any]]) -> None:
    """Of an authorization request that is answered to the client with an error."""
    fields = dict(body)
    if fields.get("error") not in SILENT_ERRORS:
        _note_authorization(identity, facts, str(fields["error"]), explain_refusal(facts, fields))


def _note_authorization(
    identity: Identity, facts: Facts, error: str, explanation: Explanation, endpoint: str = "authorize"
) -> None:
    parameters: Parameters = facts.parameters
    client_id = parameters.get("client_id") or ""
    _note(identity, endpoint, error, explanation, client_id, list_secrets(parameters), facts)


def _note(
    identity: Identity,
    endpoint: str,
    error: str,
    explanation: Explanation,
    client_id: str,
    secrets: tuple[str, ...],
    facts: Facts | None,
) -> None:
    origin = current_origin()
    client = facts.client if facts else None
    refusal = Refusal(
        at=facts.now if facts else identity.clock(),
        endpoint=endpoint,
        error=error,
        reason=explanation.reason or error,
        parameter=explanation.parameter,
        sent=explanation.sent,
        expected=explanation.expected,
        correlation_id=origin.correlation_id,
    )
    sender = Sender(client_id, find_network(origin.find_address()), secrets, is_known=client is not None)
    record_refusal(identity.refusals, refusal, sender, client.registered.redirect_uris if client else ())
