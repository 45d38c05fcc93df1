"""The address of a person: she proves it, changes it, and may take a change back."""

from borvo.accounts import address_store, limits, link_store, store
from borvo.accounts.factors import half_store
from borvo.accounts.factors import store as factor_store
from borvo.accounts.links import LINK_LIFETIMES, AccountLink, LinkPurpose, LinkText
from borvo.accounts.model import Login, Person
from borvo.accounts.registration import AddressTakenError, LinkGoneError, keep_link
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
from borvo.kernel.ids import PersonId
from borvo.mail.model import Mail
from borvo.mail.posting import post_mail
from borvo.storage.database import Connection
from borvo.storage.security_events.model import SecurityEvent, SecurityEventKind

_CONFIRMED_BY = (LinkPurpose.VERIFY, LinkPurpose.CHANGE)
_VOID_WITH_A_CHANGE = (LinkPurpose.RESET, LinkPurpose.VERIFY, LinkPurpose.CHANGE)


async def _post(connection: Connection, accounts: Accounts, person_id: PersonId, *mails: Mail) -> None:
    for mail in mails:
        await post_mail(accounts.outbox, connection, mail, person_id=person_id)


async def _record(
    connection: Connection, accounts: Accounts, kind: SecurityEventKind, person_id: PersonId
) -> None:
    await accounts.events.record(connection, SecurityEvent(kind, person_id))


async def ask_to_verify(accounts: Accounts, person: Person) -> None:
    """Sends a link to the address that the person has. Raises `TooManyRequestsError`."""
    await accounts.limiter.spend(limits.LINK_BY_EMAIL, person.email, accounts.clock())
    async with accounts.database.transaction() as connection:
        text = await keep_link(connection, accounts, LinkPurpose.VERIFY, person.id, person.email)
        await _post(
            connection, accounts, person.id, write_verify(person.email, accounts.issuer, text.render())
        )


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
        await _post(connection, accounts, person.id, mail, asked)


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
    await _post(connection, accounts, person_id, *mails)


async def undo_change(accounts: Accounts, text: LinkText) -> LinkText:
    """The address that the link was sent to is hers again, if it was changed. Whoever did what she undoes knew the
    password, so it is void, all sessions end, and the link that comes back lets her choose another. Later changes and
    their links go with it, and what was added to sign in with in the week before, when nobody else may have been in
    yet: a thief who comes by a passkey of his own needs no password. Older factors stay. Raises `LinkGoneError`."""
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
        await _void_access(connection, accounts, link)
        was_changed = person.email != link.email
        kind = SecurityEventKind.EMAIL_CHANGE_UNDONE if was_changed else SecurityEventKind.FACTOR_UNDONE
        await _record(connection, accounts, kind, person.id)
        write = write_change_undone if was_changed else write_factor_undone
        addresses = dict.fromkeys((link.email, person.email))
        await _post(connection, accounts, person.id, *(write(email, accounts.issuer) for email in addresses))
        return await keep_link(connection, accounts, LinkPurpose.RESET, person.id, link.email)


async def _void_access(connection: Connection, accounts: Accounts, undo: AccountLink) -> None:
    """Whatever somebody else may have by now that opens the account."""
    person_id, now = undo.person_id, accounts.clock()
    await store.delete_password(connection, person_id)
    await link_store.end_links(connection, person_id, _VOID_WITH_A_CHANGE, now)
    await link_store.end_links(connection, person_id, [LinkPurpose.UNDO], now, since=undo.created_at)
    await end_sessions(connection, accounts, person_id)
    await half_store.end_halves(connection, person_id, now)
    await factor_store.delete_since(connection, person_id, undo.created_at - LINK_LIFETIMES[LinkPurpose.UNDO])
