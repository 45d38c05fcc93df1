"""The page on which a person manages what she can prove beside her password."""

from typing import Any

from litestar import get, post
from litestar.response import Redirect, Template

from borvo.accounts.factors import service
from borvo.accounts.factors.challenge_cookie import drop, find_challenge, plant, read_challenge
from borvo.accounts.factors.model import check_passkey_name
from borvo.accounts.factors.passkeys import PasskeyError, describe_registration
from borvo.accounts.factors.totp import parse_code
from borvo.accounts.forms import read_return_to
from borvo.accounts.model import Login, SessionCookie
from borvo.accounts.recency import require_recent
from borvo.accounts.service import Accounts
from borvo.accounts.signing_in import FACTORS_PATH as PATH
from borvo.accounts.signing_in import AnyRequest, Collaborators, SignedIn
from borvo.kernel.entropy import decode_bytes
from borvo.kernel.text import say
from borvo.web.forms import Form, read_form
from borvo.web.pages import redirect_to, render_page

APP_PATH = f"{PATH}/app"
PASSKEYS_PATH = f"{PATH}/passkeys"
CODES_PATH = f"{PATH}/codes"


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
        is_required=not login.person.roles.isdisjoint(accounts.factor_roles),
        **context,
    )


@get(PATH)
async def show_factors(request: AnyRequest, login: SignedIn, accounts: Collaborators) -> Template:
    asked = request.query_params
    return_to = asked.get("return_to", "")
    return await _render(
        accounts,
        login,
        "factors",
        Form(),
        notice=asked.get("notice", ""),
        go_on=read_return_to(return_to) if return_to else "",
    )


@post(f"{APP_PATH}/begin", status_code=303)
async def begin_app(login: SignedIn, accounts: Collaborators) -> Redirect:
    await require_recent(accounts, login, PATH)
    await service.begin_app(accounts, login.person)
    return redirect_to(APP_PATH)


@get(APP_PATH)
async def show_app(login: SignedIn, accounts: Collaborators) -> Template | Redirect:
    await require_recent(accounts, login, PATH)
    return await _ask_code(accounts, login, Form())


async def _ask_code(accounts: Accounts, login: Login, form: Form, status: int = 200) -> Template | Redirect:
    setup = await service.find_setup(accounts, login.person)
    if setup is None:
        return redirect_to(PATH)
    return await _render(accounts, login, "app_setup", form, status, setup=setup)


@post(APP_PATH, status_code=200)
async def submit_app(request: AnyRequest, login: SignedIn, accounts: Collaborators) -> Template | Redirect:
    await require_recent(accounts, login, PATH)
    form = await read_form(request)
    code = parse_code(form.text("code"))
    cookie = await service.confirm_app(accounts, login, code) if code is not None else None
    if cookie is not None:
        return _finish(accounts, cookie, "app-added")
    form.put("code", [])
    form.add_error(
        "code", say("This is not the code that the app shows now. Is the clock of your phone right?")
    )
    return await _ask_code(accounts, login, form, 400)


def _finish(accounts: Accounts, cookie: SessionCookie, notice: str) -> Redirect:
    answer = redirect_to(f"{PATH}?notice={notice}")
    answer.cookies.append(accounts.cookies.create("session", cookie.render()))
    return answer


@post(f"{APP_PATH}/remove", status_code=303)
async def remove_app(login: SignedIn, accounts: Collaborators) -> Redirect:
    await require_recent(accounts, login, PATH)
    await service.remove_app(accounts, login)
    return redirect_to(f"{PATH}?notice=removed")


@get(PASSKEYS_PATH)
async def show_new_passkey(request: AnyRequest, login: SignedIn, accounts: Collaborators) -> Template:
    await require_recent(accounts, login, PATH)
    return await _offer_passkey(request, login, accounts, Form())


async def _offer_passkey(
    request: AnyRequest, login: Login, accounts: Accounts, form: Form, status: int = 200
) -> Template:
    challenge = find_challenge(request, accounts, _name_purpose(login))
    present = (await service.find_factors(accounts, login.person.id)).passkeys
    options = describe_registration(accounts, login.person, challenge, present)
    page = await _render(accounts, login, "new_passkey", form, status, options=options)
    return plant(accounts, page, challenge)


@post(PASSKEYS_PATH, status_code=200)
async def submit_passkey(
    request: AnyRequest, login: SignedIn, accounts: Collaborators
) -> Template | Redirect:
    await require_recent(accounts, login, PATH)
    form = await read_form(request)
    name, challenge = form.text("name"), read_challenge(request, accounts, _name_purpose(login))
    if fault := check_passkey_name(name):
        form.add_error("name", fault)
        return await _offer_passkey(request, login, accounts, form, 400)
    try:
        cookie = await service.add_passkey(accounts, login, name, form.raw("credential"), challenge)
    except PasskeyError as error:
        form.add_error("form", error.public)
        return await _offer_passkey(request, login, accounts, form, 400)
    return drop(accounts, _finish(accounts, cookie, "passkey-added"))


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
