"""Text for people: written in English where it arises, said in the reader's language where it is shown."""

from collections.abc import Callable
from typing import Any


class Text(str):
    """The English text, and beside it what it was made of, so that it can still be said in another language.

    Whatever makes another string of it (an f-string, `+`, `strip`) leaves English alone: a whole is said as a whole.
    """

    __slots__ = ("_count", "_message", "_plural", "_values")
    _message: str
    _plural: str
    _count: int | None
    _values: dict[str, Any]

    def retell(self, gettext: Callable[[str], str], ngettext: Callable[[str, str, int], str]) -> str:
        """The same by another catalogue. Texts within it are told by it as well."""
        values = {
            name: value.retell(gettext, ngettext) if isinstance(value, Text) else value
            for name, value in self._values.items()
        }
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
