"""The language of a page: that of who reads it."""

from dataclasses import dataclass
from typing import Any

from litestar import Request

from borvo.languages.choice import choose_language, read_accepted, read_tags
from borvo.languages.language import Language
from borvo.web.cookies import CookiePolicy
from borvo.web.requests import find_header

COOKIE = "language"
YEAR = 31_536_000
_LOCALE = "borvo_locale"


@dataclass(frozen=True, slots=True)
class LanguageChoice:
    """What the application keeps under `languages` in its state."""

    cookies: CookiePolicy
    default: str


def note_locale(request: Request[Any, Any, Any], locale: str) -> None:
    """What the person who is signed in wants, as she told us; empty when she did not."""
    request.scope[_LOCALE] = locale  # type: ignore[literal-required]


def choose_for(request: Request[Any, Any, Any], ui_locales: str = "") -> Language:
    """By what is known of the reader, the surest first: what the person who is signed in told us, what the app wants
    for her that sent her (`ui_locales`), what was chosen in this browser, what the browser asks for, the default."""
    choice: LanguageChoice = request.app.state.languages
    wishes = [
        str(request.scope.get(_LOCALE, "")),
        *read_tags(ui_locales),
        choice.cookies.read(request, COOKIE) or "",
        *read_accepted(find_header(request.scope, b"accept-language")),
    ]
    return choose_language(wishes, choice.default)
