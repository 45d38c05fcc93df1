"""The page on which a person manages what she can prove beside her password."""

from typing import Any
from urllib.parse import urlencode

from litestar import get, post
from litestar.response import Redirect, Template

from borvo.accounts.factors import service
from borvo.accounts.factors.challenge_cookie import drop, find_challenge, plant, read_challenge
from borvo.accounts.factors.mailbox_proof import require_mailbox
from borvo.accounts.factors.model import check_passkey_name
from borvo.accounts.factors.passkeys import PasskeyError, describe_registration
from borvo.accounts.factors.totp import parse_code
from borvo.accounts.forms import read_way_on
from borvo.accounts.model import Login, SessionCookie
from borvo.accounts.recency import require_recent
from borvo.accounts.service import Accounts, must_have_factor
from borvo.accounts.signing_in import FACTORS_PATH as PATH
from borvo.accounts.signing_in import AnyRequest, Collaborators, SignedIn
from borvo.kernel.entropy import decode_bytes
from borvo.kernel.text import say
from borvo.web.forms import Form, read_form
from borvo.web.pages import redirect_to, render_page

APP_PATH = f"{PATH}/app"
PASSKEYS_PATH = f"{PATH}/passkeys"
CODES_PATH = f"{PATH}/codes"


def carry(path: str, return_to: str, **given: str) -> str:
    """With where she goes on to when all is set up."""
    text = urlencode({**given, **({"return_to": return_to} if return_to else {})})
    return path + (f"?{text}" if text else "")


def _read_way_on(request: AnyRequest) -> str:
    return read_way_on(request.query_params.get("return_to"))


async def _require(accounts: Accounts, login: Login, then: str, return_to: str) -> None:
    """Before anything is added."""
    await require_recent(accounts, login, carry(PATH, return_to))
    await require_mailbox(accounts, login, then, return_to)


def _name_purpose(login: Login) -> str:
    return f"enrol {login.session_id}"


async def _render(
    accounts: Accounts, login: Login, name: str, form: Form, status: int = 200, **context: Any
) -> Template:
    return render_page(
        f"accounts/{name}.html",
        status=status,
        viewer=login,
        form=form,
        factors=await service.find_factors(accounts, login.person.id),
        is_required=must_have_factor(accounts, login),
        **context,
    )


@get(PATH)
async def show_factors(request: AnyRequest, login: SignedIn, accounts: Collaborators) -> Template:
    return await _render(
        accounts,
        login,
        "factors",
        Form(),
        notice=request.query_params.get("notice", ""),
        go_on=_read_way_on(request),
    )


@post(f"{APP_PATH}/begin", status_code=303)
async def begin_app(request: AnyRequest, login: SignedIn, accounts: Collaborators) -> Redirect:
    return_to = read_way_on((await read_form(request)).text("return_to"))
    await _require(accounts, login, "app", return_to)
    await service.begin_app(accounts, login.person)
    return redirect_to(carry(APP_PATH, return_to))


@get(APP_PATH)
async def show_app(request: AnyRequest, login: SignedIn, accounts: Collaborators) -> Template | Redirect:
    return_to = _read_way_on(request)
    await _require(accounts, login, "app", return_to)
    return await _ask_code(accounts, login, Form(), return_to)


async def _ask_code(
    accounts: Accounts, login: Login, form: Form, return_to: str, status: int = 200
) -> Template | Redirect:
    setup = await service.find_setup(accounts, login.person)
    if setup is None:
        return redirect_to(carry(PATH, return_to))
    return await _render(accounts, login, "app_setup", form, status, setup=setup, return_to=return_to)


@post(APP_PATH, status_code=200)
async def submit_app(request: AnyRequest, login: SignedIn, accounts: Collaborators) -> Template | Redirect:
    form = await read_form(request)
    return_to = read_way_on(form.text("return_to"))
    await _require(accounts, login, "app", return_to)
    code = parse_code(form.text("code"))
    cookie = await service.confirm_app(accounts, login, code) if code is not None else None
    if cookie is not None:
        return _finish(accounts, cookie, "app-added", return_to)
    form.put("code", [])
    form.add_error(
        "code", say("This is not the code that the app shows now. Is the clock of your phone right?")
    )
    return await _ask_code(accounts, login, form, return_to, 400)


def _finish(accounts: Accounts, cookie: SessionCookie, notice: str, return_to: str) -> Redirect:
    answer = redirect_to(carry(PATH, return_to, notice=notice))
    answer.cookies.append(accounts.cookies.create("session", cookie.render()))
    return answer


@post(f"{APP_PATH}/remove", status_code=303)
async def remove_app(login: SignedIn, accounts: Collaborators) -> Redirect:
    await require_recent(accounts, login, PATH)
    await service.remove_app(accounts, login)
    return redirect_to(f"{PATH}?notice=removed")


@get(PASSKEYS_PATH)
async def show_new_passkey(request: AnyRequest, login: SignedIn, accounts: Collaborators) -> Template:
    return_to = _read_way_on(request)
    await _require(accounts, login, "passkeys", return_to)
    return await _offer_passkey(request, login, accounts, Form(), return_to)


async def _offer_passkey(
    request: AnyRequest, login: Login, accounts: Accounts, form: Form, return_to: str, status: int = 200
) -> Template:
    challenge = find_challenge(request, accounts, _name_purpose(login))
    present = (await service.find_factors(accounts, login.person.id)).passkeys
    options = describe_registration(accounts, login.person, challenge, present)
    page = await _render(accounts, login, "new_passkey", form, status, options=options, return_to=return_to)
    return plant(accounts, page, challenge)


@post(PASSKEYS_PATH, status_code=200)
async def submit_passkey(
    request: AnyRequest, login: SignedIn, accounts: Collaborators
) -> Template | Redirect:
    form = await read_form(request)
    return_to = read_way_on(form.text("return_to"))
    await _require(accounts, login, "passkeys", return_to)
    name, challenge = form.text("name"), read_challenge(request, accounts, _name_purpose(login))
    if fault := check_passkey_name(name):
        form.add_error("name", fault)
        return await _offer_passkey(request, login, accounts, form, return_to, 400)
    try:
        cookie = await service.add_passkey(accounts, login, name, form.raw("credential"), challenge)
    except PasskeyError as error:
        form.add_error("form", error.public)
        return await _offer_passkey(request, login, accounts, form, return_to, 400)
    return drop(accounts, _finish(accounts, cookie, "passkey-added", return_to))


@post(f"{PASSKEYS_PATH}/remove", status_code=303)
async def remove_passkey(request: AnyRequest, login: SignedIn, accounts: Collaborators) -> Redirect:
    await require_recent(accounts, login, PATH)
    credential_id = decode_bytes((await read_form(request)).text("credential"))
    # Gone already, or never there: what was wanted is so.
    await service.remove_passkey(accounts, login, credential_id or b"")
    return redirect_to(f"{PATH}?notice=removed")


@post(CODES_PATH, status_code=200)
async def make_codes(login: SignedIn, accounts: Collaborators) -> Template | Redirect:
    await require_recent(accounts, login, PATH)
    codes = await service.make_codes(accounts, login.person)
    if not codes:
        return redirect_to(PATH)
    return await _render(accounts, login, "recovery_codes", Form(), codes=codes)


@get(CODES_PATH)
async def leave_codes(login: SignedIn) -> Redirect:  # noqa: ARG001  (who is not signed in is sent to sign in)
    """Codes are shown once: a page loaded again leads back."""
    return redirect_to(PATH)


HANDLERS = (
    show_factors,
    begin_app,
    show_app,
    submit_app,
    remove_app,
    show_new_passkey,
    submit_passkey,
    remove_passkey,
    make_codes,
    leave_codes,
)
