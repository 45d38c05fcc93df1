"""A language in which every text stands in brackets, and what of a page stands outside of them."""

import re
from gettext import NullTranslations
from html.parser import HTMLParser

import pytest
from babel import Locale

from borvo.languages.language import Language
from borvo.web import languages

_WORD = re.compile(r"[^\W\d_]{2,}")
_READ_ATTRIBUTES = {"aria-label", "alt", "placeholder", "title", "data-label"}
_VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
# What is no prose. An element that says in which language it is, speaks for itself.
_CODE = {"code", "pre", "script", "style", "textarea", "time"}
_OPEN, _CLOSE = "\u27e6", "\u27e7"


class _Marking(NullTranslations):
    def gettext(self, message: str) -> str:
        return f"{_OPEN}{message}{_CLOSE}"

    def ngettext(self, singular: str, plural: str, count: int) -> str:
        return f"{_OPEN}{singular if count == 1 else plural}{_CLOSE}"


def mark_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on every page is in the language of brackets, for everybody."""
    marked = Language("fr", Locale("fr"), _Marking())
    monkeypatch.setattr(languages, "choose_language", lambda *_: marked)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.outside: list[str] = []
        self._skipped: list[bool] = []
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        is_skipped = tag in _CODE or ("lang" in values and tag != "html")
        if tag not in _VOID:
            self._skipped.append(is_skipped or (bool(self._skipped) and self._skipped[-1]))
        if not is_skipped:
            read = [value or "" for name, value in attrs if name in _READ_ATTRIBUTES]
            self.outside += [text for text in read if not text.startswith(_OPEN)]

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID and self._skipped:
            self._skipped.pop()

    def handle_data(self, data: str) -> None:
        outside = ""
        for part in re.split(f"([{_OPEN}{_CLOSE}])", data):
            self._depth += {_OPEN: 1, _CLOSE: -1}.get(part, 0)
            outside += part if self._depth == 0 and part not in {_OPEN, _CLOSE} else " "
        if not (self._skipped and self._skipped[-1]):
            self.outside.append(outside)


def list_unspoken(page: str) -> list[str]:
    """The texts of a marked page that no catalogue holds, names among them."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    texts = [" ".join(text.split()) for text in reader.outside]
    return [text for text in texts if _WORD.search(text)]
