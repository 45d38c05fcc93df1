"""A language that pages and mails can be in."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from gettext import NullTranslations
from typing import Any

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_decimal
from babel.units import format_unit

from borvo.kernel.text import Day, Instant, Number, Opening, Text, open_sentence

_SIZES = (
    (10**9, "digital-gigabyte"),
    (10**6, "digital-megabyte"),
    (10**3, "digital-kilobyte"),
    (1, "digital-byte"),
)


@cache
def _name(tag: str) -> str:
    own = Locale.parse(tag).get_display_name() or tag
    return own[:1].upper() + own[1:]


@dataclass(frozen=True, slots=True)
class Language:
    """`tag` names the catalogue, as HTML's `lang` does; `locale` may be of a region, and governs dates and numbers."""

    tag: str
    locale: Locale
    catalogue: NullTranslations

    @property
    def name(self) -> str:
        """In the language itself."""
        return _name(self.tag)

    def say(self, text: str) -> str:
        """A plain string. What is no `Text` stays as it is: names, addresses, what people typed."""
        if isinstance(text, Text):
            return text.retell(self.catalogue.gettext, self.catalogue.ngettext, self.show)
        return str(text)

    def show(self, value: Any) -> Any:
        """What stands for a value on a page or in a text: texts and dates as the language has them."""
        match value:
            case Text():
                return self.say(value)
            case Day(at):
                return self.day(at)
            case Instant(at):
                return self.instant(at)
            case Number(number):
                return self.number(number)
            case Opening(text):
                return open_sentence(self.say(text))
            case _:
                return value

    def day(self, at: date) -> str:
        return format_date(at, format="long", locale=self.locale)

    def short_day(self, at: date) -> str:
        """Without the year, as short as it goes: for charts and tables of days."""
        return format_skeleton("MMMd", at, locale=self.locale)

    def instant(self, at: datetime) -> str:
        """To the minute, in UTC, which it says."""
        return f"{self.day(at)}, {format_time(at, format='short', locale=self.locale)} UTC"

    def number(self, number: float) -> str:
        return format_decimal(number, locale=self.locale)

    def size(self, count: int) -> str:
        """Of a file of so many bytes."""
        step, unit = next((each for each in _SIZES if count >= each[0]), _SIZES[-1])
        return format_unit(round(count / step, 1), unit, "short", locale=self.locale)
