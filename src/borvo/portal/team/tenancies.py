"""What the operator does with tenancies. Each deed is in the audit trail, with nobody's name: the operator's."""

from dataclasses import dataclass
from datetime import datetime

import asyncpg

from borvo.accounts.public import Person, Role, change_role, find_person, normalize_email, wake_role
from borvo.kernel.entropy import create_uuid
from borvo.kernel.errors import ConflictError, InvalidInputError, NotFoundError
from borvo.kernel.ids import TenancyId
from borvo.kernel.text import say
from borvo.portal.audit import Action, Change, Values, record_change
from borvo.portal.model import Tenancy
from borvo.portal.policy import PREFIX_BYTES, check_prefix
from borvo.portal.service import Portal
from borvo.portal.team import store
from borvo.portal.team.entry import find_named
from borvo.portal.team.model import Member, TeamRole
from borvo.portal.team.policy import check_owner_remains
from borvo.storage.database import Connection
from borvo.storage.security_events.model import SUPPORT


@dataclass(frozen=True, slots=True)
class TenancyCount:
    """A tenancy as the operator sees it in a list."""

    tenancy: Tenancy
    created_at: datetime
    members: int
    clients: int


async def _note(
    portal: Portal,
    connection: Connection,
    tenancy_id: TenancyId,
    action: Action,
    subject: str,
    before: Values | None = None,
    after: Values | None = None,
) -> None:
    change = Change(tenancy_id, None, action, subject, portal.clock(), before or {}, after or {})
    await record_change(connection, change)


async def _find_person(connection: Connection, email: str) -> Person:
    person = await find_person(connection, normalize_email(email))
    if person is None:
        raise NotFoundError(say("Nobody is registered as %(email)s.", email=email))
    return person


async def _lock(connection: Connection, name: str) -> Tenancy:
    """The tenancy with this prefix or id, while nobody else changes its team."""
    tenancy_id = await find_named(connection, name)
    tenancy = await store.lock_tenancy(connection, tenancy_id) if tenancy_id else None
    if tenancy is None:
        raise NotFoundError(say("No tenancy has the prefix or the id %(name)s.", name=name))
    return tenancy


def _refuse_prefix(fault: str) -> InvalidInputError:
    return InvalidInputError(fault, {"prefix": [fault]})


async def create_tenancy(
    portal: Portal, owner_email: str, prefix: str | None = None, *, actor: str = SUPPORT
) -> Tenancy:
    """Makes the person its owner and a developer. Without `prefix` it is 64 hex digits (contract 7)."""
    chosen = portal.entropy(PREFIX_BYTES).hex() if prefix is None else prefix
    if fault := check_prefix(chosen):
        raise _refuse_prefix(fault)
    now = portal.clock()
    tenancy = Tenancy(TenancyId(create_uuid(now, portal.entropy)), chosen)
    async with portal.database.transaction() as connection:
        owner = await _find_person(connection, owner_email)
        if not await store.insert_tenancy(connection, tenancy, now):
            raise _refuse_prefix(say("Another tenancy has the prefix %(prefix)s.", prefix=chosen))
        after = {"prefix": chosen, "owner": owner.email}
        await _note(portal, connection, tenancy.id, Action.TENANCY_CREATED, chosen, after=after)
        await store.insert_member(connection, owner.id, tenancy.id, TeamRole.OWNER, now)
        await _give_role(portal, connection, owner, actor)
    return tenancy


async def list_all_tenancies(portal: Portal) -> tuple[TenancyCount, ...]:
    """By prefix."""
    async with portal.database.connection() as connection:
        rows = await store.count_tenancies(connection)
    return tuple(
        TenancyCount(store.read_tenancy(row), row["created_at"], row["members"], row["clients"])
        for row in rows
    )


async def load_team(portal: Portal, name: str) -> tuple[Tenancy, tuple[Member, ...]]:
    """A tenancy by its prefix or id, with everybody in it, the suspended too. Raises `NotFoundError`."""
    async with portal.database.transaction() as connection:
        tenancy = await _lock(connection, name)
        return tenancy, await store.list_all_members(connection, tenancy.id)


async def suspend_tenancy(portal: Portal, name: str) -> bool:
    """Whether it was not suspended before. All its clients are disabled with the next request."""
    async with portal.database.transaction() as connection:
        tenancy = await _lock(connection, name)
        if tenancy.is_suspended:
            return False
        await store.suspend(connection, tenancy.id, portal.clock())
        await _note(portal, connection, tenancy.id, Action.TENANCY_SUSPENDED, tenancy.prefix)
    return True


async def resume_tenancy(portal: Portal, name: str) -> bool:
    """Whether it was suspended. Clients that had been disabled before stay so."""
    async with portal.database.transaction() as connection:
        tenancy = await _lock(connection, name)
        if not tenancy.is_suspended:
            return False
        await store.resume(connection, tenancy.id)
        await _note(portal, connection, tenancy.id, Action.TENANCY_RESUMED, tenancy.prefix)
    return True


async def set_prefix(portal: Portal, name: str, prefix: str) -> Tenancy:
    """Raises `ConflictError` once it has clients: their ids begin with the prefix, and stay what they are."""
    if fault := check_prefix(prefix):
        raise _refuse_prefix(fault)
    async with portal.database.transaction() as connection:
        tenancy = await _lock(connection, name)
        if await store.has_clients(connection, tenancy.id):
            raise ConflictError(
                say(
                    "The tenancy %(prefix)s has clients, whose ids begin with its prefix.",
                    prefix=tenancy.prefix,
                )
            )
        if prefix != tenancy.prefix:
            try:
                await store.update_prefix(connection, tenancy.id, prefix)
            except asyncpg.UniqueViolationError:
                raise _refuse_prefix(
                    say("Another tenancy has the prefix %(prefix)s.", prefix=prefix)
                ) from None
            before, after = {"prefix": tenancy.prefix}, {"prefix": prefix}
            await _note(portal, connection, tenancy.id, Action.PREFIX_CHANGED, prefix, before, after)
    return Tenancy(tenancy.id, prefix, tenancy.is_suspended)


async def add_member(
    portal: Portal, name: str, email: str, role: TeamRole, *, actor: str = SUPPORT
) -> Tenancy:
    """Also gives a member another role, unless nobody would be left as owner (`ConflictError`)."""
    async with portal.database.transaction() as connection:
        tenancy, person = await _lock(connection, name), await _find_person(connection, email)
        if await store.insert_member(connection, person.id, tenancy.id, role, portal.clock()):
            after = {"role": role.value}
            await _note(portal, connection, tenancy.id, Action.MEMBER_ADDED, person.email, after=after)
        else:
            await _change_role(portal, connection, tenancy, person, role)
        await _give_role(portal, connection, person, actor)
    return tenancy


async def _give_role(portal: Portal, connection: Connection, person: Person, actor: str) -> None:
    """Of a developer, also where it rests."""
    accounts, role = portal.accounts, Role.DEVELOPER
    await change_role(connection, accounts, person.email, role, granted=True, actor=actor)
    await wake_role(connection, accounts, person.id, role, actor=actor)


async def _change_role(
    portal: Portal, connection: Connection, tenancy: Tenancy, person: Person, role: TeamRole
) -> None:
    team = await store.list_members(connection, tenancy.id)
    if fault := check_owner_remains(team, person.id, role):
        raise ConflictError(fault)
    former = next(member.role for member in team if member.person_id == person.id)
    if former is not role:
        await store.update_role(connection, person.id, tenancy.id, role)
        before, after = {"role": former.value}, {"role": role.value}
        await _note(portal, connection, tenancy.id, Action.MEMBER_ROLE_CHANGED, person.email, before, after)


async def remove_member(portal: Portal, name: str, email: str) -> Tenancy:
    """Raises `NotFoundError` for who is no member, `ConflictError` for the last owner."""
    async with portal.database.transaction() as connection:
        tenancy = await _lock(connection, name)
        team = await store.list_members(connection, tenancy.id)
        member = next((each for each in team if each.email == normalize_email(email)), None)
        if member is None:
            raise NotFoundError(
                say("%(email)s is no member of the tenancy %(prefix)s.", email=email, prefix=tenancy.prefix)
            )
        if fault := check_owner_remains(team, member.person_id, None):
            raise ConflictError(fault)
        await store.delete_member(connection, member.person_id, tenancy.id)
        before = {"role": member.role.value}
        await _note(portal, connection, tenancy.id, Action.MEMBER_REMOVED, member.email, before)
    return tenancy
