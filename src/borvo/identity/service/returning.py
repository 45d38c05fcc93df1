"""Where a person goes on to who signs in: for the sign-in page, which names the client and its origin, and for what
follows it."""

from borvo.accounts.public import Destination, Login
from borvo.identity.responses import find_location
from borvo.identity.service.authorization import settle
from borvo.identity.service.collaborators import Identity
from borvo.identity.service.validation import describe_destination
from borvo.identity.service.waiting import (
    CONTINUE_PATH,
    AuthorizationRefusedError,
    find_request_id,
    load_waiting,
)
from borvo.kernel.errors import BorvoError
from borvo.storage.database import DATABASE_ABSENCES

_HINDRANCES: tuple[type[Exception], ...] = (BorvoError, *DATABASE_ABSENCES)


def _read_request_id(return_to: str) -> str | None:
    """Of the request to which this leads on, if it does to one."""
    path, _, query = return_to.partition("?")
    return find_request_id(query.removeprefix("request=")) if path == CONTINUE_PATH else None


async def answer_return(identity: Identity, login: Login, return_to: str) -> str | None:
    """The address of the client with the answer to the request that waited for this sign-in; None, with nothing done,
    for whatever `return_to` itself answers by a page, as it does then."""
    request_id = _read_request_id(return_to)
    if request_id is None:
        return None
    try:
        answer = await settle(identity, request_id, login)
    except _HINDRANCES:
        # She is signed in whatever became of the request, also where the database is away since: her browser gets her
        # session, and is told where she goes on to.
        return None
    return find_location(answer) if answer else None


async def describe_return(identity: Identity, return_to: str) -> Destination | None:
    """Which client a person goes on to who signs in with this `return_to`: for the sign-in page."""
    request_id = _read_request_id(return_to)
    if request_id is None:
        return None
    try:
        _, facts, _ = await load_waiting(identity, request_id, None)
        return describe_destination(facts)
    except AuthorizationRefusedError:
        return None
