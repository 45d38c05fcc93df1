"""What comes of an authorization request, for the pages."""

from dataclasses import dataclass
from enum import Enum, auto

from borvo.accounts.public import Destination
from borvo.identity.responses import AuthorizationResponse
from borvo.kernel.scopes import Scopes
from borvo.portal.public import ClientPresentation, RegisteredClient


@dataclass(frozen=True, slots=True)
class SignInNeeded:
    """The person must sign in first, at the address `page`, and goes on to the client by the address `return_to`. The
    hint is no longer than an address of mail can be."""

    page: str
    return_to: str
    login_hint: str
    destination: Destination


@dataclass(frozen=True, slots=True)
class StepUpNeeded:
    """The person is signed in by less than is asked for, and goes on by the address `return_to` when she has proved
    more."""

    return_to: str


@dataclass(frozen=True, slots=True)
class ConsentNeeded:
    """The person must be asked; the request waits under `request_id`."""

    request_id: str
    client: RegisteredClient
    scopes: Scopes
    form_target: str
    presentation: ClientPresentation
    declined: frozenset[str] = frozenset()
    ui_locales: str = ""


@dataclass(frozen=True, slots=True)
class AnswerLost:
    """The client was answered, and has not come for what it was promised. `uri` is where it can be found, or empty."""

    client: RegisteredClient
    uri: str


Outcome = SignInNeeded | StepUpNeeded | ConsentNeeded | AnswerLost | AuthorizationResponse


@dataclass(frozen=True, slots=True)
class Question:
    """What the person must be asked, and what of it she declined before."""

    scopes: Scopes
    declined: frozenset[str]


class Lack(Enum):
    """What the person must do before she may be asked anything."""

    SIGN_IN = auto()
    STEP_UP = auto()


Verdict = Lack | Question | AuthorizationResponse
"""An outcome before anything is kept or shown for it."""
