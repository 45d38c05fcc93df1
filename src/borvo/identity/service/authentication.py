"""Who the client is, at every endpoint that clients call themselves: RFC 6749 2.3."""

from dataclasses import dataclass
from typing import Any

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749.errors import InvalidClientError, InvalidRequestError

from borvo.identity.credentials import CredentialsError, read_credentials
from borvo.identity.engine import Facts
from borvo.identity.model import Parameters
from borvo.identity.service.collaborators import Identity
from borvo.kernel.errors import TooManyRequestsError
from borvo.portal.public import AskedClient, RegisteredClient


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """What goes back to the client: a JSON object, and headers beside the usual ones."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class ClientRequest:
    """A form that a client sent, from which network and to which path, and its proofs of possession."""

    parameters: Parameters
    authorization: str | None
    network: str
    path: str = ""
    proofs: tuple[str, ...] = ()


def refuse(error: OAuth2Error) -> TokenAnswer:
    """The error as RFC 6749 5.2 writes it."""
    # Authlib's InvalidClientError names Basic even for credentials in the body, which RFC 6749 5.2 allows.
    headers = {name: value for name, value in error.get_headers() if name == "WWW-Authenticate"}
    return TokenAnswer(error.status_code or 400, dict(error.get_body()), headers)


def refuse_guessing(error: TooManyRequestsError) -> TokenAnswer:
    body = {"error": "invalid_client", "error_description": error.public}
    return TokenAnswer(error.status, body, {"Retry-After": str(error.retry_after)})


def refuse_flood(error: TooManyRequestsError) -> TokenAnswer:
    body = {"error": "temporarily_unavailable", "error_description": error.public}
    return TokenAnswer(error.status, body, {"Retry-After": str(error.retry_after)})


async def authenticate_client(identity: Identity, request: ClientRequest) -> Facts:
    """The facts of the exchange with the verdict on the client, who may be unknown. Raises `OAuth2Error` for
    credentials that cannot be read, `TooManyRequestsError` for a network that guesses."""
    try:
        credentials = read_credentials(request.authorization, request.parameters)
    except CredentialsError as fault:
        raise InvalidRequestError(str(fault)) from fault
    client_id, secret = credentials.client_id, credentials.secret.reveal()
    counter = identity.guesses.find_counter(client_id, request.network)
    found = await identity.clients.find(AskedClient(client_id, counter)) if client_id else None
    facts = await identity.build_facts(request.parameters, found.client if found else None)
    facts.auth_method = credentials.method
    # No connection is in hand: a slow hash must not keep others from the database.
    if credentials.method == "none":
        facts.is_authenticated = facts.client is not None and facts.client.registered.is_public
    elif credentials.method and facts.client is not None:
        client = facts.client.registered
        identity.guesses.check(found.failures if found else 0)
        facts.is_authenticated = await identity.verifier.verify(client, secret)
        if not facts.is_authenticated:
            facts.fault = _find_fault(identity, client, secret)
            await identity.guesses.count_failure(client.client_id, request.network)
    elif credentials.method:
        await identity.verifier.verify_nothing(secret)
    if facts.is_authenticated and facts.client is not None:
        identity.usage.note(facts.client.registered.client_key)
    return facts


def _find_fault(identity: Identity, client: RegisteredClient, secret: str) -> str:
    """For the client's developers only: whoever presents the secret is told the same as of a wrong one."""
    return "The secret has expired." if identity.verifier.is_generated(client, secret) else ""


async def require_client(identity: Identity, request: ClientRequest) -> Facts:
    """As `authenticate_client`, and raises `OAuth2Error` unless the client is who it says."""
    facts = await authenticate_client(identity, request)
    if not facts.is_authenticated or facts.client is None:
        raise InvalidClientError("The client could not be authenticated.", status_code=401)
    return facts
