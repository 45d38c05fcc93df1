"""What templates say in the reader's language: `{{ _("...") }}`, `{% trans %}`, and texts that code made."""

from datetime import date, datetime
from typing import Any

from jinja2 import Environment, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from borvo.kernel.text import Day, Instant, Number, Text, gather, open_sentence
from borvo.languages.language import Language


def _find(context: Context) -> Language:
    """Fails for a template that is rendered, or imported, without the context: it would be in English for everybody."""
    language: Language = context["language"]
    return language


def _fill(context: Context, message: str, values: dict[str, Any]) -> str:
    said = {name: _show(context, value) for name, value in values.items()}
    if context.eval_ctx.autoescape:
        # The catalogue may hold tags, as its message does; what is filled in is escaped.
        return Markup(message) % said  # noqa: S704  (our own catalogue)
    return message % said


@pass_context
def _gettext(context: Context, message: str, /, **values: Any) -> str:
    return _fill(context, _find(context).catalogue.gettext(message), values)


@pass_context
def _ngettext(context: Context, singular: str, plural: str, num: int, /, **values: Any) -> str:
    message = _find(context).catalogue.ngettext(singular, plural, num)
    return _fill(context, message, {"num": num, **values})


@pass_context
def _show(context: Context, value: Any) -> Any:
    """Every expression passes here on its way into the page, before it is escaped."""
    return _find(context).show(value) if isinstance(value, (Text, Day, Instant, Number)) else value


@pass_context
def _day(context: Context, at: date) -> str:
    return _find(context).day(at)


@pass_context
def _instant(context: Context, at: datetime) -> str:
    return _find(context).instant(at)


@pass_context
def _number(context: Context, number: float) -> str:
    return _find(context).number(number)


@pass_context
def _size(context: Context, count: int) -> str:
    return _find(context).size(count)


@pass_context
def _opening(context: Context, text: str) -> str:
    return open_sentence(_find(context).say(text))


def teach_languages(environment: Environment) -> None:
    """Before any template is compiled. Each is then rendered with a `Language` as `language`. The filter `opening`
    makes a text stand at the beginning of a sentence."""
    environment.add_extension("jinja2.ext.i18n")
    environment.policies["ext.i18n.trimmed"] = True
    # Messages of `{% trans %}` reach the functions with their values, so that they are escaped here.
    environment.newstyle_gettext = True  # type: ignore[attr-defined]
    environment.globals.update(gettext=_gettext, ngettext=_ngettext, gather=gather)
    environment.filters.update(day=_day, instant=_instant, number=_number, size=_size, opening=_opening)
    environment.finalize = _show
