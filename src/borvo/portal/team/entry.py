"""The one way into a tenancy: whoever reads or changes something of it comes through here.

A stranger, somebody removed, somebody without the role `developer`, and a personal access token of another tenancy all
get the same: there is no such thing.
"""

from borvo.accounts.public import Person
from borvo.kernel.errors import ForbiddenError, NotFoundError
from borvo.kernel.ids import TenancyId, parse_uuid
from borvo.kernel.text import say
from borvo.portal.policy import check_prefix
from borvo.portal.team import store
from borvo.portal.team.model import Membership
from borvo.portal.team.policy import Deed, check_deed
from borvo.portal.tokens.bearer import check_scope, reaches
from borvo.storage.database import Connection


def refuse_tenancy() -> NotFoundError:
    return NotFoundError(say("You are not a member of such a tenancy."))


def check(membership: Membership, deed: Deed) -> Membership:
    """Raises `ForbiddenError`, in words that say what helps."""
    if fault := check_deed(membership.role, deed, is_suspended=membership.tenancy.is_suspended):
        raise ForbiddenError(fault)
    return membership


async def enter(
    connection: Connection, person: Person, tenancy_id: TenancyId | None, deed: Deed
) -> Membership:
    """For pages, and to refuse early. What is changed needs `hold` or `hold_team`."""
    if person.is_developer and tenancy_id is not None and reaches(person, tenancy_id):
        membership = await store.load_membership(connection, person.id, tenancy_id)
        if membership is not None:
            check_scope(person, deed)
            return check(membership, deed)
    raise refuse_tenancy()


async def hold(
    connection: Connection, person: Person, tenancy_id: TenancyId | None, deed: Deed
) -> Membership:
    """As `enter`; and until the transaction ends nobody takes the member's role, or suspends the tenancy."""
    # First without a lock: a stranger keeps nobody waiting.
    membership = await enter(connection, person, tenancy_id, deed)
    await store.share_tenancy(connection, membership.tenancy.id)
    return await enter(connection, person, tenancy_id, deed)


async def hold_team(
    connection: Connection, person: Person, tenancy_id: TenancyId | None, deed: Deed
) -> Membership:
    """As `hold`; and nobody else changes the team, or anything that `hold` guards, until the transaction ends."""
    membership = await enter(connection, person, tenancy_id, deed)
    await store.lock_tenancy(connection, membership.tenancy.id)
    return await enter(connection, person, tenancy_id, deed)


async def find_named(connection: Connection, name: str) -> TenancyId | None:
    """The tenancy that a prefix or an id names; None for none, and for what can be neither."""
    if tenancy_id := parse_uuid(name):
        return TenancyId(tenancy_id)
    return None if check_prefix(name) else await store.find_tenancy_id(connection, name)
