"""Use cases of organisations: made by support, who belongs to them, which clients act for them."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from borvo.accounts.public import Accounts, Role, change_role, find_person, normalize_email, wake_role
from borvo.kernel.entropy import create_uuid
from borvo.kernel.errors import ConflictError, InvalidInputError, NotFoundError
from borvo.kernel.ids import ClientKey, OrganisationId, PersonId
from borvo.kernel.text import say
from borvo.organisations import store
from borvo.organisations.model import (
    Organisation,
    OrganisationCount,
    OrganisationMember,
    OrganisationRole,
    SharingCounts,
    normalize_name,
)
from borvo.organisations.policy import check_manager_remains, check_name, check_room
from borvo.storage.database import Connection
from borvo.storage.security_events.model import SUPPORT
from borvo.web.bearer import PresentedToken

AdmitPerson = Callable[[PresentedToken], Awaitable[PersonId]]
"""Reads an Authorization header whose token needs the scope `agency_api` and stands for a person; raises
`UnauthenticatedError` or `ForbiddenError`."""

CountSharers = Callable[[Connection, OrganisationId], Awaitable[SharingCounts]]

_PLATFORM_ROLES = {
    OrganisationRole.AGENT: Role.AGENT,
    OrganisationRole.MEMBERSHIP_MANAGER: Role.MEMBERSHIP_MANAGER,
}


@dataclass(frozen=True, slots=True)
class Organisations:
    """The collaborators of this feature. `admit` is whoever knows access tokens, `count_sharers` whoever knows
    consents: `assembly` wires both."""

    accounts: Accounts
    admit: AdmitPerson
    count_sharers: CountSharers


async def create_organisation(organisations: Organisations, name: str) -> Organisation:
    """Raises `InvalidInputError` beside `name`, also when another organisation has it."""
    accounts, name = organisations.accounts, normalize_name(name)
    if fault := check_name(name):
        raise InvalidInputError(fault, {"name": [fault]})
    now = accounts.clock()
    organisation = Organisation(OrganisationId(create_uuid(now, accounts.entropy)), name)
    async with accounts.database.transaction() as connection:
        if not await store.insert_organisation(connection, organisation, now):
            fault = say("There is an organisation %(name)s already.", name=name)
            raise InvalidInputError(fault, {"name": [fault]})
    return organisation


async def list_organisations(organisations: Organisations) -> list[OrganisationCount]:
    async with organisations.accounts.database.connection() as connection:
        return await store.count_organisations(connection)


async def find_named(connection: Connection, name: str) -> Organisation:
    """By name or id; raises `NotFoundError`."""
    organisation = await store.find_organisation(connection, name)
    if organisation is None:
        raise NotFoundError(say("No organisation has the name or the id %(name)s.", name=name))
    return organisation


async def allow_client(
    organisations: Organisations, connection: Connection, name: str, client_key: ClientKey
) -> tuple[Organisation, bool]:
    """From now on the client may act for the organisation without a person; whether that is new."""
    organisation = await find_named(connection, name)
    now = organisations.accounts.clock()
    return organisation, await store.allow_client(connection, organisation.id, client_key, now)


async def disallow_client(
    connection: Connection, name: str, client_key: ClientKey
) -> tuple[Organisation, bool]:
    """The inverse of `allow_client`, with the client's next request; whether it was allowed."""
    organisation = await find_named(connection, name)
    return organisation, await store.disallow_client(connection, organisation.id, client_key)


async def list_own(organisations: Organisations, presented: PresentedToken) -> tuple[Organisation, ...]:
    """Contract 7: the organisations in which the caller is an agent."""
    person_id = await organisations.admit(presented)
    async with organisations.accounts.database.connection() as connection:
        return await store.list_organisations_of(connection, person_id, OrganisationRole.AGENT)


async def join(
    organisations: Organisations,
    connection: Connection,
    organisation: Organisation,
    email: str,
    role: OrganisationRole,
    *,
    actor: str,
) -> bool:
    """Whether she had not the role in it before. The platform's role of the same name comes with it. Within the
    caller's transaction; raises `NotFoundError` when nobody has the address."""
    accounts = organisations.accounts
    person = await find_person(connection, normalize_email(email))
    if person is None:
        raise NotFoundError(say("Nobody is registered as %(email)s.", email=email))
    await store.lock_organisation(connection, organisation.id)
    await store.lock_person(connection, person.id)
    if fault := check_room(len(await store.list_members(connection, organisation.id))):
        raise ConflictError(fault)
    brings = await change_role(
        connection, accounts, person.email, _PLATFORM_ROLES[role], granted=True, actor=actor
    )
    # Where another membership brought it, it rests on this one, too.
    brings = brings or await store.has_brought_role(connection, person.id, role)
    return await store.insert_role(
        connection, person.id, organisation.id, role, accounts.clock(), brought_role=brings
    )


async def take_out(
    organisations: Organisations,
    connection: Connection,
    organisation: Organisation,
    member: OrganisationMember,
    roles: Iterable[OrganisationRole],
    *,
    actor: str,
) -> None:
    """Takes the roles in the organisation away, and what came with them, from the next request on. What people
    allowed the organisation stays. Within the caller's transaction, which holds the organisation's lock; raises
    `ConflictError` for its last manager."""
    team = await store.list_members(connection, organisation.id)
    if fault := check_manager_remains(team, member.person_id, frozenset(roles)):
        raise ConflictError(fault)
    await store.lock_person(connection, member.person_id)
    lost = await store.delete_roles(connection, member.person_id, organisation.id, roles)
    for role, brought in lost.items():
        if brought and not await store.has_brought_role(connection, member.person_id, role):
            platform_role = _PLATFORM_ROLES[role]
            await change_role(
                connection, organisations.accounts, member.email, platform_role, granted=False, actor=actor
            )


async def load_members(
    organisations: Organisations, name: str
) -> tuple[Organisation, tuple[OrganisationMember, ...]]:
    """An organisation by its name or id, with everybody in it, the suspended too. Raises `NotFoundError`."""
    async with organisations.accounts.database.connection() as connection:
        organisation = await find_named(connection, name)
        return organisation, await store.list_all_members(connection, organisation.id)


async def add_member(
    organisations: Organisations, name: str, email: str, role: OrganisationRole, *, actor: str = SUPPORT
) -> tuple[Organisation, bool]:
    """For support: whether she had not the role before. The platform's wakes. Raises as `find_named` and `join`."""
    accounts = organisations.accounts
    async with accounts.database.transaction() as connection:
        organisation = await find_named(connection, name)
        is_new = await join(organisations, connection, organisation, email, role, actor=actor)
        if person := await find_person(connection, normalize_email(email)):
            await wake_role(connection, accounts, person.id, _PLATFORM_ROLES[role], actor=actor)
    return organisation, is_new


async def remove_member(
    organisations: Organisations,
    name: str,
    email: str,
    role: OrganisationRole | None,
    *,
    actor: str = SUPPORT,
) -> Organisation:
    """For support: one of her roles, or all of them. Raises `NotFoundError`, and `ConflictError` for the last
    manager."""
    async with organisations.accounts.database.transaction() as connection:
        organisation = await find_named(connection, name)
        await store.lock_organisation(connection, organisation.id)
        member = await _pick_member(connection, organisation, normalize_email(email))
        roles = member.roles if role is None else member.roles & {role}
        await take_out(organisations, connection, organisation, member, roles, actor=actor)
    return organisation


async def _pick_member(connection: Connection, organisation: Organisation, email: str) -> OrganisationMember:
    for member in await store.list_members(connection, organisation.id):
        if member.email == email:
            return member
    raise NotFoundError(say("%(email)s is no member of %(name)s.", email=email, name=organisation.name))
