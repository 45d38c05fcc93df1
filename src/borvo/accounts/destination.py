"""Where a person goes on to who signs in."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a person goes on to after signing in: a client's name for the page, its origin for the CSP, and the
    languages that it wants for her, parted by spaces."""

    client_name: str
    origin: str
    ui_locales: str = ""


DescribeReturn = Callable[[str], Awaitable[Destination | None]]
