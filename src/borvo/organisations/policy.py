"""Rules of organisations. Each `check_` says in words why not, and what helps, or returns None."""

from collections.abc import Collection, Iterable, Sequence

from borvo.kernel.ids import PersonId
from borvo.kernel.text import say
from borvo.organisations.model import NAME_MAXIMUM, OrganisationMember, OrganisationRole

MEMBERS_MAXIMUM = 5000
INVITATIONS_MAXIMUM = 200


def check_name(name: str) -> str | None:
    """After `normalize_name`. The name stands in mails and on the page that asks a person for consent."""
    if not name:
        return say("Give the organisation a name.")
    if len(name) > NAME_MAXIMUM or not name.isprintable():
        return say("Use at most %(most)s ordinary characters.", most=NAME_MAXIMUM)
    return None


def check_manager_remains(
    team: Iterable[OrganisationMember], person_id: PersonId, lost: Iterable[OrganisationRole]
) -> str | None:
    """Whether somebody is left to look after the members when this one loses the roles."""
    if OrganisationRole.MEMBERSHIP_MANAGER not in lost:
        return None
    members = {member.person_id: member for member in team}
    if person_id not in members or not members[person_id].is_manager:
        return None
    if any(member.is_manager for member in members.values() if member.person_id != person_id):
        return None
    return say(
        "An organisation needs a membership manager, and this is the last one. Make another member one first."
    )


def check_room(count: int) -> str | None:
    return (
        say("An organisation has at most %(most)s members.", most=MEMBERS_MAXIMUM)
        if count >= MEMBERS_MAXIMUM
        else None
    )


def check_invitation(
    email: str,
    role: OrganisationRole,
    team: Sequence[OrganisationMember],
    invited: Collection[tuple[str, OrganisationRole]],
) -> str | None:
    """Addresses are as they are compared: normalized. A member may be invited to the role that she has not."""
    if any(member.email == email and role in member.roles for member in team):
        return say("This person has the role already.")
    if (email, role) in invited:
        return say("This address is invited already. Send the invitation again, or withdraw it first.")
    if len(invited) >= INVITATIONS_MAXIMUM:
        return say("There are %(most)s open invitations. Withdraw one first.", most=INVITATIONS_MAXIMUM)
    return check_room(len(team))
