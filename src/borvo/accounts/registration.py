"""How accounts come about. Whoever wants one names an address; a mail brings a link to it, and whoever opens that
gives the rest. So there is no account whose address nobody has proved, and no password that was set by anybody else."""

from dataclasses import dataclass
from enum import StrEnum

from borvo.accounts import holder_store, limits, link_store, profile_store, store
from borvo.accounts.links import LINK_LIFETIMES, AccountLink, LinkPurpose, LinkText, parse_link_text
from borvo.accounts.model import Person, Role, normalize_email
from borvo.accounts.service import Accounts
from borvo.accounts.words import (
    write_account_exists,
    write_finish_sign_up,
    write_no_account,
    write_reset,
)
from borvo.kernel.digests import digest_token
from borvo.kernel.entropy import TOKEN_BYTES, create_token, create_uuid
from borvo.kernel.errors import ConflictError, GoneError
from borvo.kernel.ids import PersonId
from borvo.kernel.text import say
from borvo.mail.posting import post_mail
from borvo.storage.database import Connection
from borvo.storage.security_events.model import SecurityEvent, SecurityEventKind
from borvo.web.addresses import find_network


class Wish(StrEnum):
    """What somebody wants who is not signed in and names an address."""

    SIGN_UP = "sign_up"
    RESET = "reset"


# By what is wanted, and whether there is an account.
_WORDS = {
    (Wish.SIGN_UP, False): write_finish_sign_up,
    (Wish.SIGN_UP, True): write_account_exists,
    (Wish.RESET, True): write_reset,
    (Wish.RESET, False): write_no_account,
}


class LinkGoneError(GoneError):
    """The link was used, ended or is too old, or nobody ever sent it."""

    def __init__(self) -> None:
        super().__init__(say("This link no longer works. It works once, and not for long."))


class AddressTakenError(ConflictError):
    """Somebody has made an account with the address meanwhile."""

    def __init__(self) -> None:
        super().__init__(say("There is an account with this address already."))


@dataclass(frozen=True, slots=True)
class Registration:
    """Checked details of a new person. `locale` is the language in which she signs up; empty for that of everybody."""

    email: str
    given_name: str
    family_name: str
    password: str
    is_email_verified: bool = False
    locale: str = ""


async def create_person(accounts: Accounts, registration: Registration) -> Person | None:
    """Without a mail to anybody; None when the address is taken."""
    now = accounts.clock()
    person = _make_person(registration, PersonId(create_uuid(now, accounts.entropy)))
    digest = await accounts.passwords.hash(registration.password)
    async with accounts.database.transaction() as connection:
        return person if await store.insert_person(connection, person, digest, now) else None


def _make_person(registration: Registration, person_id: PersonId) -> Person:
    return Person(
        id=person_id,
        email=normalize_email(registration.email),
        is_email_verified=registration.is_email_verified,
        given_name=registration.given_name,
        family_name=registration.family_name,
        roles=frozenset({Role.PATIENT}),
        locale=registration.locale,
    )


async def keep_link(
    connection: Connection,
    accounts: Accounts,
    purpose: LinkPurpose,
    person_id: PersonId,
    email: str,
    *,
    return_to: str = "",
    browser_digest: bytes = b"",
) -> LinkText:
    """A new link, which the caller posts within the same transaction."""
    now = accounts.clock()
    text = LinkText(person_id.bytes, accounts.entropy(TOKEN_BYTES))
    expires_at = now + LINK_LIFETIMES[purpose]
    link = AccountLink(purpose, person_id, email, now, expires_at, return_to, browser_digest)
    await link_store.insert_link(connection, link, text.digest)
    return text


async def ask_for_link(
    accounts: Accounts, wish: Wish, email: str, return_to: str, address: str, language: str = ""
) -> str:
    """Sends a mail to the address, whether it has an account or not: one that leads on to what is wanted, or to what
    is possible instead. The same is done for both, statement by statement, and no password is hashed: neither answer
    nor time tells which it was. Returns what the browser keeps to be known again. `language` is that of whoever asks.
    Raises `TooManyRequestsError`."""
    now = accounts.clock()
    counted = [(limits.LINK_BY_ADDRESS, find_network(address)), (limits.LINK_BY_EMAIL, email)]
    await accounts.limiter.spend_each(counted, now)
    mark = create_token(accounts.entropy)
    async with accounts.database.transaction() as connection:
        person = await holder_store.find_holder(connection, email, now)
        person_id = person.id if person else PersonId(create_uuid(now, accounts.entropy))
        purpose = LinkPurpose.RESET if person else LinkPurpose.SIGN_UP
        text = await keep_link(
            connection,
            accounts,
            purpose,
            person_id,
            email,
            return_to=return_to,
            browser_digest=digest_token(mark),
        )
        mail = _WORDS[wish, person is not None](email, accounts.issuer, text.render())
        spoken = accounts.speak(person.locale if person else "", language)
        await post_mail(accounts.outbox, connection, mail, person_id=person_id, language=spoken)
    return mark


def read_link(text: str) -> LinkText:
    """Of an address that somebody opened. Raises `LinkGoneError`."""
    read = parse_link_text(text)
    if read is None:
        raise LinkGoneError
    return read


async def load_link(accounts: Accounts, text: LinkText, purpose: LinkPurpose) -> AccountLink:
    """Looks without using it: mail scanners open links, too. Raises `LinkGoneError`."""
    async with accounts.database.connection() as connection:
        link = await link_store.load_link(connection, text, purpose, accounts.clock())
    if link is None:
        raise LinkGoneError
    return link


async def finish_sign_up(accounts: Accounts, text: LinkText, registration: Registration) -> Person:
    """Makes the account of a link's address, which is proved by the link. Raises `LinkGoneError` and
    `AddressTakenError`."""
    now = accounts.clock()
    digest = await accounts.passwords.hash(registration.password)
    async with accounts.database.transaction() as connection:
        link = await link_store.consume_link(connection, text, LinkPurpose.SIGN_UP, now)
        if link is None or link.email != registration.email:
            raise LinkGoneError
        person = _make_person(registration, link.person_id)
        if not await store.insert_person(connection, person, digest, now):
            raise AddressTakenError
        if person.locale:
            await profile_store.save_locale(connection, person.id, person.locale, now)
        await accounts.events.record(connection, SecurityEvent(SecurityEventKind.SIGN_UP, person.id))
    return person
