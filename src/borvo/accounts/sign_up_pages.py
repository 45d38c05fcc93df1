"""The pages on which an account is asked for, and made by the link that a mail brings."""

from dataclasses import replace

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from borvo.accounts import registration
from borvo.accounts.arrival import find_chosen_locale, let_in, render_arrival
from borvo.accounts.forms import read_registration
from borvo.accounts.link_pages import BROWSER_COOKIE, is_same_browser, render_gone, show_wish, submit_wish
from borvo.accounts.links import AccountLink, LinkPurpose
from borvo.accounts.methods import PASSWORD
from borvo.accounts.model import Person
from borvo.accounts.registration import AddressTakenError, LinkGoneError, Wish, read_link
from borvo.accounts.service import Accounts
from borvo.accounts.signing_in import AnyRequest, Collaborators
from borvo.web.forms import Form, read_form

_PATH = "/account/sign-up"


@get(_PATH)
async def show_sign_up(request: AnyRequest, accounts: Collaborators) -> Template:
    return await show_wish(request, accounts, "sign_up")


@post(_PATH, status_code=200)
async def submit_sign_up(request: AnyRequest, accounts: Collaborators) -> Template:
    return await submit_wish(request, accounts, "sign_up", Wish.SIGN_UP)


@get(_PATH + "/{link_text:str}")
async def show_finish(accounts: Collaborators, link_text: FromPath[str]) -> Template:
    try:
        link = await registration.load_link(accounts, read_link(link_text), LinkPurpose.SIGN_UP)
    except LinkGoneError as error:
        return render_gone(error, Wish.SIGN_UP)
    return await _render(accounts, link_text, link, Form())


async def _render(
    accounts: Accounts, link_text: str, link: AccountLink, form: Form, status: int = 200
) -> Template:
    return await render_arrival(
        accounts, "finish_sign_up", form, link.return_to, status, link_text=link_text, email=link.email
    )


@post(_PATH + "/{link_text:str}", status_code=200)
async def submit_finish(
    request: AnyRequest, accounts: Collaborators, link_text: FromPath[str]
) -> Template | Redirect:
    form = await read_form(request)
    try:
        text = read_link(link_text)
        link = await registration.load_link(accounts, text, LinkPurpose.SIGN_UP)
        details = await read_registration(form, link.email)
        if details is None:
            return await _render(accounts, link_text, link, form, 400)
        locale = await find_chosen_locale(request, accounts, link.return_to)
        person = await registration.finish_sign_up(accounts, text, replace(details, locale=locale))
    except (LinkGoneError, AddressTakenError) as error:
        return render_gone(error, Wish.SIGN_UP)
    return await _go_on(request, accounts, person, link)


async def _go_on(
    request: AnyRequest, accounts: Accounts, person: Person, link: AccountLink
) -> Template | Redirect:
    """In the browser in which she began, to where she was going. In another one an app would not know her: it waits
    for her there, and she is told so."""
    is_here = is_same_browser(request, accounts, link) or not await accounts.describe_return(link.return_to)
    answer = await let_in(
        request, accounts, person, link.return_to, PASSWORD, opened=link.email, is_elsewhere=not is_here
    )
    answer.cookies.append(accounts.cookies.expire(BROWSER_COOKIE))
    if is_here:
        return answer
    page = await render_arrival(accounts, "elsewhere", Form(), link.return_to)
    page.cookies.extend(answer.cookies)
    return page
