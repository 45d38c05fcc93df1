"""How handlers of any feature learn who is signed in, and send those who are not to the sign-in page."""

from typing import Any
from urllib.parse import urlencode

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from litestar.response import Redirect

from borvo.accounts.model import Login
from borvo.accounts.service import Accounts, find_login
from borvo.web.languages import note_locale
from borvo.web.pages import redirect_to

STEP_UP_PATH = "/account/step-up"
FACTORS_PATH = "/account/factors"

AnyRequest = Request[Any, Any, Any]
Viewer = NamedDependency[SkipValidation[Login | None]]
"""Who looks at the page, or nobody."""
SignedIn = NamedDependency[SkipValidation[Login]]
"""Who is signed in; others are sent to the sign-in page."""
Collaborators = NamedDependency[SkipValidation[Accounts]]


class SignInNeededError(Exception):
    """The page is for people who are signed in; the answer is a redirect to the sign-in page and back."""

    def __init__(self, return_to: str, *, login_hint: str = "", notice: str = "") -> None:
        super().__init__(return_to)
        self.location = build_sign_in_url(return_to, login_hint=login_hint, notice=notice)


class FactorNeededError(SignInNeededError):
    """She is signed in, and a role of hers asks for a second factor; the answer leads there and back."""

    def __init__(self, return_to: str) -> None:
        super().__init__(return_to)
        self.location = build_step_up_url(return_to)


def build_sign_in_url(return_to: str, *, login_hint: str = "", notice: str = "") -> str:
    """`notice` names a sentence of the page."""
    given = {"login_hint": login_hint, "notice": notice}
    return "/account/sign-in?" + urlencode({"return_to": return_to, **{k: v for k, v in given.items() if v}})


def build_step_up_url(return_to: str) -> str:
    """Where somebody who is signed in proves a second factor, or sets one up, and comes back."""
    return f"{STEP_UP_PATH}?{urlencode({'return_to': return_to})}"


async def _find(request: AnyRequest, accounts: Accounts) -> Login | None:
    """With her language kept for the page that answers, whichever it will be."""
    login = await find_login(accounts, accounts.cookies.read(request, "session"))
    if login is not None:
        note_locale(request, login.person.locale)
    return login


async def provide_viewer(request: AnyRequest, accounts: Collaborators) -> Login | None:
    """Who looks at the page, if anybody is signed in."""
    return await _find(request, accounts)


async def provide_login(request: AnyRequest, accounts: Collaborators) -> Login:
    """Who is signed in; raises `SignInNeededError`. A form submitted too late leads back to its page."""
    login = await _find(request, accounts)
    text = request.scope["query_string"].decode("ascii", "ignore") if request.method == "GET" else ""
    path = request.scope["path"]
    return_to = path + (f"?{text}" if text else "")
    if login is None:
        raise SignInNeededError(return_to)
    if login.owes_factor and not _is_own_page(path):
        raise FactorNeededError(return_to)
    return login


def _is_own_page(path: str) -> bool:
    """Whether it is of the person's own account, where no role opens anything and no device gets tokens."""
    return path == "/account" or (path.startswith("/account/") and not path.startswith("/account/device"))


def answer_sign_in_needed(_: AnyRequest, error: SignInNeededError) -> Redirect:
    return redirect_to(error.location)
