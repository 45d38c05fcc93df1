"""Sends people to the page that asks for their second factor."""

from urllib.parse import urlencode

from litestar.response import Redirect

from borvo.accounts.factors import second_step, store
from borvo.accounts.model import Login, Person
from borvo.accounts.service import Accounts
from borvo.accounts.signing_in import FACTORS_PATH
from borvo.web.pages import redirect_to

HALF_COOKIE = "half"
SECOND_STEP_PATH = "/account/sign-in/second-step"


async def ask_second_step(
    accounts: Accounts, person: Person, return_to: str, login: Login | None = None
) -> Redirect:
    """After the right password, or for a `login` that is to be worth more."""
    cookie = await second_step.begin(accounts, person, return_to, login)
    answer = redirect_to(SECOND_STEP_PATH)
    answer.cookies.append(accounts.cookies.create(HALF_COOKIE, cookie.render()))
    return answer


async def strengthen(accounts: Accounts, login: Login, return_to: str) -> Redirect:
    """Who has no second factor is led to set one up."""
    async with accounts.database.connection() as connection:
        can_prove = await store.has_second_factor(connection, login.person.id)
    if can_prove:
        return await ask_second_step(accounts, login.person, return_to, login)
    return redirect_to(f"{FACTORS_PATH}?{urlencode({'return_to': return_to})}")
