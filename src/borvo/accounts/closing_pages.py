"""The page on which a person closes her account."""

from litestar import get, post
from litestar.response import Redirect, Template

from borvo.accounts import closing, recovery
from borvo.accounts.closing import ClosingRefusedError
from borvo.accounts.model import Login
from borvo.accounts.recency import require_recent_factor
from borvo.accounts.service import Accounts
from borvo.accounts.signing_in import AnyRequest, Collaborators, SignedIn
from borvo.kernel.errors import TooManyRequestsError
from borvo.kernel.text import say
from borvo.web.forms import Form, read_form
from borvo.web.pages import render_page

_PATH = "/account/close"


async def _render(accounts: Accounts, login: Login, form: Form, status: int = 200) -> Template:
    return render_page(
        "accounts/close.html",
        status=status,
        viewer=login,
        form=form,
        days=accounts.closing_grace.days,
        hindrances=await closing.list_hindrances(accounts, login.person),
    )


@get(_PATH)
async def show_close(login: SignedIn, accounts: Collaborators) -> Template:
    await require_recent_factor(accounts, login, _PATH)
    return await _render(accounts, login, Form())


@post(_PATH, status_code=200)
async def submit_close(request: AnyRequest, login: SignedIn, accounts: Collaborators) -> Template | Redirect:
    await require_recent_factor(accounts, login, _PATH)
    form = await read_form(request)
    try:
        if not await recovery.confirm_password(accounts, login.person.id, form.raw("current_password")):
            form.add_error("current_password", say("This is not your password."))
            return await _render(accounts, login, form, 400)
        erase_at = await closing.close_account(accounts, login)
    except (TooManyRequestsError, ClosingRefusedError) as error:
        form.add_error("form", error.public)
        return await _render(accounts, login, form, error.status)
    page = render_page("accounts/closed.html", viewer=None, erase_at=erase_at)
    page.cookies.append(accounts.cookies.expire("session"))
    return page
