"""Text for people: written in English where it arises, said in the reader's language where it is shown."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Day:
    """A day within a text, which each language writes in its own way."""

    at: date

    def __str__(self) -> str:
        return f"{self.at:%-d %B %Y}"


@dataclass(frozen=True, slots=True)
class Instant:
    """A minute within a text, in UTC."""

    at: datetime

    def __str__(self) -> str:
        return f"{self.at:%-d %B %Y, %H:%M} UTC"


@dataclass(frozen=True, slots=True)
class Number:
    """A number within a text, with each language's marks between its digits."""

    number: int

    def __str__(self) -> str:
        return f"{self.number:,}"


@dataclass(frozen=True, slots=True)
class Opening:
    """A text that begins a sentence within another."""

    text: str

    def __str__(self) -> str:
        return open_sentence(self.text)


def open_sentence(text: str) -> str:
    """With a capital at its beginning; of a `Text` English alone is left."""
    return f"{text[:1].upper()}{text[1:]}"


class Text(str):
    """The English text, and beside it what it was made of, so that it can still be said in another language.

    Whatever makes another string of it (an f-string, `+`, `strip`) leaves English alone: a whole is said as a whole.
    """

    __slots__ = ("_count", "_message", "_plural", "_values")
    _message: str
    _plural: str
    _count: int | None
    _values: dict[str, Any]

    def retell(
        self,
        gettext: Callable[[str], str],
        ngettext: Callable[[str, str, int], str],
        show: Callable[[Any], Any],
    ) -> str:
        """The same by another catalogue; `show` says each of the values."""
        values = {name: show(value) for name, value in self._values.items()}
        if self._count is None:
            return gettext(self._message) % values
        return ngettext(self._message, self._plural, self._count) % values


def _make(english: str, message: str, plural: str, count: int | None, values: dict[str, Any]) -> Text:
    text = Text(english)
    text._message, text._plural, text._count, text._values = message, plural, count, values  # noqa: SLF001
    return text


def say(message: str, /, **values: Any) -> Text:
    """A text that the catalogues know under `message`. Its placeholders are written `%(name)s`, a percent sign `%%`."""
    return _make(message % values, message, "", None, values)


def mark(message: str) -> str:
    """The message itself, which the catalogues shall know: for tables of texts that are said later, with values."""
    return message


def say_count(singular: str, plural: str, count: int, /, **values: Any) -> Text:
    """As `say` for one or for many: `%(count)s` in the texts is the number."""
    values = {"count": count, **values}
    return _make((singular if count == 1 else plural) % values, singular, plural, count, values)


def gather(texts: Iterable[str], separator: str = ", ") -> Text:
    """One text of several that stand for themselves: an enumeration, the lines of a list."""
    values = {f"text_{number}": text for number, text in enumerate(texts)}
    message = separator.replace("%", "%%").join(f"%({name})s" for name in values)
    return _make(message % values, message, "", None, values)
