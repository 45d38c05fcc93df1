"""Use cases that change what a client is rather than its details: live, disabled, deleted, and back. Each locks the
client first, so that they take turns with changes of the details."""

from datetime import timedelta

import structlog

from borvo.accounts.public import Person
from borvo.kernel.errors import InvalidInputError
from borvo.kernel.text import say
from borvo.portal import sheet_store
from borvo.portal.audit import Action
from borvo.portal.model import ClientSheet
from borvo.portal.readiness import Requirement, check_sheet
from borvo.portal.service import Portal, load_sheet_of, lock_client, note_change
from borvo.portal.strictness import list_strict_requirements
from borvo.portal.team.policy import Deed
from borvo.storage.database import Connection

WAY_BACK = timedelta(days=30)
"""How long a deleted client can be restored."""

log = structlog.get_logger(__name__)


async def _lock_present(
    connection: Connection, person: Person, client_id: str, deed: Deed = Deed.CHANGE_CLIENTS
) -> ClientSheet:
    """The client under lock; raises as `lock_client`, and `InvalidInputError` when it is deleted."""
    sheet = await load_sheet_of(connection, await lock_client(connection, person, client_id, deed))
    if sheet.deleted_at is not None:
        raise _refuse(say("This client is deleted. Restore it first."))
    return sheet


def _refuse(fault: str, field: str = "form") -> InvalidInputError:
    return InvalidInputError(fault, {field: [fault]})


async def _note(
    portal: Portal, connection: Connection, action: Action, person: Person, before: ClientSheet
) -> None:
    """The state before and after, unless nothing has changed."""
    client = before.client
    after = (await load_sheet_of(connection, client)).state
    if after is not before.state:
        states = ({"state": before.state.value}, {"state": after.value})
        await note_change(portal, connection, action, person, client, *states)
    log.info("client state", client_id=client.client_id, state=after.value, person=str(person.id))


def list_requirements(portal: Portal, sheet: ClientSheet) -> list[Requirement]:
    """What going live takes, and what of it is met now."""
    strict = list_strict_requirements(sheet.details) if portal.is_strict else []
    return [*check_sheet(sheet, portal.clock()), *strict]


async def mark_live(portal: Portal, person: Person, client_id: str) -> None:
    """Raises `InvalidInputError` while something is missing, judged under the lock."""
    async with portal.database.transaction() as connection:
        sheet = await _lock_present(connection, person, client_id)
        missing = {each.field: [each.fault] for each in list_requirements(portal, sheet) if not each.is_met}
        if missing:
            fault = say("Not everything on the list is there yet.")
            raise InvalidInputError(fault, {"form": [fault], **missing})
        await sheet_store.set_live(connection, sheet.client.client_key, sheet.live_at or portal.clock())
        await _note(portal, connection, Action.CLIENT_LIVE, person, sheet)


async def mark_draft(portal: Portal, person: Person, client_id: str) -> None:
    """Takes nothing from the client: drafts work."""
    async with portal.database.transaction() as connection:
        sheet = await _lock_present(connection, person, client_id)
        await sheet_store.set_live(connection, sheet.client.client_key, None)
        await _note(portal, connection, Action.CLIENT_DRAFT, person, sheet)


async def disable_client(portal: Portal, person: Person, client_id: str) -> None:
    """From the next request on it gets no tokens, and those that it has are dead for good."""
    async with portal.database.transaction() as connection:
        sheet = await _lock_present(connection, person, client_id)
        await sheet_store.disable(connection, sheet.client.client_key, portal.clock())
        await portal.on_client_ended(connection, sheet.client)
        await _note(portal, connection, Action.CLIENT_DISABLED, person, sheet)


async def enable_client(portal: Portal, person: Person, client_id: str) -> None:
    """It gets tokens again. Those from before stay dead, also such as were on their way while it was disabled."""
    async with portal.database.transaction() as connection:
        sheet = await _lock_present(connection, person, client_id)
        if sheet.disabled_at is None:
            return
        await portal.on_client_ended(connection, sheet.client)
        await sheet_store.enable(connection, sheet.client.client_key, portal.clock())
        await _note(portal, connection, Action.CLIENT_ENABLED, person, sheet)


async def delete_client(portal: Portal, person: Person, client_id: str, typed: str) -> None:
    """As `disable_client`, and in thirty days for good. Raises `InvalidInputError` unless the client id was typed."""
    async with portal.database.transaction() as connection:
        sheet = await _lock_present(connection, person, client_id, Deed.DELETE_CLIENTS)
        if typed != sheet.client.client_id:
            raise _refuse(say("Type the client id exactly as it stands above."), "typed")
        await sheet_store.mark_deleted(connection, sheet.client.client_key, portal.clock())
        await portal.on_client_ended(connection, sheet.client)
        await _note(portal, connection, Action.CLIENT_DELETED, person, sheet)


async def restore_client(portal: Portal, person: Person, client_id: str) -> None:
    """It comes back disabled and as a draft: who restores it looks at it before it works again."""
    async with portal.database.transaction() as connection:
        client = await lock_client(connection, person, client_id, Deed.DELETE_CLIENTS)
        sheet = await load_sheet_of(connection, client)
        await sheet_store.restore(connection, sheet.client.client_key)
        await _note(portal, connection, Action.CLIENT_RESTORED, person, sheet)


async def clean_up(portal: Portal) -> None:
    """Removes for good what was deleted thirty days ago. What people wrote by such a client stays theirs."""
    async with portal.database.transaction() as connection:
        for client_key in await sheet_store.delete_for_good(connection, portal.clock() - WAY_BACK):
            await portal.on_client_gone(connection, client_key)
            log.info("client removed", client_key=str(client_key))
