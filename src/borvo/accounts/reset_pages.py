"""The pages on which somebody who has lost a password asks for a link, and chooses another by it."""

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from borvo.accounts import recovery, registration
from borvo.accounts.arrival import remember_browser, render_arrival
from borvo.accounts.forms import read_new_password
from borvo.accounts.link_pages import render_gone, show_wish, submit_wish
from borvo.accounts.links import AccountLink, LinkPurpose
from borvo.accounts.registration import LinkGoneError, Wish, read_link
from borvo.accounts.service import Accounts
from borvo.accounts.signing_in import AnyRequest, Collaborators, build_sign_in_url
from borvo.web.forms import Form, read_form
from borvo.web.pages import redirect_to

_PATH = "/account/reset"


@get(_PATH)
async def show_request(request: AnyRequest, accounts: Collaborators) -> Template:
    return await show_wish(request, accounts, "reset")


@post(_PATH, status_code=200)
async def submit_request(request: AnyRequest, accounts: Collaborators) -> Template:
    return await submit_wish(request, accounts, "reset", Wish.RESET)


async def _render(
    accounts: Accounts, link_text: str, link: AccountLink, form: Form, status: int = 200
) -> Template:
    return await render_arrival(
        accounts, "new_password", form, link.return_to, status, link_text=link_text, email=link.email
    )


@get(_PATH + "/{link_text:str}")
async def show_reset(accounts: Collaborators, link_text: FromPath[str]) -> Template:
    try:
        link = await registration.load_link(accounts, read_link(link_text), LinkPurpose.RESET)
    except LinkGoneError as error:
        return render_gone(error, Wish.RESET)
    return await _render(accounts, link_text, link, Form())


@post(_PATH + "/{link_text:str}", status_code=200)
async def submit_reset(
    request: AnyRequest, accounts: Collaborators, link_text: FromPath[str]
) -> Template | Redirect:
    form = await read_form(request)
    try:
        text = read_link(link_text)
        link = await registration.load_link(accounts, text, LinkPurpose.RESET)
        holder = await recovery.load_holder(accounts, link.person_id)
        password = await read_new_password(form, holder)
        if password is None:
            return await _render(accounts, link_text, link, form, 400)
        await recovery.reset_password(accounts, text, password)
    except LinkGoneError as error:
        return render_gone(error, Wish.RESET)
    answer = redirect_to(build_sign_in_url(link.return_to, login_hint=link.email) + "&notice=password")
    # Whatever strangers try, she signs in here.
    answer.cookies.append(remember_browser(request, accounts, link.email))
    return answer
