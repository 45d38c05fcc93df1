"""The page on which a person who is signed in changes her password."""

from litestar import get, post
from litestar.response import Redirect, Template

from borvo.accounts import recovery
from borvo.accounts.forms import read_new_password
from borvo.accounts.model import Login
from borvo.accounts.recency import require_recent_factor
from borvo.accounts.signing_in import AnyRequest, Collaborators, SignedIn
from borvo.kernel.errors import TooManyRequestsError
from borvo.kernel.text import say
from borvo.web.forms import Form, read_form
from borvo.web.pages import redirect_to, render_page

_PATH = "/account/password"


def _render(login: Login, form: Form, status: int = 200, notice: str = "") -> Template:
    return render_page("accounts/password.html", status=status, viewer=login, form=form, notice=notice)


@get(_PATH)
async def show_change(request: AnyRequest, login: SignedIn, accounts: Collaborators) -> Template:
    await require_recent_factor(accounts, login, _PATH)
    return _render(login, Form({"others": ["on"]}), notice=request.query_params.get("notice", ""))


@post(_PATH, status_code=200)
async def submit_change(request: AnyRequest, login: SignedIn, accounts: Collaborators) -> Template | Redirect:
    await require_recent_factor(accounts, login, _PATH)
    form = await read_form(request)
    try:
        if not await recovery.confirm_password(accounts, login.person.id, form.raw("current_password")):
            form.add_error("current_password", say("This is not your password."))
    except TooManyRequestsError as error:
        form.add_error("form", error.public)
        return _render(login, form, error.status)
    password = await read_new_password(form, login.person)
    if password is None or not form.is_valid:
        return _render(login, form, 400)
    await recovery.change_password(accounts, login, password, ends_others=form.has("others"))
    return redirect_to(f"{_PATH}?notice=changed")
