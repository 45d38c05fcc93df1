"""Pushed authorization requests: RFC 9126."""

from dataclasses import replace

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749.errors import InvalidRequestError

from borvo.accounts.public import Limit
from borvo.identity import request_store
from borvo.identity.engine import Facts
from borvo.identity.model import REQUEST_LIFETIME, Parameters
from borvo.identity.pushed import PUSHED_LIFETIME, name_pushed, strip_credentials
from borvo.identity.service.authentication import (
    ClientRequest,
    TokenAnswer,
    refuse,
    refuse_flood,
    refuse_guessing,
    require_client,
)
from borvo.identity.service.collaborators import Identity
from borvo.identity.service.demands import find_expected
from borvo.identity.service.proving import bind_pushed, read_proof, use_proof
from borvo.identity.service.refusals import note_answer, note_page, note_request_uri
from borvo.identity.service.request_objects import check_signed, has_object, open_object
from borvo.identity.service.validation import check_destination, validate_request
from borvo.identity.service.waiting import (
    WAITING_REQUESTS,
    AuthorizationRefusedError,
    RequestGoneError,
    Waiting,
)
from borvo.kernel.digests import digest_token
from borvo.kernel.entropy import create_token
from borvo.kernel.errors import TooManyRequestsError
from borvo.kernel.text import say

PUSHED_REQUESTS = Limit("pushed-request", 20_000)
"""By client that proved who it is: at 22 a second for a quarter of an hour, two thousand wait at a time."""

PUSHED_MAXIMUM = 64_000
"""Characters; a request that comes by a browser may have as many."""

ENDPOINT = "pushed authorization"
_TOO_LARGE = 413
# Nobody is at a browser yet: whether somebody must sign in is asked when the request comes by one.
_SOMEBODY = object()


async def push_request(identity: Identity, request: ClientRequest) -> TokenAnswer:
    """RFC 9126 2: everything that can be looked at without the person is looked at now."""
    try:
        facts = await require_client(identity, request)
    except TooManyRequestsError as error:
        return refuse_guessing(error)
    except OAuth2Error as error:
        return _refuse(identity, request, None, error)
    client_id = facts.client.client_id if facts.client else ""
    asked = replace(facts, parameters=strip_credentials(facts.parameters, client_id))
    try:
        asked.proof = read_proof(identity, request)
        await _check(identity, asked)
        return await _keep(identity, asked, request.network)
    except OAuth2Error as error:
        return _refuse(identity, request, asked, error)
    except AuthorizationRefusedError as error:
        note_page(identity, asked, str(error.public), ENDPOINT)
        return refuse(
            InvalidRequestError("The redirect_uri is not registered for this client, or not fit here.")
        )
    except TooManyRequestsError as error:
        return refuse_flood(error)


def _refuse(
    identity: Identity, request: ClientRequest, facts: Facts | None, error: OAuth2Error
) -> TokenAnswer:
    answer = refuse(error)
    note_answer(identity, ENDPOINT, request, facts, answer.body)
    return answer


async def _check(identity: Identity, facts: Facts) -> None:
    """As one that comes by a browser; what an object says takes the place of what was pushed. Raises `OAuth2Error`, and
    `AuthorizationRefusedError` for a callback URL that is not the client's."""
    if facts.parameters.size > PUSHED_MAXIMUM:
        raise InvalidRequestError("The request is too large.", status_code=_TOO_LARGE)
    # RFC 9126 2.1: a request cannot be pushed by the name of another one.
    if facts.parameters.get("request_uri") is not None:
        raise InvalidRequestError("A pushed request must not have a request_uri.")
    is_signed = False
    if has_object(facts.parameters) and not facts.parameters.find_repeated():
        # RFC 9126 3: the object is the whole request.
        facts.parameters, is_signed = await open_object(identity, facts, is_pushed=True)
    facts.parameters = bind_pushed(facts.parameters, facts.proof)
    client, _ = check_destination(facts)
    check_signed(client, is_signed=is_signed)
    validate_request(facts, _SOMEBODY)
    find_expected(facts)


async def _keep(identity: Identity, facts: Facts, network: str) -> TokenAnswer:
    """Raises `TooManyRequestsError`, and `OAuth2Error` for a proof that was used before."""
    client_id, now = facts.parameters.get("client_id") or "", facts.now
    is_public = facts.client is not None and facts.client.registered.is_public
    request_id = create_token(identity.entropy)
    async with identity.database.transaction() as connection:
        # Anybody can pose as a client without a secret: so it is not that client's share that he uses up.
        limit, subject = (WAITING_REQUESTS, network) if is_public else (PUSHED_REQUESTS, client_id)
        await identity.client_limiter.spend_within(connection, limit, client_id, subject, now)
        await use_proof(connection, facts)
        await request_store.insert_pushed(
            connection, digest_token(request_id), client_id, facts.parameters, now, now + PUSHED_LIFETIME
        )
    body = {"request_uri": name_pushed(request_id), "expires_in": int(PUSHED_LIFETIME.total_seconds())}
    return TokenAnswer(201, body, {})


async def open_pushed(identity: Identity, name: str, parameters: Parameters) -> Waiting:
    """The request whose name a browser has brought. It is used up when it is answered and not before, so that looking
    at the page twice does no harm (RFC 9126 4). Raises `AuthorizationRefusedError`."""
    client_id = parameters.get("client_id")
    if any(map(parameters.is_repeated, ("client_id", "request_uri"))):
        raise AuthorizationRefusedError(say("The app sent its client_id or request_uri more than once."))
    if client_id is None:
        raise AuthorizationRefusedError(say("The app sent a request_uri without its client_id."))
    now = identity.clock()
    async with identity.database.connection() as connection:
        found = await request_store.open_pushed(
            connection, digest_token(name), client_id, now, now + REQUEST_LIFETIME
        )
        if found is not None:
            return Waiting(name, *found)
        facts = await identity.gather_facts(connection, parameters)
    note_request_uri(identity, facts, _NO_SUCH)
    raise RequestGoneError


_NO_SUCH = (
    "There is no such pushed request of this client. It may have been answered, or have waited for too long."
)
