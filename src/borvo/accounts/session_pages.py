"""The page of the devices on which a person is signed in."""

from litestar import get, post
from litestar.response import Redirect, Template

from borvo.accounts import service
from borvo.accounts.devices import describe_device
from borvo.accounts.service import Accounts
from borvo.accounts.signing_in import AnyRequest, Collaborators, SignedIn
from borvo.kernel.ids import LoginSessionId, parse_uuid
from borvo.web.forms import read_form
from borvo.web.pages import redirect_to, render_page

_PATH = "/account/sessions"


@get(_PATH)
async def show_sessions(request: AnyRequest, login: SignedIn, accounts: Collaborators) -> Template:
    sessions = await service.list_sessions(accounts, login.person.id)
    # This device first; the others stay in their order.
    sessions.sort(key=lambda each: each.id != login.session_id)
    return render_page(
        "accounts/sessions.html",
        viewer=login,
        sessions=[(each, describe_device(each.user_agent)) for each in sessions],
        notice=request.query_params.get("notice", ""),
    )


def _leave(accounts: Accounts) -> Redirect:
    answer = redirect_to("/")
    answer.cookies.append(accounts.cookies.expire("session"))
    return answer


@post(f"{_PATH}/end", status_code=303)
async def submit_end(request: AnyRequest, login: SignedIn, accounts: Collaborators) -> Redirect:
    named = parse_uuid((await read_form(request)).text("session"))
    if named is None:
        return redirect_to(_PATH)
    await service.end_session(accounts, login.person.id, LoginSessionId(named))
    # Over already, or never there: what was wanted is so.
    return _leave(accounts) if named == login.session_id else redirect_to(f"{_PATH}?notice=ended")


@post(f"{_PATH}/end-all", status_code=303)
async def submit_end_all(request: AnyRequest, login: SignedIn, accounts: Collaborators) -> Redirect:
    spare_this = (await read_form(request)).text("which") != "all"
    await service.sign_out_everywhere(accounts, login, spare_this=spare_this)
    return redirect_to(f"{_PATH}?notice=others-ended") if spare_this else _leave(accounts)
