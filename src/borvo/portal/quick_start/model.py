"""A program that a client may begin with, as a value."""

from dataclasses import dataclass
from enum import StrEnum

from borvo.portal.quick_start.literals import Language


class Ground(StrEnum):
    """Where the program runs. A terminal is whatever the developer wants it to be."""

    SERVER = "server"
    BROWSER = "browser"
    PHONE = "phone"
    TERMINAL = "terminal"


class Flow(StrEnum):
    """How the program gets its tokens."""

    SIGN_IN = "sign-in"
    SERVICE = "service"
    DEVICE = "device"
    IMPLICIT = "implicit"
    """Legacy: for clients that have nothing better to sign people in with."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """One program. Its template is `snippets/<name>.jinja`; `file` is what to save it as; `install` and `run` are
    commands, empty where an editor does it; `{port}` in them is the callback URL's."""

    name: str
    title: str
    language: Language
    ground: Ground
    flow: Flow
    file: str
    install: str = ""
    run: str = ""
    signs: bool = False
    """With a key, by which the client proves who it is; for others no such program does."""

    @property
    def takes_secret(self) -> bool:
        """Whether a client that has a secret needs it here. No request of an implicit one goes to a place that asks."""
        return self.flow is not Flow.IMPLICIT and not self.signs
