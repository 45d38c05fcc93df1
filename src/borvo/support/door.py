"""The door of the support console: every handler of it takes a `supporter`."""

from typing import Any, Protocol

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from borvo.accounts.public import (
    Accounts,
    AuthenticationClass,
    FactorNeededError,
    Intervention,
    Login,
    SignedIn,
    is_enough,
    require_recent,
)
from borvo.kernel.errors import ForbiddenError
from borvo.kernel.text import say
from borvo.support.lookup import require_reason

Collaborators = NamedDependency[SkipValidation[Accounts]]
AnyRequest = Request[Any, Any, Any]
Supporting = NamedDependency[SkipValidation[Login]]
"""Who works in the console: has the role, and has signed in with a second factor."""
HOME = "/support"


async def provide_supporter(request: AnyRequest, login: SignedIn) -> Login:
    """Raises `ForbiddenError` for who is not support, and `FactorNeededError` for who has not proved a second factor,
    whatever the instance asks of other roles."""
    if not login.person.is_supporter:
        raise ForbiddenError(say("This page is for the support team."))
    if not is_enough(login.methods, AuthenticationClass.SEVERAL):
        raise FactorNeededError(request.scope["path"] if request.method == "GET" else HOME)
    return login


class Delicate(Protocol):
    """A deed that may ask for a sign-in just before."""

    @property
    def is_delicate(self) -> bool: ...


async def check_recent(accounts: Accounts, supporter: Login, deed: Delicate | None, address: str) -> None:
    """Raises `FreshSignInNeededError`, which leads back to the address, for a delicate deed."""
    if deed is not None and deed.is_delicate:
        await require_recent(accounts, supporter, address)


def intervene(supporter: Login, reason: str) -> Intervention:
    """Raises `InvalidInputError` beside `reason` for one that says nothing."""
    return Intervention(require_reason(reason), supporter.person.id)
