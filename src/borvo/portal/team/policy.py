"""Who may do what in a tenancy. Each `check_` says in words why not, and what helps, or returns None."""

from collections.abc import Collection, Iterable
from enum import StrEnum

from borvo.kernel.ids import PersonId
from borvo.kernel.text import say
from borvo.portal.team.model import Member, TeamRole

MEMBERS_MAXIMUM = 200
INVITATIONS_MAXIMUM = 50


class Deed(StrEnum):
    """What a member may want to do. Every change in the portal is one of them."""

    READ = "read"
    READ_TRAIL = "read the audit trail"
    CHANGE_CLIENTS = "change clients"
    CHANGE_SECRETS = "change secrets"
    DELETE_CLIENTS = "delete clients"
    CHANGE_TEAM = "change the team"
    CREATE_TOKENS = "create tokens"
    END_TOKENS = "end tokens"
    LEAVE = "leave"


_MEMBER = frozenset({Deed.READ, Deed.READ_TRAIL, Deed.CREATE_TOKENS, Deed.END_TOKENS, Deed.LEAVE})
_ALLOWED = {
    TeamRole.VIEWER: _MEMBER,
    TeamRole.DEVELOPER: _MEMBER | {Deed.CHANGE_CLIENTS, Deed.CHANGE_SECRETS},
    TeamRole.OWNER: frozenset(Deed),
}
_ONLY_DEVELOPERS = say(
    "Viewers look at clients and do not change them. Ask an owner of the tenancy to make you a developer."
)
_NEEDED = {
    Deed.CHANGE_CLIENTS: _ONLY_DEVELOPERS,
    Deed.CHANGE_SECRETS: _ONLY_DEVELOPERS,
    Deed.DELETE_CLIENTS: say(
        "Only owners of the tenancy delete clients. Ask one of them: the page Team says who they are."
    ),
    Deed.CHANGE_TEAM: say(
        "Only owners of the tenancy change its team. Ask one of them: the page Team says who they are."
    ),
}
# Whoever wants to go may go, and take back what opens something.
_ALLOWED_IN_SUSPENSION = frozenset({Deed.READ, Deed.READ_TRAIL, Deed.END_TOKENS, Deed.LEAVE})
_SUSPENDED = say(
    "This tenancy is suspended: it can be looked at and not changed. Ask the platform's support team why."
)


def is_allowed(role: TeamRole, deed: Deed, *, is_suspended: bool = False) -> bool:
    return check_deed(role, deed, is_suspended=is_suspended) is None


def check_deed(role: TeamRole, deed: Deed, *, is_suspended: bool) -> str | None:
    if deed not in _ALLOWED[role]:
        return _NEEDED[deed]
    if is_suspended and deed not in _ALLOWED_IN_SUSPENSION:
        return _SUSPENDED
    return None


def check_invited(is_suspended: bool) -> str | None:
    if not is_suspended:
        return None
    return say("This tenancy is suspended, so nobody can join it for now. Keep the mail.")


def check_owner_remains(team: Iterable[Member], changed: PersonId, role: TeamRole | None) -> str | None:
    """Whether somebody is left to answer for the tenancy when the member gets the role, or goes: None."""
    others = any(member.role is TeamRole.OWNER for member in team if member.person_id != changed)
    if others or role is TeamRole.OWNER:
        return None
    return say("A tenancy needs an owner, and this is the last one. Make another member an owner first.")


def check_room(members: int) -> str | None:
    if members < MEMBERS_MAXIMUM:
        return None
    return say("A tenancy has at most %(most)s members.", most=MEMBERS_MAXIMUM)


def check_invitation(email: str, members: Collection[str], invited: Collection[str]) -> str | None:
    """Both collections hold addresses as they are compared: normalized."""
    if email in members:
        return say("This person is a member already.")
    if email in invited:
        return say("This address is invited already. Send the invitation again, or revoke it first.")
    if len(invited) < INVITATIONS_MAXIMUM:
        return None
    return say("A tenancy has at most %(most)s open invitations. Revoke one first.", most=INVITATIONS_MAXIMUM)
