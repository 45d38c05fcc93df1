"""Who the client is, at every endpoint that clients call themselves: RFC 6749 2.3."""

from dataclasses import dataclass
from typing import Any

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749.errors import InvalidClientError, InvalidRequestError

from borvo.identity.assertions import AssertionFaultError, check_claims
from borvo.identity.credentials import Credentials, CredentialsError, read_credentials
from borvo.identity.engine import Facts
from borvo.identity.model import InstanceProfile, Parameters
from borvo.identity.service.asserting import EXPIRED, verify_assertion
from borvo.identity.service.collaborators import Identity
from borvo.identity.strict_profile import find_method_fault
from borvo.kernel.errors import TooManyRequestsError
from borvo.portal.public import AskedClient, AuthMethod, RegisteredClient

TOKEN_PATH = "/connect/token"  # noqa: S105 - an address


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
    body = {"error": "invalid_client", "error_description": str(error.public)}
    return TokenAnswer(error.status, body, {"Retry-After": str(error.retry_after)})


def refuse_flood(error: TooManyRequestsError) -> TokenAnswer:
    body = {"error": "temporarily_unavailable", "error_description": str(error.public)}
    return TokenAnswer(error.status, body, {"Retry-After": str(error.retry_after)})


def _read_credentials(identity: Identity, request: ClientRequest) -> Credentials:
    """With the claims of an assertion checked. Whatever is wrong so far is wrong for every client, so it is said."""
    try:
        credentials = read_credentials(request.authorization, request.parameters)
        if credentials.assertion is not None:
            # RFC 7523 3, RFC 9126 2: the issuer is the best name, and in `strict` the only one.
            issuer, is_strict = identity.issuer, identity.profile is InstanceProfile.STRICT
            audiences = (issuer, f"{issuer}{TOKEN_PATH}", f"{issuer}{request.path}")
            check_claims(credentials.assertion, audiences, identity.clock(), is_strict=is_strict)
    except CredentialsError as fault:
        raise InvalidRequestError(str(fault)) from fault
    except AssertionFaultError as fault:
        raise InvalidClientError(str(fault), status_code=401) from fault
    algorithm = credentials.assertion.algorithm if credentials.assertion else ""
    if words := find_method_fault(credentials.method, algorithm, identity.profile):
        raise InvalidClientError(words, status_code=401)
    return credentials


async def authenticate_client(identity: Identity, request: ClientRequest) -> Facts:
    """The facts of the exchange with the verdict on the client, who may be unknown. Raises `OAuth2Error` for
    credentials that cannot be read, `TooManyRequestsError` for a network that guesses."""
    credentials = _read_credentials(identity, request)
    client_id = credentials.client_id
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
        facts.is_authenticated = await _verify(identity, facts, client, credentials)
        if not facts.is_authenticated:
            await identity.guesses.count_failure(client.client_id, request.network)
    elif credentials.method and credentials.assertion is None:
        await identity.verifier.verify_nothing(credentials.secret.reveal())
    if facts.is_authenticated and facts.client is not None:
        identity.usage.note(facts.client.registered.client_key)
    return facts


async def _verify(
    identity: Identity, facts: Facts, client: RegisteredClient, credentials: Credentials
) -> bool:
    """Whether the proof is good and of the kind that the client is registered for. What is wrong with it is for the
    client's developers only: whoever presents it is told the same of every fault."""
    if credentials.assertion is not None:
        try:
            await verify_assertion(identity, client, credentials.assertion, facts.now)
        except AssertionFaultError as fault:
            facts.fault = str(fault)
            return False
        return True
    secret, method = credentials.secret.reveal(), client.token_endpoint_auth_method
    if method is not AuthMethod.SECRET and not identity.verifier.is_lent(client, secret):
        # OpenID Connect Registration 2: no other method than the registered one.
        facts.fault = f"The client is registered for {method}, and sent a secret."
        return await identity.verifier.verify_nothing(secret)
    is_right = await identity.verifier.verify(client, secret)
    if not is_right:
        facts.fault = _find_fault(identity, client, secret)
    return is_right


def _find_fault(identity: Identity, client: RegisteredClient, secret: str) -> str:
    return EXPIRED if identity.verifier.is_generated(client, secret) else ""


async def require_client(identity: Identity, request: ClientRequest) -> Facts:
    """As `authenticate_client`, and raises `OAuth2Error` unless the client is who it says."""
    return check_authenticated(await authenticate_client(identity, request))


def check_authenticated(facts: Facts) -> Facts:
    """Raises `OAuth2Error`."""
    if not facts.is_authenticated or facts.client is None:
        raise InvalidClientError("The client could not be authenticated.", status_code=401)
    return facts


def has_proved_itself(facts: Facts) -> bool:
    """Whether nobody but the client can have sent the request. A client without a secret is named by anybody; one whose
    secret has expired proves itself by that, although it is refused."""
    if facts.client is None or facts.client.registered.is_public:
        return False
    return facts.is_authenticated or facts.fault == EXPIRED
