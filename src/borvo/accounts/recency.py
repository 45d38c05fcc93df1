"""The door before what a stolen session must not do."""

from datetime import timedelta

from borvo.accounts.factors import store
from borvo.accounts.methods import AuthenticationClass, is_enough
from borvo.accounts.model import Login
from borvo.accounts.service import Accounts
from borvo.accounts.signing_in import SignInNeededError

RECENT = timedelta(minutes=10)


class FreshSignInNeededError(SignInNeededError):
    """She is signed in, but not just now or not with all that she could prove; the answer leads to the sign-in page
    and back."""


async def require_recent(accounts: Accounts, login: Login, return_to: str) -> None:
    """Raises `FreshSignInNeededError` unless she signed in within the last ten minutes, and with a second factor if she
    has one: somebody who knows her password alone must not take the factor away. `return_to` is a page of ours, where
    she begins anew."""
    if accounts.clock() - login.authenticated_at <= RECENT:
        if is_enough(login.methods, AuthenticationClass.SEVERAL):
            return
        async with accounts.database.connection() as connection:
            if not await store.has_second_factor(connection, login.person.id):
                return
    raise FreshSignInNeededError(return_to, login_hint=login.person.email, notice="fresh")


async def require_recent_factor(accounts: Accounts, login: Login, return_to: str) -> None:
    """As `require_recent`, for who has a second factor: beside a form that asks for the password anyway."""
    async with accounts.database.connection() as connection:
        has_more = await store.has_second_factor(connection, login.person.id)
    if has_more:
        await require_recent(accounts, login, return_to)
