"""The pages of the second step of a sign-in, and of a sign-in by passkey alone."""

from litestar import get, post
from litestar.response import Redirect, Template

from borvo.accounts import service
from borvo.accounts.arrival import (
    find_way_on,
    let_in,
    read_device,
    remember_browser,
    render_arrival,
    reopen,
    slow_down,
)
from borvo.accounts.factors import second_step
from borvo.accounts.factors.asking import HALF_COOKIE, SECOND_STEP_PATH, strengthen
from borvo.accounts.factors.challenge_cookie import drop, find_challenge, plant, read_challenge
from borvo.accounts.factors.model import HalfLogin
from borvo.accounts.factors.passkeys import PasskeyError, describe_authentication
from borvo.accounts.factors.service import find_factors
from borvo.accounts.forms import read_return_to
from borvo.accounts.methods import AuthenticationClass, Methods, is_enough
from borvo.accounts.service import Accounts
from borvo.accounts.signing_in import (
    STEP_UP_PATH,
    AnyRequest,
    Collaborators,
    SignedIn,
    build_sign_in_url,
)
from borvo.kernel.errors import TooManyRequestsError
from borvo.kernel.text import say
from borvo.web.addresses import find_client_address
from borvo.web.forms import Form, read_form
from borvo.web.pages import redirect_to

PASSKEY_PATH = "/account/sign-in/passkey"
_SIGN_IN = "sign in"


def offer_passkey(
    request: AnyRequest, accounts: Accounts, page: Template, *, suggests: bool = True
) -> Template:
    """The sign-in page with what a browser needs to offer passkeys on it. It says nothing of any person. After one that
    was refused the browser suggests none until she asks."""
    challenge = find_challenge(request, accounts, _SIGN_IN)
    page.context["suggests_passkey"] = suggests
    page.context["passkey_options"] = describe_authentication(accounts, challenge)
    return plant(accounts, page, challenge)


@post(PASSKEY_PATH, status_code=200)
async def submit_passkey_sign_in(request: AnyRequest, accounts: Collaborators) -> Template | Redirect:
    form = await read_form(request)
    return_to = read_return_to(form.text("return_to"))
    challenge, address = (
        read_challenge(request, accounts, _SIGN_IN),
        find_client_address(request, accounts.trusted_proxies),
    )
    try:
        person, methods = await second_step.sign_in_by_passkey(
            accounts, form.raw("credential"), challenge, address
        )
    except TooManyRequestsError as error:
        page = await slow_down(accounts, "sign_in", form, return_to, error)
        return offer_passkey(request, accounts, page)
    except PasskeyError as error:
        form.add_error("form", error.public)
        page = await render_arrival(accounts, "sign_in", form, return_to, 400)
        return offer_passkey(request, accounts, page, suggests=False)
    return drop(accounts, await let_in(request, accounts, person, return_to, methods))


@get(SECOND_STEP_PATH)
async def show_second_step(request: AnyRequest, accounts: Collaborators) -> Template | Redirect:
    half = await _find_half(request, accounts)
    return await _ask(request, accounts, half, Form()) if half else _begin_anew(accounts)


async def _find_half(request: AnyRequest, accounts: Accounts) -> HalfLogin | None:
    return await second_step.find_half(accounts, accounts.cookies.read(request, HALF_COOKIE))


def _begin_anew(accounts: Accounts, return_to: str = "/account") -> Redirect:
    answer = redirect_to(build_sign_in_url(return_to, notice="again"))
    answer.cookies.append(accounts.cookies.expire(HALF_COOKIE))
    return answer


def _name_purpose(half: HalfLogin) -> str:
    return f"second step {half.id}"


async def _ask(
    request: AnyRequest, accounts: Accounts, half: HalfLogin, form: Form, status: int = 200
) -> Template:
    factors = await find_factors(accounts, half.person.id)
    challenge = find_challenge(request, accounts, _name_purpose(half))
    options = describe_authentication(accounts, challenge, factors.passkeys) if factors.passkeys else ""
    page = await render_arrival(
        accounts, "second_step", form, half.return_to, status, factors=factors, options=options
    )
    return plant(accounts, page, challenge)


@post(SECOND_STEP_PATH, status_code=200)
async def submit_code(request: AnyRequest, accounts: Collaborators) -> Template | Redirect:
    form, half = await read_form(request), await _find_half(request, accounts)
    if half is None:
        return _begin_anew(accounts)
    address = find_client_address(request, accounts.trusted_proxies)
    try:
        methods = await second_step.prove_by_code(accounts, half, form.text("code"), address)
    except TooManyRequestsError as error:
        form.add_error("form", error.public)
        return await _ask(request, accounts, half, form, error.status)
    if methods is not None:
        return await _finish(request, accounts, half, methods)
    form.put("code", [])
    form.add_error("code", say("This code is not right, or was used already. Wait for the next one."))
    if await _find_half(request, accounts) is None:
        return _begin_anew(accounts, half.return_to)
    return await _ask(request, accounts, half, form, 400)


@post("/account/sign-in/second-passkey", status_code=200)
async def submit_second_passkey(request: AnyRequest, accounts: Collaborators) -> Template | Redirect:
    form, half = await read_form(request), await _find_half(request, accounts)
    if half is None:
        return _begin_anew(accounts)
    challenge = read_challenge(request, accounts, _name_purpose(half))
    try:
        methods = await second_step.prove_by_passkey(accounts, half, form.raw("credential"), challenge)
    except (PasskeyError, TooManyRequestsError) as error:
        form.add_error("form", error.public)
        status = error.status if isinstance(error, TooManyRequestsError) else 400
        return await _ask(request, accounts, half, form, status)
    return drop(accounts, await _finish(request, accounts, half, methods))


async def _finish(request: AnyRequest, accounts: Accounts, half: HalfLogin, methods: Methods) -> Redirect:
    previous = await service.find_login(accounts, accounts.cookies.read(request, "session"))
    entry = await second_step.finish(accounts, half, methods, previous, read_device(request, accounts))
    if entry is None:
        return _begin_anew(accounts, half.return_to)
    return_to = await reopen(accounts, half.person, half.return_to)
    answer = redirect_to(await find_way_on(accounts, entry, return_to))
    answer.cookies.append(remember_browser(request, accounts, half.person.email))
    answer.cookies.append(accounts.cookies.create("session", entry.cookie.render()))
    answer.cookies.append(accounts.cookies.expire(HALF_COOKIE))
    return answer


@get(STEP_UP_PATH)
async def begin_step_up(request: AnyRequest, login: SignedIn, accounts: Collaborators) -> Redirect:
    """For who is signed in by less than what she goes on to asks for: the second step alone, or setting one up."""
    return_to = read_return_to(request.query_params.get("return_to"))
    if is_enough(login.methods, AuthenticationClass.SEVERAL):
        return redirect_to(return_to)
    return await strengthen(accounts, login, return_to)


HANDLERS = (
    submit_passkey_sign_in,
    show_second_step,
    submit_code,
    submit_second_passkey,
    begin_step_up,
)
