"""Use cases of a team: who belongs to it, changing roles, removing, leaving."""

from borvo.accounts.public import Person
from borvo.kernel.errors import ConflictError, NotFoundError
from borvo.kernel.ids import PersonId
from borvo.kernel.text import say
from borvo.portal.audit import Action, Change, Values, record_change
from borvo.portal.model import Tenancy
from borvo.portal.service import Portal
from borvo.portal.team import store
from borvo.portal.team.entry import enter, find_named, hold_team
from borvo.portal.team.model import Invitation, Member, Membership, TeamRole
from borvo.portal.team.policy import Deed, check_owner_remains
from borvo.storage.database import Connection


async def note(
    portal: Portal,
    connection: Connection,
    tenancy: Tenancy,
    person: Person,
    action: Action,
    subject: str,
    before: Values | None = None,
    after: Values | None = None,
) -> None:
    """In the audit trail of the tenancy."""
    change = Change(tenancy.id, person.id, action, subject, portal.clock(), before or {}, after or {})
    await record_change(connection, change)


async def find_membership(portal: Portal, person: Person, name: str, deed: Deed = Deed.READ) -> Membership:
    """Of the tenancy with this prefix or id. Raises `NotFoundError` unless the person is a member, `ForbiddenError`
    for a member who may not do the deed."""
    async with portal.database.connection() as connection:
        return await enter(connection, person, await find_named(connection, name), deed)


async def list_team(
    portal: Portal, person: Person, name: str
) -> tuple[tuple[Member, ...], tuple[Invitation, ...]]:
    """Everybody in it, and who is invited. Raises as `find_membership`."""
    async with portal.database.connection() as connection:
        membership = await enter(connection, person, await find_named(connection, name), Deed.READ)
        members = await store.list_members(connection, membership.tenancy.id)
        return members, await store.list_invitations(connection, membership.tenancy.id)


async def find_member(
    portal: Portal, person: Person, name: str, member_id: PersonId | None, deed: Deed
) -> tuple[Membership, Member]:
    """Raises as `find_membership`, and `NotFoundError` when there is no such member."""
    async with portal.database.connection() as connection:
        membership = await enter(connection, person, await find_named(connection, name), deed)
        team = await store.list_members(connection, membership.tenancy.id)
    return membership, pick_member(team, member_id)


def pick_member(team: tuple[Member, ...], member_id: PersonId | None) -> Member:
    for member in team:
        if member.person_id == member_id:
            return member
    raise NotFoundError(say("There is no such member; somebody may have removed her already."))


async def change_member_role(
    portal: Portal, person: Person, name: str, member_id: PersonId | None, seen: str, role: TeamRole
) -> None:
    """`seen` is the role that the person looked at: raises `ConflictError` when it is another by now, and when nobody
    would be left as owner."""
    async with portal.database.transaction() as connection:
        tenancy_id = await find_named(connection, name)
        tenancy = (await hold_team(connection, person, tenancy_id, Deed.CHANGE_TEAM)).tenancy
        team = await store.list_members(connection, tenancy.id)
        member = pick_member(team, member_id)
        if member.role is role:
            return
        if member.role != seen:
            raise ConflictError(
                say(
                    "Somebody else changed this role meanwhile: %(email)s is %(role)s now. "
                    "Look at the team and decide again.",
                    email=member.email,
                    role=member.role.label,
                )
            )
        if fault := check_owner_remains(team, member.person_id, role):
            raise ConflictError(fault)
        await store.update_role(connection, member.person_id, tenancy.id, role)
        before, after = {"role": member.role.value}, {"role": role.value}
        await note(
            portal, connection, tenancy, person, Action.MEMBER_ROLE_CHANGED, member.email, before, after
        )


async def remove_member(portal: Portal, person: Person, name: str, member_id: PersonId | None) -> None:
    """For her everything of the tenancy is *not found* from the next request on. Raises `ConflictError` for the last
    owner."""
    async with portal.database.transaction() as connection:
        tenancy_id = await find_named(connection, name)
        tenancy = (await hold_team(connection, person, tenancy_id, Deed.CHANGE_TEAM)).tenancy
        await _take_out(portal, connection, tenancy, person, member_id, Action.MEMBER_REMOVED)


async def leave(portal: Portal, person: Person, name: str) -> None:
    """Any member may, but the last owner (`ConflictError`)."""
    async with portal.database.transaction() as connection:
        tenancy_id = await find_named(connection, name)
        tenancy = (await hold_team(connection, person, tenancy_id, Deed.LEAVE)).tenancy
        await _take_out(portal, connection, tenancy, person, person.id, Action.MEMBER_LEFT)


async def _take_out(
    portal: Portal,
    connection: Connection,
    tenancy: Tenancy,
    person: Person,
    member_id: PersonId | None,
    action: Action,
) -> None:
    team = await store.list_members(connection, tenancy.id)
    member = pick_member(team, member_id)
    if fault := check_owner_remains(team, member.person_id, None):
        raise ConflictError(fault)
    await store.delete_member(connection, member.person_id, tenancy.id)
    await note(portal, connection, tenancy, person, action, member.email, {"role": member.role.value})
