"""The language that a person chooses for herself."""

from borvo.accounts import profile_store
from borvo.accounts.model import Person
from borvo.accounts.service import Accounts
from borvo.languages.choice import find_language
from borvo.languages.language import Language


async def choose_language_of(accounts: Accounts, person: Person, language: Language) -> None:
    """The region of what she chose before stays, unless it is that of another language."""
    before = find_language(person.locale)
    if before is not None and before.tag == language.tag:
        return
    async with accounts.database.transaction() as connection:
        await profile_store.save_locale(connection, person.id, language.tag, accounts.clock())
