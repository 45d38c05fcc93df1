"""Where a person goes on to who signs in."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from borvo.accounts.model import Login


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a person goes on to after signing in: a client's name for the page, its origin for the CSP, and the
    languages that it wants for her, parted by spaces."""

    client_name: str
    origin: str
    ui_locales: str = ""


DescribeReturn = Callable[[str], Awaitable[Destination | None]]
AnswerReturn = Callable[[Login, str], Awaitable[str | None]]
"""Answers at once what a person goes on to who has just signed in: where her browser is to go, instead. None, with
nothing done, where she is to be shown or asked something first."""
