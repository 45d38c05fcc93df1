"""Use cases of invitations to an organisation: sent by its managers, accepted once, by whoever has the address."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from borvo.accounts.public import Limit, Person, find_person
from borvo.kernel.digests import digest_token
from borvo.kernel.entropy import create_token, create_uuid, decode_bytes
from borvo.kernel.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from borvo.kernel.text import say
from borvo.mail.posting import post_mail
from borvo.organisations import invitation_store, store
from borvo.organisations.model import Organisation, OrganisationInvitation, OrganisationRole
from borvo.organisations.policy import check_invitation
from borvo.organisations.service import Organisations, join
from borvo.organisations.team import enter_as_manager
from borvo.organisations.words import write_invitation
from borvo.storage.database import Connection

INVITATION_LIFETIME = timedelta(days=14)
EXPIRED_KEPT = timedelta(days=30)

# Mail that a stranger did not ask for: little of it, to one address even less, whoever sends it.
BY_MANAGER = Limit("organisation-invitation-person", 60)
TO_ADDRESS = Limit("organisation-invitation-address", 5)


async def _spend(organisations: Organisations, connection: Connection, person: Person, email: str) -> None:
    limiter, now = organisations.accounts.limiter, organisations.accounts.clock()
    await limiter.spend_within(connection, BY_MANAGER, str(person.id), now)
    await limiter.spend_within(connection, TO_ADDRESS, email, now)


async def invite(
    organisations: Organisations,
    person: Person,
    organisation_id: UUID | None,
    email: str,
    role: OrganisationRole,
) -> None:
    """`email` is normalized and of the right form. Raises `InvalidInputError` beside `email`. Whether the address has
    an account makes no difference that anybody could see."""
    accounts = organisations.accounts
    now = accounts.clock()
    async with accounts.database.transaction() as connection:
        organisation = await enter_as_manager(connection, person, organisation_id)
        team = await store.list_members(connection, organisation.id)
        invited = await invitation_store.list_invitations(connection, organisation.id)
        if fault := check_invitation(email, role, team, [(each.email, each.role) for each in invited]):
            raise InvalidInputError(fault, {"email": [fault]})
        await _spend(organisations, connection, person, email)
        invitation = OrganisationInvitation(
            create_uuid(now, accounts.entropy), organisation.id, email, role, now, now + INVITATION_LIFETIME
        )
        token = create_token(accounts.entropy)
        await invitation_store.insert_invitation(connection, invitation, digest_token(token), person.id)
        await _post(organisations, connection, organisation, person, invitation, token)


async def _post(
    organisations: Organisations,
    connection: Connection,
    organisation: Organisation,
    person: Person,
    invitation: OrganisationInvitation,
    token: str,
) -> None:
    accounts = organisations.accounts
    mail = write_invitation(invitation, organisation.name, person.email, accounts.issuer, token)
    invited = await find_person(connection, invitation.email)
    language = accounts.speak(invited.locale if invited else "", person.locale)
    await post_mail(accounts.outbox, connection, mail, language=language)


async def _pick(
    connection: Connection, organisation: Organisation, invitation_id: UUID | None
) -> OrganisationInvitation:
    for invitation in await invitation_store.list_invitations(connection, organisation.id):
        if invitation.id == invitation_id:
            return invitation
    raise NotFoundError(say("There is no such invitation; it may have been accepted or withdrawn already."))


async def send_again(
    organisations: Organisations, person: Person, organisation_id: UUID | None, invitation_id: UUID | None
) -> None:
    """With a new link and a new term; the link before works no more."""
    accounts = organisations.accounts
    now = accounts.clock()
    async with accounts.database.transaction() as connection:
        organisation = await enter_as_manager(connection, person, organisation_id)
        former = await _pick(connection, organisation, invitation_id)
        await _spend(organisations, connection, person, former.email)
        invitation = replace(former, sent_at=now, expires_at=now + INVITATION_LIFETIME)
        token = create_token(accounts.entropy)
        await invitation_store.renew_invitation(connection, invitation, digest_token(token), person.id)
        await _post(organisations, connection, organisation, person, invitation, token)


async def withdraw(
    organisations: Organisations, person: Person, organisation_id: UUID | None, invitation_id: UUID | None
) -> None:
    """The link in the mail is worth nothing from now on."""
    async with organisations.accounts.database.transaction() as connection:
        organisation = await enter_as_manager(connection, person, organisation_id)
        invitation = await _pick(connection, organisation, invitation_id)
        await invitation_store.delete_invitation(connection, invitation)


async def find_invitation(
    organisations: Organisations, token: str
) -> tuple[OrganisationInvitation, Organisation]:
    """Raises `NotFoundError` for any token that opens nothing, whatever the reason."""
    async with organisations.accounts.database.connection() as connection:
        return await _find(organisations, connection, token)


async def _find(
    organisations: Organisations, connection: Connection, token: str
) -> tuple[OrganisationInvitation, Organisation]:
    invitation = organisation = None
    if decode_bytes(token) is not None:
        now = organisations.accounts.clock()
        invitation = await invitation_store.find_invitation(connection, digest_token(token), now)
    if invitation is not None:
        organisation = await store.load_organisation(connection, invitation.organisation_id)
    if invitation is None or organisation is None:
        raise NotFoundError(
            say(
                "This invitation does not work: it was used, withdrawn or sent again, or its time is over. Look for a "
                "later mail, or ask who invited you to send it again."
            )
        )
    return invitation, organisation


async def accept(organisations: Organisations, person: Person, token: str) -> Organisation:
    """Once. Raises `ForbiddenError` for a person of another address: whoever finds the mail cannot use it."""
    async with organisations.accounts.database.transaction() as connection:
        invitation, organisation = await _find(organisations, connection, token)
        if invitation.email != person.email:
            raise ForbiddenError(
                say(
                    "This invitation was sent to another address. Sign out, and sign in or up with the one that "
                    "got it."
                )
            )
        if not await invitation_store.delete_invitation(connection, invitation):
            raise ConflictError(say("This invitation was used or withdrawn just now."))
        actor = f"person {person.id}"
        await join(organisations, connection, organisation, person.email, invitation.role, actor=actor)
    return organisation


async def clean_up(organisations: Organisations) -> None:
    """Deletes invitations a month after they expired; until then managers see them and send them again."""
    accounts = organisations.accounts
    async with accounts.database.transaction() as connection:
        await invitation_store.delete_old_invitations(connection, accounts.clock() - EXPIRED_KEPT)
