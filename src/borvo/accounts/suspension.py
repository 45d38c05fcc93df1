"""Accounts that support suspends: nobody reaches them, their owners neither, until support lifts it. Data, consents and
memberships stay as they are; whatever opens the account by itself ends."""

from borvo.accounts import intervention_words, link_store, suspension_store
from borvo.accounts.factors import half_store
from borvo.accounts.interventions import Intervention, check_supporter_remains, find_subject, note
from borvo.accounts.links import LinkPurpose
from borvo.accounts.model import Person
from borvo.accounts.service import Accounts, end_sessions
from borvo.kernel.errors import ConflictError
from borvo.kernel.ids import PersonId
from borvo.kernel.text import say
from borvo.storage.database import Connection
from borvo.storage.security_events.model import SecurityEventKind

_LINKS = (LinkPurpose.RESET, LinkPurpose.VERIFY, LinkPurpose.CHANGE)


async def suspend_account(accounts: Accounts, person_id: PersonId, intervention: Intervention) -> None:
    """Raises as `find_subject`, and `ConflictError` for one that is suspended."""
    now = accounts.clock()
    async with accounts.database.transaction() as connection:
        person = await find_subject(connection, accounts, person_id, intervention)
        await check_supporter_remains(connection, person, intervention)
        if not await suspension_store.suspend_person(connection, person_id, now):
            raise ConflictError(say("This account is suspended already."))
        await link_store.end_links(connection, person_id, _LINKS, now)
        await _end_ways_in(connection, accounts, person)
        mail = intervention_words.write_suspended(person.email, accounts.issuer)
        await note(connection, accounts, person, SecurityEventKind.ACCOUNT_SUSPENDED, intervention, mail)


async def _end_ways_in(connection: Connection, accounts: Accounts, person: Person) -> None:
    await half_store.end_halves(connection, person.id, accounts.clock())
    await end_sessions(connection, accounts, person.id)
    await accounts.end_elsewhere(connection, person.id)


async def lift_suspension(accounts: Accounts, person_id: PersonId, intervention: Intervention) -> None:
    """She signs in again, and so do her apps. Raises as `find_subject`, and `ConflictError` for one that is not
    suspended."""
    async with accounts.database.transaction() as connection:
        person = await find_subject(connection, accounts, person_id, intervention)
        if not await suspension_store.lift_suspension(connection, person_id):
            raise ConflictError(say("This account is not suspended."))
        # What began before and was finished while it was suspended.
        await _end_ways_in(connection, accounts, person)
        mail = intervention_words.write_lifted(person.email, accounts.issuer)
        await note(connection, accounts, person, SecurityEventKind.SUSPENSION_LIFTED, intervention, mail)
