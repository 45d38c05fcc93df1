"""Use cases of members: who belongs to an organisation, removing them, leaving."""

from dataclasses import dataclass, replace
from uuid import UUID

from borvo.accounts.public import Person, Role, load_person
from borvo.kernel.errors import ForbiddenError, NotFoundError
from borvo.kernel.ids import OrganisationId, PersonId
from borvo.kernel.text import say
from borvo.organisations import invitation_store, store
from borvo.organisations.model import (
    Organisation,
    OrganisationInvitation,
    OrganisationMember,
    SharingCounts,
)
from borvo.organisations.service import Organisations, take_out
from borvo.storage.database import Connection


@dataclass(frozen=True, slots=True)
class Team:
    """An organisation as one of its members sees it. Of invitations and counts only managers see anything."""

    organisation: Organisation
    own: OrganisationMember
    may_manage: bool
    members: tuple[OrganisationMember, ...]
    invitations: tuple[OrganisationInvitation, ...]
    counts: SharingCounts | None = None


def _refuse() -> NotFoundError:
    return NotFoundError(say("You are not a member of such an organisation."))


async def _load(connection: Connection, person: Person, organisation_id: UUID | None) -> Team:
    """For a stranger an organisation that there is and one that there is not are the same."""
    organisation = (
        await store.load_organisation(connection, OrganisationId(organisation_id))
        if organisation_id
        else None
    )
    members = await store.list_members(connection, organisation.id) if organisation else ()
    own = next((member for member in members if member.person_id == person.id), None)
    if organisation is None or own is None:
        raise _refuse()
    may_manage = own.is_manager and await _has_role(connection, person.id)
    invited = await invitation_store.list_invitations(connection, organisation.id) if may_manage else ()
    return Team(organisation, own, may_manage, members, invited)


async def _has_role(connection: Connection, person_id: PersonId) -> bool:
    """The platform's, now, whatever a login says: without it she manages nothing anywhere."""
    found = await load_person(connection, person_id)
    return found is not None and Role.MEMBERSHIP_MANAGER in found.roles


async def enter_as_manager(
    connection: Connection, person: Person, organisation_id: UUID | None
) -> Organisation:
    """And nobody else changes the members until the transaction ends. Raises `NotFoundError` for a stranger,
    `ForbiddenError` for a member who is no manager."""
    # First without a lock: a stranger keeps nobody waiting.
    team = await _load(connection, person, organisation_id)
    await store.lock_organisation(connection, team.organisation.id)
    team = await _load(connection, person, organisation_id)
    if not team.may_manage:
        raise ForbiddenError(say("Only membership managers change who belongs to the organisation."))
    return team.organisation


async def find_team(organisations: Organisations, person: Person, organisation_id: UUID | None) -> Team:
    """Raises `NotFoundError` unless the person is a member."""
    async with organisations.accounts.database.connection() as connection:
        team = await _load(connection, person, organisation_id)
        if not team.may_manage:
            return team
        return replace(team, counts=await organisations.count_sharers(connection, team.organisation.id))


async def list_memberships(organisations: Organisations, person: Person) -> tuple[Organisation, ...]:
    """The organisations to which the person belongs in any role, by name."""
    async with organisations.accounts.database.connection() as connection:
        return await store.list_memberships(connection, person.id)


def _pick(team: Team, member_id: PersonId | None) -> OrganisationMember:
    for member in team.members:
        if member.person_id == member_id:
            return member
    raise NotFoundError(say("There is no such member; somebody may have removed her already."))


async def find_member(
    organisations: Organisations, person: Person, organisation_id: UUID | None, member_id: PersonId | None
) -> tuple[Team, OrganisationMember]:
    """One whom the person may remove: as a manager anybody, else herself. Raises `NotFoundError` and
    `ForbiddenError`."""
    team = await find_team(organisations, person, organisation_id)
    member = _pick(team, member_id)
    if not team.may_manage and member.person_id != person.id:
        raise ForbiddenError(say("Only membership managers remove others."))
    return team, member


async def remove(
    organisations: Organisations, person: Person, organisation_id: UUID | None, member_id: PersonId | None
) -> None:
    """From the member's next request on she sees nothing of the organisation's people. Raises as `find_member`, and
    `ConflictError` for the last manager."""
    team, _ = await find_member(organisations, person, organisation_id, member_id)
    async with organisations.accounts.database.transaction() as connection:
        await store.lock_organisation(connection, team.organisation.id)
        team = await _load(connection, person, organisation_id)
        member = _pick(team, member_id)
        if not team.may_manage and member.person_id != person.id:
            raise ForbiddenError(say("Only membership managers remove others."))
        actor = f"person {person.id}"
        await take_out(organisations, connection, team.organisation, member, member.roles, actor=actor)
