"""What the pages around links in mails share."""

from litestar.response import Template

from borvo.accounts.arrival import choose_arriving, render_arrival, slow_down
from borvo.accounts.forms import read_email, read_return_to
from borvo.accounts.links import AccountLink
from borvo.accounts.registration import Wish, ask_for_link
from borvo.accounts.service import Accounts
from borvo.accounts.signing_in import AnyRequest
from borvo.kernel.digests import digest_token, is_same
from borvo.kernel.errors import BorvoError, TooManyRequestsError
from borvo.web.addresses import find_client_address
from borvo.web.forms import Form, read_form
from borvo.web.pages import render_page

BROWSER_COOKIE = "began"
_DAY = 86_400


async def show_wish(request: AnyRequest, accounts: Accounts, name: str) -> Template:
    """The page that asks for an address."""
    form = Form({"email": [request.query_params.get("login_hint", "")]})
    return await render_arrival(accounts, name, form, read_return_to(request.query_params.get("return_to")))


async def submit_wish(request: AnyRequest, accounts: Accounts, name: str, wish: Wish) -> Template:
    """Sends the link to the address, or shows the page again with what is wrong."""
    form = await read_form(request)
    return_to, email = read_return_to(form.text("return_to")), read_email(form)
    if email is None:
        return await render_arrival(accounts, name, form, return_to, 400)
    address = find_client_address(request, accounts.trusted_proxies)
    try:
        language = await choose_arriving(request, accounts, return_to)
        mark = await ask_for_link(accounts, wish, email, return_to, address, language.tag)
    except TooManyRequestsError as error:
        return await slow_down(accounts, name, form, return_to, error)
    return await _render_sent(request, accounts, wish, form, return_to, mark)


async def _render_sent(
    request: AnyRequest, accounts: Accounts, wish: Wish, form: Form, return_to: str, mark: str
) -> Template:
    """The same page whether the address has an account; the mail says which. The browser keeps the mark, by which it
    is known again when the link is opened."""
    shows_mail = any(route.path == "/outbox" for route in request.app.routes)
    page = await render_arrival(
        accounts,
        "mail_sent",
        form,
        return_to,
        wish=wish.value,
        email=form.text("email"),
        shows_mail=shows_mail,
    )
    page.cookies.append(accounts.cookies.create(BROWSER_COOKIE, mark, max_age=_DAY))
    return page


def is_same_browser(request: AnyRequest, accounts: Accounts, link: AccountLink) -> bool:
    """Whether the link was asked for here."""
    mark = accounts.cookies.read(request, BROWSER_COOKIE) or ""
    return is_same(digest_token(mark), link.browser_digest)


def render_gone(error: BorvoError, wish: Wish) -> Template:
    """Says what is wrong with the link, and how to get on."""
    return render_page(
        "accounts/link_gone.html", status=error.status, message=error.public, wish=wish.value, viewer=None
    )
