"""The door of the support console: every handler of it takes a `supporter`."""

from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

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
from borvo.kernel.errors import ForbiddenError, NotFoundError
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


class Deed(Protocol):
    """What may ask for a sign-in just before."""

    @property
    def is_grave(self) -> bool: ...

    @property
    def is_delicate(self) -> bool: ...


Chosen = TypeVar("Chosen", bound=Deed)


def find_deed(deeds: Mapping[str, Chosen], name: str) -> Chosen:
    """Raises `NotFoundError`."""
    if name not in deeds:
        raise NotFoundError(say("There is no such page."))
    return deeds[name]


async def check_recent(accounts: Accounts, supporter: Login, deed: Deed, address: str) -> None:
    """Raises `FreshSignInNeededError`, which leads back to the address, for a grave or delicate deed."""
    if deed.is_grave or deed.is_delicate:
        await require_recent(accounts, supporter, address)


def intervene(supporter: Login, reason: str) -> Intervention:
    """Raises `InvalidInputError` beside `reason` for one that says nothing."""
    return Intervention(require_reason(reason), supporter.person.id)
