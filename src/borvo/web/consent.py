"""The page that asks a person for consent: one and the same where she answers it and where developers preview it."""

from dataclasses import dataclass
from typing import Protocol

from borvo.catalogue.scopes import REQUIRED_SCOPES, ConsentLine, list_consent_lines

CONSENT_PAGE = "consent.html"
"""The template. Besides `asked`, an `AskedConsent`, it takes the `viewer`."""


class NamedApp(Protocol):
    """Who asks; `client_uri` may be empty."""

    @property
    def display_name(self) -> str: ...

    @property
    def client_uri(self) -> str: ...


class PresentedApp(Protocol):
    """What an app says of itself. `logo` is the name of a picture under `/portal/logos`; all may be empty."""

    @property
    def description(self) -> str: ...

    @property
    def tos_uri(self) -> str: ...

    @property
    def policy_uri(self) -> str: ...

    @property
    def logo(self) -> str: ...


@dataclass(frozen=True, slots=True)
class AskedConsent:
    """All that the page says besides who is signed in. Without `request_id` it is a preview: nothing waits for an
    answer, and its buttons do nothing."""

    client: NamedApp
    presentation: PresentedApp
    scopes: tuple[str, ...]
    declined: frozenset[str] = frozenset()
    request_id: str = ""
    required: frozenset[str] = REQUIRED_SCOPES

    @property
    def lines(self) -> list[ConsentLine]:
        return list_consent_lines(self.scopes)

    @property
    def is_choice(self) -> bool:
        """Whether there is anything that she may leave out."""
        return not self.required.issuperset(self.scopes)
