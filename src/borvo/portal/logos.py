"""Use cases of a client's logo."""

import structlog

from borvo.accounts.public import Person
from borvo.kernel.errors import InvalidInputError
from borvo.kernel.text import say
from borvo.portal import logo_store
from borvo.portal.audit import Action
from borvo.portal.pictures import Picture, check_picture, read_picture
from borvo.portal.readiness import find_broken
from borvo.portal.service import Portal, load_sheet_of, lock_client, note_change

log = structlog.get_logger(__name__)


async def change_logo(portal: Portal, person: Person, client_id: str, content: bytes) -> None:
    """Raises `InvalidInputError` beside `logo` for what is no picture, too large or too many pixels."""
    picture = read_picture(content)
    if picture is None:
        fault = check_picture(content) or say("This picture cannot be used.")
        raise InvalidInputError(fault, {"logo": [fault]})
    async with portal.database.transaction() as connection:
        sheet = await load_sheet_of(connection, await lock_client(connection, person, client_id))
        if sheet.presentation.logo == picture.digest:
            return
        await logo_store.save_logo(connection, sheet.client.client_key, picture, portal.clock())
        before, after = {"logo": sheet.presentation.logo}, {"logo": picture.digest}
        await note_change(portal, connection, Action.LOGO_CHANGED, person, sheet.client, before, after)
    log.info("client logo changed", client_id=client_id, person=str(person.id))


async def remove_logo(portal: Portal, person: Person, client_id: str) -> None:
    """Raises `InvalidInputError` for a live client, which has to have one."""
    async with portal.database.transaction() as connection:
        sheet = await load_sheet_of(connection, await lock_client(connection, person, client_id))
        if "logo" in find_broken(sheet, sheet.details, "", portal.clock()):
            fault = say("The app is live and has to have a logo. Upload another one in its place.")
            raise InvalidInputError(fault, {"logo": [fault]})
        if sheet.presentation.logo:
            await logo_store.delete_logo(connection, sheet.client.client_key)
            before = {"logo": sheet.presentation.logo}
            await note_change(portal, connection, Action.LOGO_REMOVED, person, sheet.client, before)
    log.info("client logo removed", client_id=client_id, person=str(person.id))


async def find_logo(portal: Portal, digest: str) -> Picture | None:
    async with portal.database.connection() as connection:
        return await logo_store.load_logo(connection, digest)
