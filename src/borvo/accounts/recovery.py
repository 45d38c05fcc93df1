"""Passwords that are set anew: by a link, or by whoever knows the old one."""

from borvo.accounts import address_store, holder_store, limits, link_store, store
from borvo.accounts.factors import half_store
from borvo.accounts.factors import store as factor_store
from borvo.accounts.links import AccountLink, LinkPurpose, LinkText
from borvo.accounts.model import Login, Person
from borvo.accounts.registration import LinkGoneError
from borvo.accounts.resting_roles import rest_roles
from borvo.accounts.service import Accounts, end_sessions
from borvo.accounts.words import write_password_changed
from borvo.kernel.ids import PersonId
from borvo.mail.posting import post_mail
from borvo.storage.database import Connection
from borvo.storage.security_events.model import SecurityEvent, SecurityEventKind


async def load_holder(accounts: Accounts, person_id: PersonId) -> Person:
    """Whose account a link opens. Raises `LinkGoneError` when there is none any more."""
    async with accounts.database.connection() as connection:
        person = await holder_store.load_holder(connection, person_id, accounts.clock())
    if person is None:
        raise LinkGoneError
    return person


async def reset_password(accounts: Accounts, text: LinkText, password: str) -> AccountLink:
    """The new one counts from now on, and every session of the person ends. Nobody is signed in by it: whoever opened
    the link has proved the address, and shows next that he knows the password. Wrong codes of her app are not
    forgotten: who reads her mail does this as often as he likes. Roles that ask for a second factor rest when she has
    none. Raises `LinkGoneError`."""
    now = accounts.clock()
    digest = await accounts.passwords.hash(password)
    async with accounts.database.transaction() as connection:
        link = await link_store.consume_link(connection, text, LinkPurpose.RESET, now)
        person = await holder_store.load_holder(connection, link.person_id, now) if link else None
        if link is None or person is None or person.email != link.email:
            raise LinkGoneError
        await store.replace_password(connection, person.id, digest, now)
        await address_store.mark_verified(connection, person.id, now)
        await end_sessions(connection, accounts, person.id)
        await factor_store.allow_more_codes(connection, person.id, now)
        await rest_roles(connection, accounts, person.id)
        await _tell(connection, accounts, person, "link")
    # Whoever knew her password before may have used up the codes that a mail brings her.
    await accounts.limiter.forgive(limits.MAILBOX_CODE_BY_PERSON, str(person.id), now)
    return link


async def _tell(connection: Connection, accounts: Accounts, person: Person, means: str) -> None:
    """Ends what came by the one from before, and the links that could still change the password, or the address at the
    wish of somebody who knew it; and says to the person that it was changed."""
    await half_store.end_halves(connection, person.id, accounts.clock())
    ended = (LinkPurpose.RESET, LinkPurpose.CHANGE)
    await link_store.end_links(connection, person.id, ended, accounts.clock())
    detail = {"means": means}
    await accounts.events.record(
        connection, SecurityEvent(SecurityEventKind.PASSWORD_CHANGED, person.id, detail=detail)
    )
    mail = write_password_changed(person.email, accounts.issuer)
    language = accounts.speak(person.locale)
    await post_mail(accounts.outbox, connection, mail, person_id=person.id, language=language)


async def confirm_password(accounts: Accounts, person_id: PersonId, password: str) -> bool:
    """Whether somebody who is signed in knows the password, before what a borrowed browser must not do. Raises
    `TooManyRequestsError`; nobody else's attempts count."""
    now, subject = accounts.clock(), str(person_id)
    await accounts.limiter.spend(limits.CONFIRM_PASSWORD, subject, now)
    async with accounts.database.connection() as connection:
        digest = await store.load_password_digest(connection, person_id)
    if not await accounts.passwords.verify(digest, password):
        return False
    await accounts.limiter.forgive(limits.CONFIRM_PASSWORD, subject, now)
    return True


async def change_password(accounts: Accounts, login: Login, password: str, *, ends_others: bool) -> None:
    """After `confirm_password`. This session goes on; the others only if the person lets them."""
    digest = await accounts.passwords.hash(password)
    async with accounts.database.transaction() as connection:
        await store.replace_password(connection, login.person.id, digest, accounts.clock())
        if ends_others:
            await end_sessions(connection, accounts, login.person.id, spared=login.session_id)
        await _tell(connection, accounts, login.person, "page")
