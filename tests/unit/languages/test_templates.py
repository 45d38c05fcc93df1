"""What templates say, in whose language, and that nothing reaches a page as it came."""

import re
from datetime import UTC, date, datetime
from gettext import NullTranslations
from typing import Any

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import DictLoader, Environment
from markupsafe import Markup, escape

from borvo.kernel.text import Day, Instant, Number, say
from borvo.languages.choice import choose_language
from borvo.languages.language import Language
from borvo.languages.phrases import list_phrases
from borvo.languages.templates import build_environment

ENGLISH, FRENCH = choose_language(["en"]), choose_language(["fr"])
WAYS = {
    "plain": "{{ value }}",
    "within an attribute": '<a title="{{ value }}">',
    "in a block": "{% block a %}{{ value }}{% endblock %}",
    "in a loop": "{% for each in [value] %}{{ each }}{% endfor %}",
    "in a macro": "{% macro a(b) %}{{ b }}{% endmacro %}{{ a(value) }}",
    "imported": "{% from 'macros' import a with context %}{{ a(value) }}",
    "included": "{% include 'part' %}",
    "inherited": "{% extends 'frame' %}{% block a %}{{ value }}{% endblock %}",
    "kept": "{% set b %}{{ value }}{% endset %}{{ b }}",
    "called": "{% macro a() %}{{ caller() }}{% endmacro %}{% call a() %}{{ value }}{% endcall %}",
}
PARTS = {
    "macros": "{% macro a(b) %}{{ b }}{% endmacro %}",
    "part": "{{ value }}",
    "frame": "{% block a %}{% endblock %}",
}


class Raw:
    """Says of itself what it is as markup, as what the framework makes does."""

    def __html__(self) -> str:
        return "<hr>"


class Told(str):
    """A string that is none of the plain kind."""

    __slots__ = ()


VALUES: list[Any] = [
    "<script>",
    "a & b",
    "'\"",
    "",
    Told("<b>"),
    Markup("<b>"),
    Raw(),
    None,
    7,
    1.5,
    ["<i>"],
    say("Sign in"),
    say("%(name)s and others", name="<Ada>"),
    Day(date(2026, 1, 2)),
    Instant(datetime(2026, 1, 2, 3, 4, tzinfo=UTC)),
    Number(12345),
]


def _build_environment(*, autoescape: bool = True, **templates: str) -> Environment:
    return build_environment(DictLoader({**PARTS, **templates}), autoescape=autoescape)


def _render(source: str, language: Language = ENGLISH, *, autoescape: bool = True, **values: Any) -> str:
    environment = _build_environment(autoescape=autoescape, page=source)
    return environment.get_template("page").render(language=language, **values)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("way", WAYS)
def test_a_value_reaches_the_page_in_the_readers_language_and_escaped(way: str, value: object) -> None:
    written = str(escape(FRENCH.show(value)))
    expected = f'<a title="{written}">' if way == "within an attribute" else written
    assert _render(WAYS[way], FRENCH, value=value) == expected


@given(st.text())
def test_no_text_reaches_the_page_as_markup(text: str) -> None:
    assert _render("{{ value }}", value=text) == str(escape(text))


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_where_nothing_is_escaped_a_value_is_said_as_it_is(value: object) -> None:
    assert _render("{{ value }}", FRENCH, autoescape=False, value=value) == str(FRENCH.show(value))
    unescaped = "{% autoescape false %}{{ value }}{% endautoescape %}"
    assert _render(unescaped, FRENCH, value=value) == str(FRENCH.show(value))


def test_whether_something_is_escaped_may_be_decided_while_it_is_rendered() -> None:
    source = "{% autoescape safe %}{{ value }}{{ _('Sign in') }}{% endautoescape %}"
    assert _render(source, safe=True, value="<b>") == "&lt;b&gt;Sign in"
    assert _render(source, safe=False, value="<b>") == "<b>Sign in"


def test_a_macro_escapes_what_it_fills_in_also_where_its_caller_does_not() -> None:
    source = (
        "{% macro greet(name) %}{{ _('Hello %(name)s', name=name) }}{% endmacro %}"
        "{% autoescape false %}{{ greet(value) }}{% endautoescape %}"
    )
    assert _render(source, value="<b>") == "Hello &lt;b&gt;"


_PLACEHOLDER = re.compile(r"%\(\w+\)S")


class Shouting(NullTranslations):
    """A catalogue of capitals, which also counts how often it was asked."""

    asked = 0

    def gettext(self, message: str) -> str:
        self.asked += 1
        return _PLACEHOLDER.sub(lambda found: found[0].lower(), message.upper())


def _build_shouting() -> tuple[Shouting, Language]:
    catalogue = Shouting()
    return catalogue, Language("en", Locale.parse("en"), catalogue)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{{ _('Sign in') }}", "SIGN IN"),
        ("{{ gettext('Sign in') }}", "SIGN IN"),
        ("{% trans %}Sign in{% endtrans %}", "SIGN IN"),
        ("{{ _('<b>All</b>') }}", "<B>ALL</B>"),
        ("{{ _('100 %% of it') }}", "100 % OF IT"),
        ("{% trans %}100 % of it{% endtrans %}", "100 % OF IT"),
        ("{{ _(word) }}", "WORD"),
        ("{{ _('For %(name)s', name=name) }}", "FOR &lt;Ada&gt;"),
        ("{% trans name %}For <i>{{ name }}</i>{% endtrans %}", "FOR <I>&lt;Ada&gt;</I>"),
        ("{% trans class=name %}For {{ class }}{% endtrans %}", "FOR &lt;Ada&gt;"),
        ("{% for name in [name] %}{% trans %}For {{ name }}{% endtrans %}{% endfor %}", "FOR &lt;Ada&gt;"),
        ("{% trans num=2 %}One{% pluralize %}{{ num }}{% endtrans %}", "2"),
        ("{{ _('For %(name)s', **{'name': name}) }}", "FOR &lt;Ada&gt;"),
        ("{{ _('Sign in') ~ name }}", "SIGN IN&lt;Ada&gt;"),
        ("{{ _('Sign in') | length }}", "7"),
        ("{% for _ in [1] %}{{ _ }}{% endfor %}", "1"),
    ],
)
def test_a_text_is_said_by_the_catalogue(source: str, said: str) -> None:
    _, language = _build_shouting()
    assert _render(source, language, word="word", name="<Ada>") == said


def test_a_text_without_values_is_looked_up_once_for_all_pages() -> None:
    catalogue, language = _build_shouting()
    template = _build_environment(page="{{ _('Sign in') }}").get_template("page")
    assert {template.render(language=language) for _ in range(3)} == {"SIGN IN"}
    assert catalogue.asked == 1


def test_what_is_only_known_while_rendering_is_not_kept() -> None:
    catalogue, language = _build_shouting()
    template = _build_environment(page="{{ _(word) }}").get_template("page")
    for number in range(3):
        template.render(language=language, word=f"word {number}")
    assert not list_phrases(catalogue)


def test_languages_of_one_template_are_kept_apart() -> None:
    template = _build_environment(page="{{ _('Sign in') }}").get_template("page")
    said = [template.render(language=language) for language in (FRENCH, ENGLISH, FRENCH)]
    assert said[1] == "Sign in"
    assert said[0] == said[2] != said[1]


@pytest.mark.parametrize(
    "source",
    [
        "{{ _('Sign in') }}",
        "{{ _('For %(name)s', name='Ada') }}",
        "{% trans %}Sign in{% endtrans %}",
        "{{ text }}",
        "{{ at | day }}",
        "{% from 'lonely' import a %}{{ a() }}",
    ],
)
def test_a_template_without_a_reader_fails(source: str) -> None:
    lonely = "{% macro a() %}{{ _('Sign in') }}{% endmacro %}"
    template = _build_environment(page=source, lonely=lonely).get_template("page")
    with pytest.raises(KeyError, match="language"):
        template.render(
            text=say("Sign in"), at=date(2026, 1, 2), **({"language": ENGLISH} if "lonely" in source else {})
        )
