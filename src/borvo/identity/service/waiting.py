"""Authorization requests that wait for a person: decision 0006. Those that clients push wait in the same place."""

import re
from dataclasses import dataclass
from datetime import datetime

from authlib.oauth2 import OAuth2Error

from borvo.accounts.public import Limit
from borvo.identity import request_store
from borvo.identity.engine import Facts
from borvo.identity.model import REQUEST_LIFETIME, Consent, Parameters
from borvo.identity.service.collaborators import Identity
from borvo.kernel.digests import digest_token
from borvo.kernel.entropy import create_token
from borvo.kernel.errors import InvalidInputError
from borvo.kernel.ids import PersonId
from borvo.kernel.origin import current_origin
from borvo.kernel.text import say
from borvo.storage.database import Connection
from borvo.web.addresses import find_network

AUTHORIZE_PATH = "/connect/authorize"
CONTINUE_PATH = f"{AUTHORIZE_PATH}/continue"
_GONE = say(
    "This sign-in request has expired or was already answered. Please go back to the app and start again."
)
_ID = re.compile(r"[A-Za-z0-9_-]{43}")

WAITING_REQUESTS = Limit("waiting-request", 1000)
"""By network: a client id and its redirect URI, which anybody can know, are enough to have a request kept."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request that waited for the person, or was pushed; `id` is empty for one that has just come by a browser.

    Of those only: whether the browser's address says all of it, whether a key of the client's signed it, and the
    `fault` for which it is to be refused, with an explanation for the client's developers."""

    id: str
    parameters: Parameters
    asked_at: datetime
    is_plain: bool = False
    is_signed: bool = False
    fault: OAuth2Error | None = None
    explanation: str = ""


class AuthorizationRefusedError(InvalidInputError):
    """Refused on a page and not at the client: without a known client and its own redirect URI nothing may be
    sent anywhere (RFC 6749 4.1.2.1)."""

    title = say("This sign-in request cannot be answered")


class RequestGoneError(AuthorizationRefusedError):
    """It waits no more: it was answered, or nobody came in time. Or it never did."""

    def __init__(self) -> None:
        super().__init__(_GONE)


def find_request_id(text: str | None) -> str | None:
    """The id when it has the form of one."""
    return text if text and _ID.fullmatch(text) else None


def name_continuation(request_id: str) -> str:
    """The address by which a request that waits goes on."""
    return f"{CONTINUE_PATH}?request={request_id}"


def read_request_id(text: str | None) -> str:
    """Raises `AuthorizationRefusedError` for what cannot be an id: it is as unknown as one that is gone."""
    request_id = find_request_id(text)
    if request_id is None:
        raise RequestGoneError
    return request_id


async def load_waiting(
    identity: Identity, request_id: str, person_id: PersonId | None
) -> tuple[Waiting, Facts, Consent | None]:
    """With the facts of the exchange, the client among them, and what the person allows the client. No connection may
    be in hand."""
    async with identity.database.connection() as connection:
        found = await request_store.load_waiting(
            connection, digest_token(request_id), identity.clock(), person_id
        )
    if found is None:
        raise RequestGoneError
    facts, consent = await identity.gather_known(found.parameters, found.party)
    return Waiting(request_id, found.parameters, found.asked_at), facts, consent


async def keep_waiting(identity: Identity, connection: Connection, waiting: Waiting) -> str:
    """The id under which the request waits; a new one for a request that has just come."""
    if waiting.id:
        return waiting.id
    network = find_network(current_origin().find_address())
    request_id, now = create_token(identity.entropy), waiting.asked_at
    client_id = waiting.parameters.get("client_id") or ""
    limiter, counted_at = identity.client_limiter, identity.clock()
    attempts = await request_store.insert_request(
        connection,
        digest_token(request_id),
        waiting.parameters,
        now,
        now + REQUEST_LIFETIME,
        limiter.find_counter(WAITING_REQUESTS, network, counted_at),
        WAITING_REQUESTS.attempts,
    )
    limiter.check_counted(WAITING_REQUESTS, client_id, attempts, counted_at)
    return request_id


async def consume_waiting(connection: Connection, waiting: Waiting) -> None:
    """Raises for a request that is answered already: what waited is answered once."""
    if waiting.id:
        check_answered(await request_store.consume_request(connection, digest_token(waiting.id)))


def check_answered(is_first: "bool | None") -> None:
    """Raises unless this was the first answer to a request."""
    if not is_first:
        raise RequestGoneError
