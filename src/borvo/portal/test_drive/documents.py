"""Reads the pages that Borvo shows a person, as a browser without scripts does: pure."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

from borvo.portal.test_drive.model import Fields

_TELLING = frozenset({"h1", "p"})


@dataclass(slots=True)
class PageForm:
    """A form with what a browser would submit when nothing is touched."""

    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)

    @property
    def values(self) -> Fields:
        return tuple(self.fields)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self.words: list[str] = []
        self._is_main = False
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "main":
            self._is_main = True
        elif tag in _TELLING and self._is_main:
            self._depth += 1
            self.words.append("")
        elif tag == "form":
            self.forms.append(PageForm(values.get("action", "")))
        elif tag == "input" and self.forms:
            self._read_input(values)

    def _read_input(self, values: dict[str, str]) -> None:
        is_left_out = values.get("type") in {"checkbox", "radio"} and "checked" not in values
        if values.get("name") and not is_left_out:
            self.forms[-1].fields.append((values["name"], values.get("value", "on")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "main":
            self._is_main = False
        elif tag in _TELLING and self._depth:
            self._depth -= 1

    def handle_data(self, data: str) -> None:
        if self._depth and self._is_main:
            self.words[-1] += data


def _read(page: str) -> _Reader:
    reader = _Reader()
    reader.feed(page)
    return reader


def find_form(page: str, action: str) -> PageForm | None:
    """The first form that goes to exactly that address."""
    return next((form for form in _read(page).forms if form.action == action), None)


def read_words(page: str) -> str:
    """Headline and paragraphs of the page, one a line."""
    lines = (" ".join(words.split()) for words in _read(page).words)
    return "\n".join(line for line in lines if line)
