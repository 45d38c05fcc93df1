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

AnyRequest = Request[Any, Any, Any]
Viewer = NamedDependency[SkipValidation[Login | None]]
"""Who looks at the page, or nobody."""
SignedIn = NamedDependency[SkipValidation[Login]]
"""Who is signed in; others are sent to the sign-in page."""
Collaborators = NamedDependency[SkipValidation[Accounts]]


class SignInNeededError(Exception):
    """The page is for people who are signed in; the answer is a redirect to the sign-in page and back."""

    def __init__(self, return_to: str) -> None:
        super().__init__(return_to)
        self.return_to = return_to


def build_sign_in_url(return_to: str, *, login_hint: str = "") -> str:
    hint = {"login_hint": login_hint} if login_hint else {}
    return "/account/sign-in?" + urlencode({"return_to": return_to, **hint})


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
    if login is None:
        text = request.scope["query_string"].decode("ascii", "ignore") if request.method == "GET" else ""
        raise SignInNeededError(request.scope["path"] + (f"?{text}" if text else ""))
    return login


def answer_sign_in_needed(_: AnyRequest, error: SignInNeededError) -> Redirect:
    return redirect_to(build_sign_in_url(error.return_to))
