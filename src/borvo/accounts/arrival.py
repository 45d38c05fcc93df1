"""What the pages share through which people come in: where they go on to, and the session they get."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from litestar.datastructures import Cookie
from litestar.response import Redirect, Template

from borvo.accounts import entering, service
from borvo.accounts.closing import reopen_account
from borvo.accounts.destination import Destination
from borvo.accounts.entering import Device, Entry
from borvo.accounts.factors.asking import ask_second_step
from borvo.accounts.factors.mailbox_proof import note_link_opened
from borvo.accounts.forms import DEFAULT_RETURN
from borvo.accounts.known_browsers import COOKIE, MAX_AGE, remember
from borvo.accounts.limits import REFUSED_SIGN_IN, Attempt
from borvo.accounts.methods import PASSWORD, Methods
from borvo.accounts.model import Holder, Person
from borvo.accounts.service import Accounts, Proved
from borvo.accounts.signing_in import AnyRequest, SignInNeededError
from borvo.kernel.errors import ForbiddenError, TooManyRequestsError
from borvo.kernel.text import say
from borvo.languages.language import Language
from borvo.storage.security_events.model import STRANGER, SecurityEvent, SecurityEventKind
from borvo.web.addresses import find_client_address
from borvo.web.forms import Form
from borvo.web.languages import choose_for
from borvo.web.pages import redirect_to, render_page
from borvo.web.requests import find_header


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
    return render_way_in(name, form, return_to, destination, status=status, headers=headers, **context)


def render_way_in(
    name: str,
    form: Form,
    return_to: str,
    destination: Destination | None,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    opened_at: str = "",
    **context: Any,
) -> Template:
    """The same where it is known where she goes on to. `opened_at` is where the page can be opened again, if not at the
    request's own."""
    return render_page(
        f"accounts/{name}.html",
        status=status,
        headers=headers,
        form_action=[destination.origin] if destination else (),
        ui_locales=destination.ui_locales if destination else "",
        opened_at=opened_at,
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


def read_device(request: AnyRequest, accounts: Accounts) -> Device:
    address = find_client_address(request, accounts.trusted_proxies)
    return Device(find_header(request.scope, b"user-agent"), address)


def _find_landing(person: Person, return_to: str) -> str:
    """A developer who came for nothing in particular starts among her clients."""
    return "/portal" if return_to == DEFAULT_RETURN and person.is_developer else return_to


async def find_way_on(accounts: Accounts, entry: Entry, return_to: str) -> str:
    """Back to the app that sent her, where its request can be answered at once: decision 0087."""
    answer = await accounts.answer_return(entry.login, return_to)
    return answer or _find_landing(entry.login.person, return_to)


class AccountSuspendedError(ForbiddenError):
    """She has proved who she is; before that, nothing says so."""

    title = say("Your account is suspended")

    def __init__(self) -> None:
        super().__init__(
            say(
                "The support team has suspended this account, so nobody can use it. Nothing in it is deleted. "
                "To learn why, or to have it lifted, write to whoever runs this platform."
            )
        )


async def _refuse_suspended(accounts: Accounts, person: Person, methods: Methods) -> None:
    """Support learns so that somebody has what opens the account."""
    if not isinstance(person, Holder) or not person.is_suspended:
        return
    detail = {"methods": list(methods)}
    event = SecurityEvent(SecurityEventKind.SIGN_IN_REFUSED, person.id, STRANGER, detail=detail)
    # Some say as much as all: nobody fills the log.
    with suppress(TooManyRequestsError):
        await accounts.limiter.spend(REFUSED_SIGN_IN, str(person.id), accounts.clock())
        async with accounts.database.transaction() as connection:
            await accounts.events.record(connection, event)
    raise AccountSuspendedError


async def enter(request: AnyRequest, accounts: Accounts, proved: Proved, return_to: str) -> Redirect:
    """Signs the person in whose password was right, and sends her on: to the second step, if she has one. The attempt
    is given back whatever comes of it. Raises `AccountSuspendedError`."""
    holder, attempt = proved.person, proved.attempt
    if _begins_at_once(request, accounts, holder):
        return await let_in(request, accounts, holder, return_to, PASSWORD, attempt=attempt)
    await accounts.limiter.give_back(attempt)
    await _refuse_suspended(accounts, holder, PASSWORD)
    if holder.has_second_factor:
        return await ask_second_step(accounts, holder, return_to)
    return await let_in(request, accounts, holder, return_to, PASSWORD)


def _begins_at_once(request: AnyRequest, accounts: Accounts, holder: Holder) -> bool:
    """Whether nothing is left to be done for her but to begin a session."""
    is_new = accounts.cookies.read(request, "session") is None
    return is_new and not (holder.is_suspended or holder.is_closing or holder.has_second_factor)


async def let_in(
    request: AnyRequest,
    accounts: Accounts,
    person: Person,
    return_to: str,
    methods: Methods,
    *,
    opened: str = "",
    attempt: Attempt | None = None,
    is_elsewhere: bool = False,
) -> Redirect:
    """Signs the person in who has proved all that she must, and sends her on. `opened` is the address that brought the
    link by which she comes; the `attempt` is given back along with it. With `is_elsewhere` nothing is answered that
    waits for her: the app that asks knows another browser. Raises `AccountSuspendedError`."""
    await _refuse_suspended(accounts, person, methods)
    return_to = await reopen(accounts, person, return_to)
    previous = await service.find_login(accounts, accounts.cookies.read(request, "session"))
    device = read_device(request, accounts)
    entry = await entering.enter_at_once(accounts, previous, person, device, methods, attempt)
    if entry is None:
        raise SignInNeededError(return_to, notice="again")
    if opened:
        await note_link_opened(accounts, person.id, entry.cookie, opened)
    answer = redirect_to(return_to if is_elsewhere else await find_way_on(accounts, entry, return_to))
    answer.cookies.append(accounts.cookies.create("session", entry.cookie.render()))
    answer.cookies.append(remember_browser(request, accounts, person.email))
    return answer


async def reopen(accounts: Accounts, person: Person, return_to: str) -> str:
    """Opens the account again that she had closed, and says so where she goes on to. Only for who has proved all that
    she must."""
    if not isinstance(person, Holder) or not person.is_closing or not await reopen_account(accounts, person):
        return return_to
    return f"{DEFAULT_RETURN}?notice=reopened" if return_to == DEFAULT_RETURN else return_to


def remember_browser(request: AnyRequest, accounts: Accounts, email: str) -> Cookie:
    """The cookie by which this browser is known, once somebody has proved here who she is."""
    known = accounts.cookies.read(request, COOKIE) or ""
    value = remember(accounts.browser_key, known, email, accounts.entropy)
    return accounts.cookies.create(COOKIE, value, max_age=MAX_AGE)
