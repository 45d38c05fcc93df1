"""Pages of people: start, sign-in, sign-up, sign-out, the account."""

from collections.abc import Mapping

from litestar import Router, get, post
from litestar.response import Redirect, Template

from borvo.accounts import service
from borvo.accounts.forms import DEFAULT_RETURN, read_registration, read_return_to
from borvo.accounts.model import Person
from borvo.accounts.profile_pages import show_profile, submit_profile
from borvo.accounts.security_pages import show_security
from borvo.accounts.service import Accounts
from borvo.accounts.session_pages import show_sessions, submit_end, submit_end_all
from borvo.accounts.signing_in import AnyRequest, Collaborators, SignedIn, Viewer
from borvo.kernel.errors import TooManyRequestsError
from borvo.web.addresses import find_client_address
from borvo.web.forms import Form, read_form
from borvo.web.pages import PAGE_OPT, redirect_to, render_page


@get("/", name="start")
async def show_start(viewer: Viewer) -> Template:
    return render_page("accounts/start.html", viewer=viewer)


@get("/account")
async def show_account(login: SignedIn) -> Template:
    return render_page("accounts/account.html", viewer=login, person=login.person)


async def _render(
    accounts: Accounts,
    name: str,
    form: Form,
    return_to: str,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Template:
    destination = await accounts.describe_return(return_to)
    return render_page(
        f"accounts/{name}.html",
        status=status,
        headers=headers,
        form_action=[destination.origin] if destination else (),
        form=form,
        return_to=return_to,
        destination=destination,
        viewer=None,
    )


async def _slow_down(
    accounts: Accounts, name: str, form: Form, return_to: str, error: TooManyRequestsError
) -> Template:
    form.add_error("form", error.public)
    headers = {"Retry-After": str(error.retry_after)}
    return await _render(accounts, name, form, return_to, error.status, headers)


@get("/account/sign-in")
async def show_sign_in(request: AnyRequest, accounts: Collaborators) -> Template:
    form = Form({"email": [request.query_params.get("login_hint", "")]})
    return await _render(accounts, "sign_in", form, read_return_to(request.query_params.get("return_to")))


@post("/account/sign-in", status_code=200)
async def submit_sign_in(request: AnyRequest, accounts: Collaborators) -> Template | Redirect:
    form = await read_form(request)
    return_to = read_return_to(form.text("return_to"))
    address = find_client_address(request, accounts.trusted_proxies)
    try:
        person = await service.sign_in(accounts, form.text("email"), form.raw("password"), address)
    except TooManyRequestsError as error:
        return await _slow_down(accounts, "sign_in", form, return_to, error)
    if person is None:
        form.add_error("form", "The e-mail address or the password is not right.")
        return await _render(accounts, "sign_in", form, return_to, 400)
    return await _enter(request, accounts, person, return_to)


@get("/account/sign-up")
async def show_sign_up(request: AnyRequest, accounts: Collaborators) -> Template:
    return await _render(accounts, "sign_up", Form(), read_return_to(request.query_params.get("return_to")))


@post("/account/sign-up", status_code=200)
async def submit_sign_up(request: AnyRequest, accounts: Collaborators) -> Template | Redirect:
    form = await read_form(request)
    return_to = read_return_to(form.text("return_to"))
    registration = read_registration(form)
    if registration is None:
        return await _render(accounts, "sign_up", form, return_to, 400)
    try:
        person = await service.sign_up(
            accounts, registration, find_client_address(request, accounts.trusted_proxies)
        )
    except TooManyRequestsError as error:
        return await _slow_down(accounts, "sign_up", form, return_to, error)
    if person is None:
        form.add_error(
            "email", "This address cannot be used. If you have an account already, sign in instead."
        )
        return await _render(accounts, "sign_up", form, return_to, 400)
    return await _enter(request, accounts, person, return_to)


def _find_landing(person: Person, return_to: str) -> str:
    """A developer who came for nothing in particular starts among her clients."""
    return "/portal" if return_to == DEFAULT_RETURN and person.is_developer else return_to


async def _enter(request: AnyRequest, accounts: Accounts, person: Person, return_to: str) -> Redirect:
    previous = await service.find_login(accounts, accounts.cookies.read(request, "session"))
    if previous is not None:
        await service.sign_out(accounts, previous)
    address = find_client_address(request, accounts.trusted_proxies)
    cookie = await service.start_session(accounts, person, request.headers.get("user-agent", ""), address)
    answer = redirect_to(_find_landing(person, return_to))
    answer.cookies.append(accounts.cookies.create("session", cookie.render()))
    return answer


@post("/account/sign-out", status_code=303)
async def submit_sign_out(viewer: Viewer, accounts: Collaborators) -> Redirect:
    if viewer is not None:
        await service.sign_out(accounts, viewer)
    answer = redirect_to("/")
    answer.cookies.append(accounts.cookies.expire("session"))
    return answer


def build_router() -> Router:
    """All pages of this feature; `assembly` provides `accounts`, `viewer` and `login`."""
    handlers = [
        show_start,
        show_account,
        show_sign_in,
        submit_sign_in,
        show_sign_up,
        submit_sign_up,
        submit_sign_out,
        show_profile,
        submit_profile,
        show_sessions,
        submit_end,
        submit_end_all,
        show_security,
    ]
    return Router(path="/", route_handlers=handlers, opt={PAGE_OPT: True}, include_in_schema=False)
