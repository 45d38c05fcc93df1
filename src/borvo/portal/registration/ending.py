"""A team takes a client back from the program that registered it."""

import structlog

from borvo.accounts.public import Person
from borvo.kernel.errors import NotFoundError
from borvo.kernel.text import say
from borvo.portal.audit import Action, Values
from borvo.portal.model import ClientSheet
from borvo.portal.registration import store
from borvo.portal.service import Portal, find_sheet, load_sheet_of, lock_client, note_change
from borvo.portal.team.policy import Deed

log = structlog.get_logger(__name__)


def _check_registered(sheet: ClientSheet) -> ClientSheet:
    if sheet.registration is None:
        raise NotFoundError(say("No program registered this client; it has no registration access token."))
    return sheet


async def find_registered(portal: Portal, person: Person, client_id: str) -> ClientSheet:
    """A client that a program registered and that she may change. Raises as `find_client`, and `NotFoundError` for one
    of the portal."""
    return _check_registered(await find_sheet(portal, person, client_id, Deed.CHANGE_CLIENTS))


async def end_registration(portal: Portal, person: Person, client_id: str) -> None:
    """The registration access token opens nothing from the next request on, and no other takes its place; all else that
    the client has stays. Again it changes nothing. Raises as `find_registered`."""
    async with portal.database.transaction() as connection:
        # A change by the program holds the same lock, so that it comes before or is refused.
        client = await lock_client(connection, person, client_id)
        sheet = _check_registered(await load_sheet_of(connection, client))
        if not await store.close_registration(connection, client.client_key):
            return
        label = sheet.registration.initial_token if sheet.registration else ""
        before: Values = {"initial_token": label} if label else {}
        await note_change(portal, connection, Action.REGISTRATION_ENDED, person, client, before)
    log.info("registration ended", client_id=client_id, person=str(person.id))
