"""The language of a person."""

from borvo.accounts import profile_store, store
from borvo.accounts.model import Person
from borvo.accounts.service import Accounts
from borvo.kernel.ids import PersonId
from borvo.languages.choice import find_language
from borvo.languages.language import Language
from borvo.storage.database import Connection


async def choose_language_of(accounts: Accounts, person: Person, language: Language) -> None:
    """The region of what she chose before stays, unless it is that of another language."""
    before = find_language(person.locale)
    if before is not None and before.tag == language.tag:
        return
    async with accounts.database.transaction() as connection:
        await profile_store.save_locale(connection, person.id, language.tag, accounts.clock())


async def speak_to(accounts: Accounts, connection: Connection, person_id: PersonId) -> Language:
    """The language of a mail to somebody of whom nothing else is at hand."""
    person = await store.load_person(connection, person_id)
    return accounts.speak(person.locale if person else "")
