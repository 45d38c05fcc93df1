"""Roles that ask for a second factor rest for a while after their owner came back by her mailbox alone: whoever reads
her mail would have them by a factor of his own, before she notices. Support gives them again sooner, once it knows that
it is her."""

from datetime import datetime

from borvo.accounts import roles_store
from borvo.accounts.factors.store import has_second_factor
from borvo.accounts.model import Role
from borvo.accounts.service import Accounts
from borvo.kernel.ids import PersonId
from borvo.storage.database import Connection
from borvo.storage.security_events.model import BY_THE_CLOCK, SecurityEvent, SecurityEventKind


async def rest_roles(connection: Connection, accounts: Accounts, person_id: PersonId) -> None:
    """Of who has no second factor, after her mailbox opened the account."""
    if await has_second_factor(connection, person_id):
        return
    until = accounts.clock() + accounts.factor_removal_delay
    asking = accounts.factor_roles | {Role.SUPPORT}
    for role in await roles_store.hold_roles(connection, person_id, asking, until):
        await _record(connection, accounts, SecurityEventKind.ROLE_REMOVED, person_id, role)


async def _record(
    connection: Connection,
    accounts: Accounts,
    kind: SecurityEventKind,
    person_id: PersonId,
    role: Role,
    actor: str = BY_THE_CLOCK,
) -> None:
    event = SecurityEvent(kind, person_id, actor, detail={"role": role.value})
    await accounts.events.record(connection, event)


async def wake_role(
    connection: Connection, accounts: Accounts, person_id: PersonId, role: Role, *, actor: str
) -> None:
    """At once, if it rests: `actor` gives it, and is never the person herself."""
    if await roles_store.release_role(connection, person_id, role):
        await _record(connection, accounts, SecurityEventKind.ROLE_ADDED, person_id, role, actor)


async def wake_roles(accounts: Accounts) -> None:
    """Those whose time has come."""
    async with accounts.database.transaction() as connection:
        for person_id, role in await roles_store.release_roles(connection, accounts.clock()):
            await _record(connection, accounts, SecurityEventKind.ROLE_ADDED, person_id, role)


async def list_resting(accounts: Accounts, person_id: PersonId) -> list[tuple[Role, datetime]]:
    """Which of her roles rest, and until when."""
    async with accounts.database.connection() as connection:
        return await roles_store.list_held_roles(connection, person_id)
