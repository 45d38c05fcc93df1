"""What a provider has to offer so that the modules can be run against it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.conformance.browser import Browser, Page

# OpenID Connect Core 5.4, as far as a person may tell it.
SCOPE_CLAIMS: dict[str, frozenset[str]] = {
    "profile": frozenset(
        {
            "name",
            "given_name",
            "family_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile",
            "picture",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "updated_at",
        }
    ),
    "email": frozenset({"email", "email_verified"}),
    "address": frozenset({"address"}),
    "phone": frozenset({"phone_number", "phone_number_verified"}),
}

EMAIL = "ada@example.org"
PASSWORD = "correct horse pony"
CLAIMS: dict[str, Any] = {
    "name": "Ada Byron",
    "given_name": "Ada",
    "family_name": "Byron",
    "middle_name": "Augusta",
    "nickname": "Countess",
    "preferred_username": "ada",
    "profile": "https://ada.example.org/about",
    "picture": "https://ada.example.org/ada.png",
    "website": "https://ada.example.org/",
    "gender": "female",
    "birthdate": "1815-12-10",
    "zoneinfo": "Europe/London",
    "locale": "en-GB",
    "email": EMAIL,
    "email_verified": False,
    "phone_number": "+442071234567",
    "phone_number_verified": False,
}
"""What the person tells, at every provider. Her address and the time of the last change are each provider's own."""


@dataclass(frozen=True)
class Metadata:
    """What a client is registered with, under the names of OpenID Connect Registration 2 and its fellows."""

    response_type: str
    redirect_uris: tuple[str, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Client:
    """A registered client. `registration` is the whole answer when it registered itself."""

    id: str
    secret: str
    redirect_uris: tuple[str, ...]
    auth_method: str = "client_secret_basic"
    registration: Mapping[str, Any] = field(default_factory=dict)


class NotServedError(Exception):
    """The provider says by itself, by its discovery document, that it does not have what the module is about."""


class Provider(Protocol):
    """One that runs, with one person in it whose claims are `CLAIMS`."""

    name: str
    issuer: str
    initial_access_token: str

    async def register(self, metadata: Metadata) -> Client:
        """Whoever runs the provider registers a client, by whatever way there is."""

    async def answer(self, browser: Browser, page: Page) -> tuple[str, Page] | None:
        """Does what a person would who agrees to everything: what was asked (`sign-in`, `consent`, `sign-out` or
        `continue` for a page that posts itself), and the next page. None for a page that asks for nothing."""

    async def advance(self, seconds: int) -> None:
        """Lets time pass for it."""

    async def rotate_keys(self) -> None:
        """From now on it signs by another key."""

    def now(self) -> float:
        """Its time in seconds."""
