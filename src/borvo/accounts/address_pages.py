"""The pages on which a person proves and changes her address, and takes a change back."""

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from borvo.accounts import address_change, recovery, registration
from borvo.accounts.forms import read_email
from borvo.accounts.link_pages import render_gone
from borvo.accounts.links import LinkPurpose
from borvo.accounts.model import Login
from borvo.accounts.recency import require_recent_factor
from borvo.accounts.registration import AddressTakenError, LinkGoneError, Wish, read_link
from borvo.accounts.signing_in import AnyRequest, Collaborators, SignedIn
from borvo.kernel.errors import TooManyRequestsError
from borvo.kernel.text import say
from borvo.web.forms import Form, read_form
from borvo.web.pages import redirect_to, render_page

_PATH = "/account/email"
_UNDO = "/account/undo/{link_text:str}"


def _render(login: Login, form: Form, status: int = 200, notice: str = "") -> Template:
    return render_page("accounts/email.html", status=status, viewer=login, form=form, notice=notice)


@get(_PATH)
async def show_address(request: AnyRequest, login: SignedIn, accounts: Collaborators) -> Template:
    await require_recent_factor(accounts, login, _PATH)
    return _render(login, Form(), notice=request.query_params.get("notice", ""))


@post(_PATH, status_code=200)
async def submit_address(
    request: AnyRequest, login: SignedIn, accounts: Collaborators
) -> Template | Redirect:
    await require_recent_factor(accounts, login, _PATH)
    form = await read_form(request)
    email = read_email(form)
    if email == login.person.email:
        form.add_error("email", say("This is your address already."))
    try:
        if not await recovery.confirm_password(accounts, login.person.id, form.raw("current_password")):
            form.add_error("current_password", say("This is not your password."))
        if email is None or not form.is_valid:
            return _render(login, form, 400)
        await address_change.ask_to_change(accounts, login.person, email)
    except TooManyRequestsError as error:
        form.add_error("form", error.public)
        return _render(login, form, error.status)
    return redirect_to(f"{_PATH}?notice=asked")


@post(f"{_PATH}/verify", status_code=200)
async def submit_verify(login: SignedIn, accounts: Collaborators) -> Template | Redirect:
    try:
        await address_change.ask_to_verify(accounts, login.person)
    except TooManyRequestsError as error:
        form = Form()
        form.add_error("form", error.public)
        return _render(login, form, error.status)
    return redirect_to(f"{_PATH}?notice=sent")


@get(_PATH + "/{link_text:str}")
async def show_confirm(login: SignedIn, accounts: Collaborators, link_text: FromPath[str]) -> Template:
    try:
        link = await address_change.find_confirmation(accounts, login, read_link(link_text))
    except LinkGoneError as error:
        return render_page(
            "accounts/email_gone.html", status=error.status, viewer=login, message=error.public
        )
    return render_page("accounts/confirm_email.html", viewer=login, link=link, link_text=link_text)


@post(_PATH + "/{link_text:str}", status_code=200)
async def submit_confirm(
    login: SignedIn, accounts: Collaborators, link_text: FromPath[str]
) -> Template | Redirect:
    try:
        text = read_link(link_text)
        link = await address_change.find_confirmation(accounts, login, text)
        await address_change.confirm_address(accounts, login, text, link.purpose)
    except (LinkGoneError, AddressTakenError) as error:
        return render_page(
            "accounts/email_gone.html", status=error.status, viewer=login, message=error.public
        )
    return redirect_to(f"{_PATH}?notice=confirmed")


@get(_UNDO)
async def show_undo(accounts: Collaborators, link_text: FromPath[str]) -> Template:
    try:
        link = await registration.load_link(accounts, read_link(link_text), LinkPurpose.UNDO)
    except LinkGoneError as error:
        return render_gone(error, Wish.RESET)
    return render_page("accounts/undo_email.html", viewer=None, email=link.email, link_text=link_text)


@post(_UNDO, status_code=200)
async def submit_undo(accounts: Collaborators, link_text: FromPath[str]) -> Template | Redirect:
    try:
        reset = await address_change.undo_change(accounts, read_link(link_text))
    except LinkGoneError as error:
        return render_gone(error, Wish.RESET)
    answer = redirect_to(f"/account/reset/{reset.render()}")
    answer.cookies.append(accounts.cookies.expire("session"))
    return answer
