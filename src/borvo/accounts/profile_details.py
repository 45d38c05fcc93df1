"""Use cases of what a person tells about herself."""

from borvo.accounts import profile_store
from borvo.accounts.model import ClaimsSubject, ProfileDetails
from borvo.accounts.service import Accounts
from borvo.kernel.errors import NotFoundError
from borvo.kernel.ids import PersonId
from borvo.kernel.text import say


async def load_profile(accounts: Accounts, person_id: PersonId) -> ClaimsSubject:
    """Raises `NotFoundError` when the account was closed meanwhile."""
    async with accounts.database.connection() as connection:
        subject = await profile_store.load_claims_subject(connection, person_id)
    if subject is None:
        raise NotFoundError(say("This account is closed."))
    return subject


async def save_details(accounts: Accounts, person_id: PersonId, details: ProfileDetails) -> None:
    """Replaces all that the person told before, and remembers when."""
    async with accounts.database.transaction() as connection:
        await profile_store.save_details(connection, person_id, details, accounts.clock())
