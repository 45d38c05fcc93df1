"""A language that pages and mails can be in."""

from dataclasses import dataclass
from datetime import date, datetime
from gettext import NullTranslations

from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_decimal

from borvo.kernel.text import Text


@dataclass(frozen=True, slots=True)
class Language:
    """`tag` names the catalogue, as HTML's `lang` does; `locale` may be of a region, and governs dates and numbers."""

    tag: str
    locale: Locale
    catalogue: NullTranslations

    @property
    def name(self) -> str:
        """In the language itself."""
        own = Locale.parse(self.tag).get_display_name() or self.tag
        return own[:1].upper() + own[1:]

    def say(self, text: str) -> str:
        """A plain string. What is no `Text` stays as it is: names, addresses, what people typed."""
        if isinstance(text, Text):
            return text.retell(self.catalogue.gettext, self.catalogue.ngettext)
        return str(text)

    def day(self, at: date) -> str:
        return format_date(at, format="long", locale=self.locale)

    def instant(self, at: datetime) -> str:
        """To the minute, in UTC, which it says."""
        return f"{self.day(at)}, {format_time(at, format='short', locale=self.locale)} UTC"

    def number(self, number: float) -> str:
        return format_decimal(number, locale=self.locale)
