"""The address of a person: she proves it, changes it, and may take a change back."""

from borvo.accounts import address_store, limits, link_store, store
from borvo.accounts.factors import half_store, loss_store
from borvo.accounts.factors import store as factor_store
from borvo.accounts.interventions import Intervention, find_subject, note
from borvo.accounts.links import LINK_LIFETIMES, AccountLink, LinkPurpose, LinkText
from borvo.accounts.model import Login, Person
from borvo.accounts.registration import AddressTakenError, LinkGoneError, keep_link
from borvo.accounts.resting_roles import rest_roles
from borvo.accounts.service import Accounts, end_sessions
from borvo.accounts.words import (
    write_address_changed,
    write_address_in_use,
    write_change,
    write_change_asked,
    write_change_undone,
    write_factor_undone,
    write_new_address,
    write_verify,
)
from borvo.kernel.errors import ConflictError
from borvo.kernel.ids import PersonId
from borvo.kernel.text import say
from borvo.mail.model import Mail
from borvo.mail.posting import post_mail
from borvo.storage.database import Connection
from borvo.storage.security_events.model import SecurityEvent, SecurityEventKind

_CONFIRMED_BY = (LinkPurpose.VERIFY, LinkPurpose.CHANGE)
_VOID_WITH_A_CHANGE = (LinkPurpose.RESET, LinkPurpose.VERIFY, LinkPurpose.CHANGE)


async def _post(connection: Connection, accounts: Accounts, person: Person, *mails: Mail) -> None:
    language = accounts.speak(person.locale)
    for mail in mails:
        await post_mail(accounts.outbox, connection, mail, person_id=person.id, language=language)


async def _record(
    connection: Connection, accounts: Accounts, kind: SecurityEventKind, person_id: PersonId
) -> None:
    await accounts.events.record(connection, SecurityEvent(kind, person_id))


async def ask_to_verify(accounts: Accounts, person: Person) -> None:
    """Sends a link to the address that the person has. Raises `TooManyRequestsError`."""
    await accounts.limiter.spend(limits.LINK_BY_EMAIL, person.email, accounts.clock())
    async with accounts.database.transaction() as connection:
        text = await keep_link(connection, accounts, LinkPurpose.VERIFY, person.id, person.email)
        await _post(connection, accounts, person, write_verify(person.email, accounts.issuer, text.render()))


async def ask_to_verify_for(accounts: Accounts, person_id: PersonId, intervention: Intervention) -> None:
    """The link of `ask_to_verify`, which support sends. Raises as `find_subject`, `TooManyRequestsError`, and
    `ConflictError` when there is nothing to prove or nobody who could open the link."""
    async with accounts.database.transaction() as connection:
        person = await find_subject(connection, accounts, person_id, intervention)
        if person.is_email_verified:
            raise ConflictError(say("The address is confirmed already."))
        if person.is_suspended or person.is_closing:
            raise ConflictError(say("Nobody can sign in to this account now, so nobody could open the link."))
        await accounts.limiter.spend_within(connection, limits.LINK_BY_EMAIL, person.email, accounts.clock())
        text = await keep_link(connection, accounts, LinkPurpose.VERIFY, person.id, person.email)
        mail = write_verify(person.email, accounts.issuer, text.render())
        await note(connection, accounts, person, SecurityEventKind.VERIFICATION_SENT, intervention, mail)


async def ask_to_change(accounts: Accounts, person: Person, email: str) -> None:
    """After `confirm_password`. Sends a link to the new address, and a word to the old one. Where the new one has an
    account already, its owner is told instead, and the page tells nothing. Raises `TooManyRequestsError`."""
    await accounts.limiter.spend(limits.LINK_BY_EMAIL, email, accounts.clock())
    async with accounts.database.transaction() as connection:
        text = await keep_link(connection, accounts, LinkPurpose.CHANGE, person.id, email)
        if await address_store.is_taken(connection, email, person.id):
            mail = write_address_in_use(email, accounts.issuer)
        else:
            mail = write_change(email, accounts.issuer, text.render())
        asked = write_change_asked(person.email, accounts.issuer)
        await _post(connection, accounts, person, mail, asked)


async def find_confirmation(accounts: Accounts, login: Login, text: LinkText) -> AccountLink:
    """The link to prove or change an address, without using it. Only she herself can, so that nobody proves the address
    of an account that a stranger made. Raises `LinkGoneError`."""
    async with accounts.database.connection() as connection:
        for purpose in _CONFIRMED_BY:
            link = await link_store.load_link(connection, text, purpose, accounts.clock())
            if link is not None and link.person_id == login.person.id:
                return link
    raise LinkGoneError


async def confirm_address(accounts: Accounts, login: Login, text: LinkText, purpose: LinkPurpose) -> None:
    """Uses the link. Raises `LinkGoneError`, and `AddressTakenError` when somebody else has the address by now."""
    async with accounts.database.transaction() as connection:
        link = await link_store.consume_link(connection, text, purpose, accounts.clock())
        if link is None or link.person_id != login.person.id:
            raise LinkGoneError
        if purpose == LinkPurpose.CHANGE:
            await _change(connection, accounts, login.person.id, link)
        elif await address_store.mark_verified(connection, link.person_id, accounts.clock()):
            await _record(connection, accounts, SecurityEventKind.EMAIL_VERIFIED, link.person_id)


async def _change(connection: Connection, accounts: Accounts, person_id: PersonId, link: AccountLink) -> None:
    now = accounts.clock()
    old = await address_store.lock_person(connection, person_id)
    if old is None or old.email == link.email:
        raise LinkGoneError
    if not await address_store.claim_address(connection, link.email, person_id):
        raise AddressTakenError
    await address_store.replace_address(connection, person_id, link.email, now)
    await link_store.end_links(connection, person_id, _VOID_WITH_A_CHANGE, now)
    await _record(connection, accounts, SecurityEventKind.EMAIL_CHANGED, person_id)
    mails = [write_new_address(link.email, accounts.issuer)]
    if old.is_email_verified:
        # An address that nobody has proved may be a stranger's: he must not get a way in.
        await address_store.keep_address(connection, old.email, now + LINK_LIFETIMES[LinkPurpose.UNDO])
        text = await keep_link(connection, accounts, LinkPurpose.UNDO, person_id, old.email)
        mails.append(write_address_changed(old.email, accounts.issuer, text.render()))
    else:
        await address_store.release_address(connection, old.email)
    await _post(connection, accounts, old, *mails)


async def undo_change(accounts: Accounts, text: LinkText) -> LinkText:
    """The address that the link was sent to is hers again, if it was changed. Whoever did what she undoes knew the
    password, so it is void, all sessions end, and the link that comes back lets her choose another. Later changes and
    their links go with it, and the second factors of that time and of the week before: a thief with a passkey of his
    own needs no password, and may have added more than one. Older ones stay. Roles that ask for a second factor rest
    when none is left. Raises `LinkGoneError`."""
    now = accounts.clock()
    async with accounts.database.transaction() as connection:
        link = await link_store.consume_link(connection, text, LinkPurpose.UNDO, now)
        person = await address_store.lock_person(connection, link.person_id) if link else None
        if (
            link is None
            or person is None
            or not await address_store.claim_address(connection, link.email, person.id)
        ):
            raise LinkGoneError
        await address_store.replace_address(connection, person.id, link.email, now)
        if person.email != link.email:
            await address_store.release_address(connection, person.email)
        was_changed = person.email != link.email
        await _void_access(connection, accounts, link)
        kind = SecurityEventKind.EMAIL_CHANGE_UNDONE if was_changed else SecurityEventKind.FACTOR_UNDONE
        await _record(connection, accounts, kind, person.id)
        write = write_change_undone if was_changed else write_factor_undone
        addresses = dict.fromkeys((link.email, person.email))
        await _post(connection, accounts, person, *(write(email, accounts.issuer) for email in addresses))
        return await keep_link(connection, accounts, LinkPurpose.RESET, person.id, link.email)


async def _void_access(connection: Connection, accounts: Accounts, undo: AccountLink) -> None:
    """Whatever somebody else may have by now that opens the account."""
    person_id, now = undo.person_id, accounts.clock()
    await store.delete_password(connection, person_id)
    await link_store.end_links(connection, person_id, _VOID_WITH_A_CHANGE, now)
    await link_store.end_links(connection, person_id, [LinkPurpose.UNDO], now, since=undo.created_at)
    await end_sessions(connection, accounts, person_id)
    await half_store.end_halves(connection, person_id, now)
    await loss_store.take_removal(connection, person_id)
    await factor_store.delete_since(connection, person_id, undo.created_at - LINK_LIFETIMES[LinkPurpose.UNDO])
    await rest_roles(connection, accounts, person_id)
