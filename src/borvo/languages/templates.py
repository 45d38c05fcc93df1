"""What templates say in the reader's language: `{{ _("...") }}`, `{% trans %}`, and texts that code made."""

from datetime import date, datetime
from typing import Any

from jinja2 import BaseLoader, pass_context

from borvo.kernel.text import gather, open_sentence
from borvo.languages.generation import ReaderContext, ReaderEnvironment


@pass_context
def _gettext(context: ReaderContext, message: str, /, **values: Any) -> str:
    return context.fill(message, **values)


@pass_context
def _ngettext(context: ReaderContext, singular: str, plural: str, num: int, /, **values: Any) -> str:
    return context.fill_in(context.language.catalogue.ngettext(singular, plural, num), {"num": num, **values})


@pass_context
def _show(context: ReaderContext, value: Any) -> Any:
    """Every expression passes here on its way to where nothing is escaped; elsewhere `ReaderContext.write`."""
    return context.show(value)


@pass_context
def _day(context: ReaderContext, at: date) -> str:
    return context.language.day(at)


@pass_context
def _instant(context: ReaderContext, at: datetime) -> str:
    return context.language.instant(at)


@pass_context
def _number(context: ReaderContext, number: float) -> str:
    return context.language.number(number)


@pass_context
def _size(context: ReaderContext, count: int) -> str:
    return context.language.size(count)


@pass_context
def _opening(context: ReaderContext, text: str) -> str:
    return open_sentence(context.language.say(text))


def build_environment(loader: BaseLoader | None = None, *, autoescape: bool = True) -> ReaderEnvironment:
    """For templates that are rendered with a `Language` as `language`. The filter `opening` makes a text stand at the
    beginning of a sentence. A template is read once: who changes one begins anew."""
    environment = ReaderEnvironment(
        loader=loader,
        autoescape=autoescape,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        finalize=_show,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    # Messages of `{% trans %}` reach the functions with their values, so that they are escaped here.
    environment.newstyle_gettext = True  # type: ignore[attr-defined]
    environment.globals.update(_=_gettext, gettext=_gettext, ngettext=_ngettext, gather=gather)
    environment.filters.update(day=_day, instant=_instant, number=_number, size=_size, opening=_opening)
    return environment
