"""Use cases of invitations: sent by mail, accepted once, by whoever has the address."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from borvo.accounts.public import Limit, Person, Role, change_role, find_person
from borvo.kernel.digests import digest_token
from borvo.kernel.entropy import create_token, create_uuid, decode_bytes
from borvo.kernel.errors import ForbiddenError, InvalidInputError, NotFoundError
from borvo.kernel.text import say
from borvo.mail.posting import post_mail
from borvo.portal.audit import Action
from borvo.portal.model import Tenancy
from borvo.portal.service import Portal
from borvo.portal.team import store
from borvo.portal.team.entry import find_named, hold_team
from borvo.portal.team.model import INVITATION_LIFETIME, Invitation, TeamRole
from borvo.portal.team.policy import (
    Deed,
    check_invitation,
    check_invited,
    check_room,
)
from borvo.portal.team.service import note
from borvo.portal.team.words import write_invitation
from borvo.storage.database import Connection

# Mail that a stranger did not ask for: little of it, to one address even less, whoever sends it.
EXPIRED_KEPT = timedelta(days=30)

INVITATIONS_BY_PERSON = Limit("invitation-person", 20)
INVITATIONS_TO_ADDRESS = Limit("invitation-address", 5)


async def _spend(portal: Portal, connection: Connection, person: Person, email: str) -> None:
    """What is refused is rolled back, and so is counted no further."""
    limiter, now = portal.accounts.limiter, portal.clock()
    await limiter.spend_within(connection, INVITATIONS_BY_PERSON, str(person.id), now)
    await limiter.spend_within(connection, INVITATIONS_TO_ADDRESS, email, now)


async def invite(portal: Portal, person: Person, name: str, email: str, role: TeamRole) -> None:
    """`email` is normalized and of the right form. Raises `InvalidInputError` beside `email`. Whether the address has
    an account makes no difference that anybody could see."""
    now = portal.clock()
    async with portal.database.transaction() as connection:
        named = await find_named(connection, name)
        tenancy = (await hold_team(connection, person, named, Deed.CHANGE_TEAM)).tenancy
        members = await store.list_members(connection, tenancy.id)
        invited = await store.list_invitations(connection, tenancy.id)
        fault = check_invitation(email, {each.email for each in members}, {each.email for each in invited})
        if fault := fault or check_room(len(members)):
            raise InvalidInputError(fault, {"email": [fault]})
        await _spend(portal, connection, person, email)
        invitation = Invitation(
            create_uuid(now, portal.entropy), tenancy.id, email, role, now, now + INVITATION_LIFETIME
        )
        token = create_token(portal.entropy)
        await store.insert_invitation(connection, invitation, digest_token(token), person.id)
        await _post(portal, connection, tenancy, person, invitation, token)
        after = {"role": role.value}
        await note(portal, connection, tenancy, person, Action.MEMBER_INVITED, email, after=after)


async def _post(
    portal: Portal,
    connection: Connection,
    tenancy: Tenancy,
    person: Person,
    invitation: Invitation,
    token: str,
) -> None:
    issuer = portal.accounts.issuer
    mail = write_invitation(invitation, tenancy.prefix, person.email, issuer, token)
    invited = await find_person(connection, invitation.email)
    language = portal.accounts.speak(invited.locale if invited else "", person.locale)
    await post_mail(portal.accounts.outbox, connection, mail, language=language)


async def _pick(connection: Connection, tenancy: Tenancy, invitation_id: UUID | None) -> Invitation:
    for invitation in await store.list_invitations(connection, tenancy.id):
        if invitation.id == invitation_id:
            return invitation
    raise NotFoundError(say("There is no such invitation; it may have been accepted or revoked already."))


async def send_again(portal: Portal, person: Person, name: str, invitation_id: UUID | None) -> None:
    """With a new link for another seven days; the link before works no more."""
    now = portal.clock()
    async with portal.database.transaction() as connection:
        named = await find_named(connection, name)
        tenancy = (await hold_team(connection, person, named, Deed.CHANGE_TEAM)).tenancy
        former = await _pick(connection, tenancy, invitation_id)
        await _spend(portal, connection, person, former.email)
        invitation = replace(former, sent_at=now, expires_at=now + INVITATION_LIFETIME)
        token = create_token(portal.entropy)
        await store.renew_invitation(connection, invitation, digest_token(token), person.id)
        await _post(portal, connection, tenancy, person, invitation, token)
        await note(portal, connection, tenancy, person, Action.INVITATION_SENT_AGAIN, invitation.email)


async def revoke(portal: Portal, person: Person, name: str, invitation_id: UUID | None) -> None:
    """The link in the mail is worth nothing from now on."""
    async with portal.database.transaction() as connection:
        named = await find_named(connection, name)
        tenancy = (await hold_team(connection, person, named, Deed.CHANGE_TEAM)).tenancy
        invitation = await _pick(connection, tenancy, invitation_id)
        await store.delete_invitation(connection, tenancy.id, invitation.id)
        before = {"role": invitation.role.value}
        await note(portal, connection, tenancy, person, Action.INVITATION_REVOKED, invitation.email, before)


def _refuse_token() -> NotFoundError:
    return NotFoundError(
        say(
            "This invitation does not work: it was used, revoked or sent again, or it is more than seven days old. "
            "Look for a later mail, or ask who invited you to send it again."
        )
    )


async def find_invitation(portal: Portal, token: str) -> tuple[Invitation, Tenancy]:
    """Raises `NotFoundError` for any token that opens nothing, whatever the reason."""
    async with portal.database.connection() as connection:
        return await _find(portal, connection, token)


async def _find(portal: Portal, connection: Connection, token: str) -> tuple[Invitation, Tenancy]:
    if decode_bytes(token) is None:
        raise _refuse_token()
    invitation = await store.find_invitation(connection, digest_token(token), portal.clock())
    tenancy = await store.load_tenancy(connection, invitation.tenancy_id) if invitation else None
    if invitation is None or tenancy is None:
        raise _refuse_token()
    return invitation, tenancy


async def accept(portal: Portal, person: Person, token: str) -> Tenancy:
    """Once. Whoever is a member already keeps her role. Raises `ForbiddenError` for a person of another address:
    whoever finds the mail cannot use it."""
    async with portal.database.transaction() as connection:
        invitation, tenancy = await _find(portal, connection, token)
        await store.lock_tenancy(connection, tenancy.id)
        # Again: it may have been used, revoked or sent anew while this one waited.
        invitation, tenancy = await _find(portal, connection, token)
        if invitation.email != person.email:
            raise ForbiddenError(
                say(
                    "This invitation was sent to another address. "
                    "Sign out, and sign in or up with the one that got it."
                )
            )
        if fault := check_invited(tenancy.is_suspended):
            raise ForbiddenError(fault)
        await store.delete_invitation(connection, tenancy.id, invitation.id)
        await _join(portal, connection, tenancy, person, invitation.role)
    return tenancy


async def _join(
    portal: Portal, connection: Connection, tenancy: Tenancy, person: Person, role: TeamRole
) -> None:
    if not await store.insert_member(connection, person.id, tenancy.id, role, portal.clock()):
        return
    actor = f"person {person.id}"
    await change_role(connection, portal.accounts, person.email, Role.DEVELOPER, granted=True, actor=actor)
    after = {"role": role.value}
    await note(portal, connection, tenancy, person, Action.MEMBER_JOINED, person.email, after=after)


async def clean_up(portal: Portal) -> None:
    """Deletes invitations a month after they expired; until then owners see them and send them again."""
    async with portal.database.transaction() as connection:
        await store.delete_old_invitations(connection, portal.clock() - EXPIRED_KEPT)
