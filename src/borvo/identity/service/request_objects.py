"""What a client asks by a request object, by value or by reference: RFC 9101, OpenID Connect Core 6."""

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749.errors import InvalidRequestError

from borvo.accounts.public import Limit
from borvo.identity.engine import Facts, ProtocolClient
from borvo.identity.model import InstanceProfile, Parameters
from borvo.identity.request_object import (
    InvalidRequestObjectError,
    RequestObject,
    check_object,
    merge_parameters,
    read_object,
)
from borvo.identity.service.collaborators import Identity
from borvo.identity.strict_profile import list_algorithms
from borvo.kernel.origin import current_origin
from borvo.portal.public import KeyFaultError, RegisteredClient
from borvo.web.addresses import find_network
from borvo.web.outgoing import OutgoingError

FETCHED_REQUESTS = Limit("fetched-request", 300)
"""By network: whoever knows a client and one of its addresses can have that address asked."""

_UNVERIFIED = "The request object does not verify by a registered key of the client."


class InvalidRequestUriError(OAuth2Error):
    """OpenID Connect Core 3.1.2.6: there is no request object at the address, or none that is fetched."""

    error = "invalid_request_uri"


class RequestUriNotSupportedError(OAuth2Error):
    """OpenID Connect Core 3.1.2.6."""

    error = "request_uri_not_supported"
    description = "This instance takes request_uri only of requests that were pushed to it."


def has_object(parameters: Parameters) -> bool:
    return any(parameters.get(name) is not None for name in ("request", "request_uri"))


def check_signed(client: ProtocolClient, *, is_signed: bool) -> None:
    """Raises `OAuth2Error` where a client that signs what it asks has not."""
    if client.registered.require_signed_request_object and not is_signed:
        # RFC 9101 10.5
        raise InvalidRequestError(
            "This client must sign its authorization requests and send them as request."
        )


async def open_object(
    identity: Identity, facts: Facts, *, is_pushed: bool = False
) -> tuple[Parameters, bool]:
    """The request that the object makes with what stands beside it, and whether a key of the client's signed it. May
    wait for the client's server: no connection may be in hand. Raises `OAuth2Error`, and `TooManyRequestsError` where a
    network has too much fetched."""
    if facts.client is None:
        raise InvalidRequestError("The client is not known.")
    parameters, client = facts.parameters, facts.client.registered
    text = parameters.get("request")
    if text is None:
        text = await _fetch(identity, facts, client)
    elif parameters.get("request_uri") is not None:
        # OpenID Connect Core 6: one or the other.
        raise InvalidRequestError("The request has both request and request_uri.")
    found = read_object(text)
    if found.is_unsigned:
        _check_unsigned(facts, client)
    elif found.algorithm not in list_algorithms(facts.profile):
        raise InvalidRequestObjectError(
            f"This instance takes no request objects signed by {found.algorithm}."
        )
    else:
        await _verify(identity, facts, client, found)
    check_object(found.claims, client.client_id, facts.issuer, facts.now)
    # RFC 9101 10.5: beside what a client has to sign nothing counts, or its signature would protect nothing.
    is_alone = is_pushed or client.require_signed_request_object
    merged = merge_parameters(parameters, found.claims, is_alone=is_alone)
    return merged, not found.is_unsigned


async def _fetch(identity: Identity, facts: Facts, client: RegisteredClient) -> str:
    # Contract 7: registered addresses only, and none in the profile strict.
    request_uri = facts.parameters.get("request_uri") or ""
    if facts.profile is InstanceProfile.STRICT:
        raise RequestUriNotSupportedError
    if request_uri not in client.request_uris:
        raise InvalidRequestUriError("The request_uri is not registered for this client.")
    network = find_network(current_origin().find_address())
    await identity.client_limiter.spend(FETCHED_REQUESTS, client.client_id, network, facts.now)
    try:
        return await identity.published_requests.fetch(request_uri)
    except OutgoingError as error:
        facts.fault = f"No request object came from the request_uri: {error}."
        raise InvalidRequestUriError("No request object came from the request_uri.") from error


def _check_unsigned(facts: Facts, client: RegisteredClient) -> None:
    # RFC 9101 10.5: a client that signs is not answered without a signature.
    if facts.profile is InstanceProfile.STRICT or client.require_signed_request_object:
        raise InvalidRequestObjectError("The request object must be signed.")


async def _verify(identity: Identity, facts: Facts, client: RegisteredClient, found: RequestObject) -> None:
    try:
        key = await identity.client_keys.find(client, found.kid, found.algorithm)
    except KeyFaultError as error:
        facts.fault = str(error)
        raise InvalidRequestObjectError(_UNVERIFIED) from error
    if not found.is_signed_by(key):
        facts.fault = "The signature of the request object is not by the key that it names."
        raise InvalidRequestObjectError(_UNVERIFIED)
