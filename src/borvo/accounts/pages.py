"""Pages of people: start, sign-in, the account, and the router of all of them."""

from litestar import Router, get, post
from litestar.response import Redirect, Template

from borvo.accounts import service
from borvo.accounts.address_pages import (
    show_address,
    show_confirm,
    show_undo,
    submit_address,
    submit_confirm,
    submit_undo,
    submit_verify,
)
from borvo.accounts.arrival import enter, render_arrival, render_way_in, slow_down
from borvo.accounts.closing_pages import show_close, submit_close
from borvo.accounts.destination import Destination
from borvo.accounts.factors.loss_pages import HANDLERS as LOSS_HANDLERS
from borvo.accounts.factors.mailbox_pages import HANDLERS as MAILBOX_HANDLERS
from borvo.accounts.factors.pages import HANDLERS as FACTOR_HANDLERS
from borvo.accounts.factors.second_step_pages import HANDLERS as SECOND_STEP_HANDLERS
from borvo.accounts.factors.second_step_pages import offer_passkey
from borvo.accounts.forms import read_return_to
from borvo.accounts.known_browsers import COOKIE
from borvo.accounts.language_pages import submit_language
from borvo.accounts.own_file_pages import download_account
from borvo.accounts.password_pages import show_change, submit_change
from borvo.accounts.profile_pages import show_profile, submit_profile
from borvo.accounts.reset_pages import show_request, show_reset, submit_request, submit_reset
from borvo.accounts.resting_roles import list_resting
from borvo.accounts.security_pages import show_security
from borvo.accounts.service import Accounts
from borvo.accounts.session_pages import show_sessions, submit_end, submit_end_all
from borvo.accounts.sign_up_pages import show_finish, show_sign_up, submit_finish, submit_sign_up
from borvo.accounts.signing_in import AnyRequest, Collaborators, SignedIn, Viewer
from borvo.accounts.words import name_role
from borvo.kernel.errors import TooManyRequestsError
from borvo.kernel.text import say
from borvo.web.addresses import find_client_address
from borvo.web.forms import Form, read_form
from borvo.web.languages import note_locale
from borvo.web.pages import PAGE_OPT, render_page


@get("/", name="start")
async def show_start(viewer: Viewer) -> Template:
    return render_page("accounts/start.html", viewer=viewer)


@get("/account")
async def show_account(request: AnyRequest, login: SignedIn, accounts: Collaborators) -> Template:
    notice = request.query_params.get("notice", "")
    roles = [name_role(role) for role in sorted(login.person.roles)]
    resting = [(name_role(role), until) for role, until in await list_resting(accounts, login.person.id)]
    return render_page(
        "accounts/account.html",
        viewer=login,
        person=login.person,
        roles=roles,
        resting=resting,
        notice=notice,
    )


@get("/account/sign-in")
async def show_sign_in(request: AnyRequest, accounts: Collaborators) -> Template:
    form = Form({"email": [request.query_params.get("login_hint", "")]})
    return_to = read_return_to(request.query_params.get("return_to"))
    notice = request.query_params.get("notice", "")
    page = await render_arrival(accounts, "sign_in", form, return_to, notice=notice)
    return offer_passkey(request, accounts, page)


def ask_to_sign_in(
    request: AnyRequest,
    accounts: Accounts,
    address: str,
    return_to: str,
    login_hint: str,
    destination: Destination,
) -> Template:
    """The page at the address that `build_sign_in_url` gives for the next two, as the answer to another GET: one
    request less than a redirect to it."""
    # As at its own address, whoever is signed in: another may be about to.
    note_locale(request, "")
    form = Form({"email": [login_hint]})
    page = render_way_in("sign_in", form, return_to, destination, opened_at=address, notice="")
    return offer_passkey(request, accounts, page)


@post("/account/sign-in", status_code=200)
async def submit_sign_in(request: AnyRequest, accounts: Collaborators) -> Template | Redirect:
    form = await read_form(request)
    return_to = read_return_to(form.text("return_to"))
    address = find_client_address(request, accounts.trusted_proxies)
    known = accounts.cookies.read(request, COOKIE) or ""
    try:
        proved = await service.sign_in(accounts, form.text("email"), form.raw("password"), address, known)
    except TooManyRequestsError as error:
        # Whoever guesses on and on takes the time of nobody else.
        await accounts.brake.keep_back()
        return offer_passkey(request, accounts, await slow_down(accounts, "sign_in", form, return_to, error))
    if proved is None:
        form.add_error("form", say("The e-mail address or the password is not right."))
        page = await render_arrival(accounts, "sign_in", form, return_to, 400)
        return offer_passkey(request, accounts, page)
    return await enter(request, accounts, proved, return_to)


def build_router() -> Router:
    """All pages of this feature; `assembly` provides `accounts`, `viewer` and `login`."""
    handlers = [
        show_start,
        show_account,
        show_sign_in,
        submit_sign_in,
        show_sign_up,
        submit_sign_up,
        show_finish,
        submit_finish,
        show_request,
        submit_request,
        show_reset,
        submit_reset,
        show_profile,
        submit_profile,
        show_change,
        submit_change,
        show_close,
        submit_close,
        show_address,
        submit_address,
        submit_verify,
        show_confirm,
        submit_confirm,
        show_undo,
        submit_undo,
        show_sessions,
        submit_end,
        submit_end_all,
        show_security,
        submit_language,
        download_account,
        *FACTOR_HANDLERS,
        *LOSS_HANDLERS,
        *MAILBOX_HANDLERS,
        *SECOND_STEP_HANDLERS,
    ]
    return Router(path="/", route_handlers=handlers, opt={PAGE_OPT: True}, include_in_schema=False)
