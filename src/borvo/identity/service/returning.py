"""Where a person goes on to who signs in: for the sign-in page, which names the client and its origin, and for what
follows it."""

from borvo.accounts.public import Destination, Login
from borvo.identity.responses import find_location
from borvo.identity.service.authorization import settle
from borvo.identity.service.collaborators import Identity
from borvo.identity.service.continuing import load_continuation
from borvo.identity.service.validation import describe_destination
from borvo.identity.service.waiting import AuthorizationRefusedError
from borvo.kernel.errors import BorvoError
from borvo.storage.database import DATABASE_ABSENCES

_HINDRANCES: tuple[type[Exception], ...] = (BorvoError, *DATABASE_ABSENCES)


async def answer_return(identity: Identity, login: Login, return_to: str) -> str | None:
    """The address of the client with the answer to the request that this sign-in was for; None, with nothing done, for
    whatever `return_to` itself answers by a page, as it does then."""
    try:
        answer = await settle(identity, return_to, login)
    except _HINDRANCES:
        # She is signed in whatever became of the request, also where the database is away since: her browser gets her
        # session, and is told where she goes on to.
        return None
    return find_location(answer) if answer else None


async def describe_return(identity: Identity, return_to: str) -> Destination | None:
    """Which client a person goes on to who signs in with this `return_to`: for the sign-in page."""
    try:
        found = await load_continuation(identity, return_to, None)
        return describe_destination(found[1]) if found else None
    except AuthorizationRefusedError:
        return None
