"""Roles that support gives and takes."""

from borvo.accounts import intervention_words, roles_store, store
from borvo.accounts.interventions import Intervention, check_supporter_remains, find_subject, note
from borvo.accounts.model import Person, Role
from borvo.accounts.service import Accounts
from borvo.kernel.ids import PersonId
from borvo.mail.posting import post_mail
from borvo.storage.database import Connection
from borvo.storage.security_events.model import SecurityEventKind


async def give_role(accounts: Accounts, person_id: PersonId, role: Role, intervention: Intervention) -> bool:
    """Whether it is new to her, or rested and opens again. Raises as `find_subject`."""
    async with accounts.database.transaction() as connection:
        person = await find_subject(connection, accounts, person_id, intervention)
        is_new = await store.add_role(connection, person.id, role, accounts.clock())
        if not is_new and not await roles_store.release_role(connection, person.id, role):
            return False
        mail = intervention_words.write_role_given(person.email, accounts.issuer, role)
        kind = SecurityEventKind.ROLE_ADDED
        await note(connection, accounts, person, kind, intervention, mail, role=role.value)
        if role is Role.SUPPORT:
            await _tell_team(connection, accounts, person)
    return True


async def _tell_team(connection: Connection, accounts: Accounts, person: Person) -> None:
    """All others, whoever gives it among them: it may be somebody else at her session."""
    for other in await roles_store.list_others(connection, Role.SUPPORT, person.id):
        mail = intervention_words.write_colleague(other.email, accounts.issuer, person.email)
        language = accounts.speak(other.locale)
        await post_mail(accounts.outbox, connection, mail, person_id=other.id, language=language)


async def take_role(accounts: Accounts, person_id: PersonId, role: Role, intervention: Intervention) -> bool:
    """Whether she had it. Raises as `find_subject` and `check_supporter_remains`."""
    async with accounts.database.transaction() as connection:
        person = await find_subject(connection, accounts, person_id, intervention)
        if role is Role.SUPPORT:
            await check_supporter_remains(connection, person, intervention)
        if not await store.remove_role(connection, person.id, role):
            return False
        mail = intervention_words.write_role_taken(person.email, accounts.issuer, role)
        kind = SecurityEventKind.ROLE_REMOVED
        await note(connection, accounts, person, kind, intervention, mail, role=role.value)
    return True
