"""Accounts that their owners close: nobody reaches them from that moment, the owner may come back for some days, and
then all that is hers is erased."""

from datetime import datetime

from borvo.accounts import closing_store, intervention_words, link_store
from borvo.accounts.interventions import Intervention, check_supporter_remains, find_subject, note
from borvo.accounts.links import LinkPurpose
from borvo.accounts.model import Login, Person
from borvo.accounts.service import Accounts, end_sessions
from borvo.accounts.words import write_closed, write_erased, write_reopened
from borvo.kernel.errors import ConflictError
from borvo.kernel.ids import PersonId
from borvo.kernel.text import say
from borvo.mail.posting import post_mail
from borvo.storage.database import Connection
from borvo.storage.security_events.model import SecurityEvent, SecurityEventKind

# So many at a time, so that the job never holds up the others that clean up.
_MOST_ERASED = 20


class ClosingRefusedError(ConflictError):
    """Something hangs on the person that she has to hand over first."""


async def list_hindrances(accounts: Accounts, person: Person) -> list[str]:
    """In words for her; none when the account can be closed."""
    async with accounts.database.connection() as connection:
        return await accounts.list_hindrances(connection, person.id)


async def close_account(accounts: Accounts, login: Login) -> datetime:
    """After `confirm_password`. No session, app or agency reaches the account from now on; when it will be erased.
    Raises `ClosingRefusedError`."""
    person = login.person
    async with accounts.database.transaction() as connection:
        erase_at = await _close(connection, accounts, person)
        await accounts.events.record(connection, SecurityEvent(SecurityEventKind.ACCOUNT_CLOSED, person.id))
        language = accounts.speak(person.locale)
        mail = write_closed(person.email, accounts.issuer, language.day(erase_at))
        await post_mail(accounts.outbox, connection, mail, person_id=person.id, language=language)
    return erase_at


async def _close(connection: Connection, accounts: Accounts, person: Person) -> datetime:
    now = accounts.clock()
    erase_at = now + accounts.closing_grace
    if hindrances := await accounts.list_hindrances(connection, person.id):
        raise ClosingRefusedError(" ".join(hindrances))
    await end_sessions(connection, accounts, person.id)
    await closing_store.close_person(connection, person.id, now, erase_at)
    await link_store.end_links(connection, person.id, [LinkPurpose.VERIFY, LinkPurpose.CHANGE], now)
    return erase_at


async def close_by_support(accounts: Accounts, person_id: PersonId, intervention: Intervention) -> datetime:
    """As `close_account`, with the same days to come back. Raises as `find_subject`, `ConflictError` for one that is
    closed, and `ClosingRefusedError` with what stands in the way, in words for her."""
    async with accounts.database.transaction() as connection:
        person = await find_subject(connection, accounts, person_id, intervention)
        await check_supporter_remains(connection, person, intervention)
        if person.is_closing:
            raise ConflictError(say("This account is closed already."))
        erase_at = await _close(connection, accounts, person)
        end = accounts.speak(person.locale).day(erase_at)
        mail = intervention_words.write_closed(person.email, accounts.issuer, end)
        await note(connection, accounts, person, SecurityEventKind.ACCOUNT_CLOSED, intervention, mail)
    return erase_at


async def reopen_account(accounts: Accounts, person: Person) -> bool:
    """For a person who has just proved who she is: whether the account was closed until now."""
    async with accounts.database.transaction() as connection:
        if not await closing_store.reopen_person(connection, person.id, accounts.clock()):
            return False
        await accounts.events.record(connection, SecurityEvent(SecurityEventKind.ACCOUNT_REOPENED, person.id))
        mail, language = write_reopened(person.email, accounts.issuer), accounts.speak(person.locale)
        await post_mail(accounts.outbox, connection, mail, person_id=person.id, language=language)
    return True


async def erase_due(accounts: Accounts) -> int:
    """Erases those whose days are over, each in a transaction of its own; how many."""
    async with accounts.database.connection() as connection:
        due = await closing_store.list_due(connection, accounts.clock(), _MOST_ERASED)
    return sum([await _erase(accounts, person) for person in due])


async def _erase(accounts: Accounts, person: Person) -> bool:
    """False when another worker was faster."""
    async with accounts.database.transaction() as connection:
        if not await closing_store.claim_due(connection, person.id, accounts.clock()):
            return False
        await accounts.erase_elsewhere(connection, person.id)
        await closing_store.delete_person(connection, person.id)
        mail, language = write_erased(person.email, accounts.issuer), accounts.speak(person.locale)
        await post_mail(accounts.outbox, connection, mail, language=language)
    return True
