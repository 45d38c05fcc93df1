"""What the pages share through which people come in: where they go on to, and the session they get."""

from collections.abc import Mapping
from typing import Any

from litestar.datastructures import Cookie
from litestar.response import Redirect, Template

from borvo.accounts import service
from borvo.accounts.forms import DEFAULT_RETURN
from borvo.accounts.known_browsers import COOKIE, MAX_AGE, remember
from borvo.accounts.model import Person
from borvo.accounts.service import Accounts, Device
from borvo.accounts.signing_in import AnyRequest
from borvo.kernel.errors import TooManyRequestsError
from borvo.languages.language import Language
from borvo.web.addresses import find_client_address
from borvo.web.forms import Form
from borvo.web.languages import choose_for
from borvo.web.pages import redirect_to, render_page


async def render_arrival(
    accounts: Accounts,
    name: str,
    form: Form,
    return_to: str,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> Template:
    """A page for whoever is not signed in, which says where she goes on to."""
    destination = await accounts.describe_return(return_to)
    return render_page(
        f"accounts/{name}.html",
        status=status,
        headers=headers,
        form_action=[destination.origin] if destination else (),
        ui_locales=destination.ui_locales if destination else "",
        form=form,
        return_to=return_to,
        destination=destination,
        viewer=None,
        **context,
    )


async def choose_arriving(request: AnyRequest, accounts: Accounts, return_to: str) -> Language:
    """The language of `render_arrival`'s pages, for what else is said to her."""
    destination = await accounts.describe_return(return_to)
    return choose_for(request, destination.ui_locales if destination else "")


async def find_chosen_locale(request: AnyRequest, accounts: Accounts, return_to: str) -> str:
    """For the profile of whoever makes an account; empty for the language that everybody gets."""
    tag = (await choose_arriving(request, accounts, return_to)).tag
    return "" if tag == accounts.default_language else tag


async def slow_down(
    accounts: Accounts, name: str, form: Form, return_to: str, error: TooManyRequestsError
) -> Template:
    """The page again, with what was typed and when to come back."""
    form.add_error("form", error.public)
    headers = {"Retry-After": str(error.retry_after)}
    return await render_arrival(accounts, name, form, return_to, error.status, headers)


def _find_landing(person: Person, return_to: str) -> str:
    """A developer who came for nothing in particular starts among her clients."""
    return "/portal" if return_to == DEFAULT_RETURN and person.is_developer else return_to


async def enter(request: AnyRequest, accounts: Accounts, person: Person, return_to: str) -> Redirect:
    """Signs the person in and sends her on."""
    previous = await service.find_login(accounts, accounts.cookies.read(request, "session"))
    address = find_client_address(request, accounts.trusted_proxies)
    cookie = await service.enter(
        accounts, previous, person, Device(request.headers.get("user-agent", ""), address)
    )
    answer = redirect_to(_find_landing(person, return_to))
    answer.cookies.append(accounts.cookies.create("session", cookie.render()))
    answer.cookies.append(remember_browser(request, accounts, person.email))
    return answer


def remember_browser(request: AnyRequest, accounts: Accounts, email: str) -> Cookie:
    """The cookie by which this browser is known, once somebody has proved here who she is."""
    known = accounts.cookies.read(request, COOKIE) or ""
    value = remember(accounts.browser_key, known, email, accounts.entropy)
    return accounts.cookies.create(COOKIE, value, max_age=MAX_AGE)
