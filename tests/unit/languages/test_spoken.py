"""Whatever a person reads on a page can be said in her language."""

from pathlib import Path

import pytest

import borvo
from tests.unit.languages.spoken import (
    find_lonely_imports,
    find_unspoken,
    find_unspoken_code,
    list_code,
    list_templates,
)

ROOT = Path(borvo.__file__).parent
TEMPLATES = list_templates(ROOT)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_every_text_of_a_page_can_be_translated(path: Path) -> None:
    assert find_unspoken(path.read_text(encoding="utf-8")) == []


def test_macros_know_who_reads() -> None:
    faults = {path.stem: find_lonely_imports(path.read_text(encoding="utf-8")) for path in TEMPLATES}
    assert {name: found for name, found in faults.items() if found} == {}


@pytest.mark.parametrize(
    "source",
    [
        "<p>Hello</p>",
        "<p>{{ _('Hello') }} you</p>",
        "{% if a %}<b>Hello</b>{% endif %}",
        "{% block title %}Hello{% endblock %}",
        "{% macro a() %}Hello{% endmacro %}",
        "{% for a in b %}{% else %}None{% endfor %}",
        '<nav aria-label="Pages"></nav>',
        '<img alt="{{ a }} seen">',
        "<p>{{ 'none' if a else b }}</p>",
        "{{ field(form, 'name', 'Given name') }}",
        "{{ field(form, 'name', _('Name'), hint='As in your passport') }}",
        "{{ field(form, 'name', _('Name') if a else 'Password') }}",
    ],
)
def test_a_text_that_only_the_english_can_read_is_noticed(source: str) -> None:
    assert find_unspoken(source)


@pytest.mark.parametrize(
    "source",
    [
        "<p>{{ _('Hello') }}</p>",
        "<p>{% trans name %}Hello {{ name }}{% endtrans %}</p>",
        '<a class="btn btn-primary" href="/account{{ \'?next\' if a }}">{{ _("Hello") }}</a>',
        "<code>GET /account</code> · {{ name }} {# a note #}",
        '{{ field(form, "given_name", _("Name"), extra_class="font-monospace text-break") }}',
        "<title>{% block title %}{% endblock %} · Borvo</title>",
    ],
)
def test_a_text_that_everybody_can_read_is_none(source: str) -> None:
    assert find_unspoken(source) == []


def test_an_import_without_the_reader_is_noticed() -> None:
    assert find_lonely_imports('{% from "fields.html" import text_field %}')
    assert not find_lonely_imports('{% from "fields.html" import text_field with context %}')


def test_what_code_tells_people_can_be_translated() -> None:
    faults = {
        str(path.relative_to(ROOT)): find_unspoken_code(path.read_text(encoding="utf-8"))
        for path in list_code(ROOT)
    }
    assert {name: lines for name, lines in faults.items() if lines} == {}


@pytest.mark.parametrize(
    "source",
    [
        'form.add_error("email", "This is taken.")',
        'form.add_error("email", f"Use {most} letters.")',
        'Mail(to, "Hello", say("Hello"))',
        'TextMessage(to, f"Hello {name}")',
        "post_mail(outbox, connection, mail, person_id=person.id)",
    ],
)
def test_code_that_speaks_english_alone_is_noticed(source: str) -> None:
    assert find_unspoken_code(source) == [1]


@pytest.mark.parametrize(
    "source",
    [
        'form.add_error("email", say("This is taken."))',
        "form.add_error(name, message)",
        'Mail(to, say("Hello"), say("Hello"))',
        "post_mail(outbox, connection, mail, language=language)",
    ],
)
def test_code_that_speaks_to_everybody_is_not(source: str) -> None:
    assert find_unspoken_code(source) == []
