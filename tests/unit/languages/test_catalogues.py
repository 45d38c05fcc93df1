"""Every text is in every catalogue, with the same placeholders and the same tags."""

import re
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message

from borvo.languages.catalogues import SOURCE, TAGS
from scripts.messages import CATALOGUES, extract_messages, list_lacking, read_catalogue, render_catalogue

OTHERS = [tag for tag in TAGS if tag != SOURCE]
PLACEHOLDER = re.compile(r"%\((\w+)\)s")
TAG = re.compile(r"<[^>]*>")


@cache
def extract() -> Catalog:
    return extract_messages()


def open_catalogue(tag: str) -> Catalog:
    return read_catalogue(CATALOGUES / f"{tag}.po")


def list_texts(value: str | tuple[str, ...] | list[str] | None) -> list[str]:
    return [value] if isinstance(value, str) else list(value or [])


def find_faults(message: Message) -> list[str]:
    """What of a translation would show a person too little, too much, or something else."""
    sources, faults = list_texts(message.id), []
    of_one, of_many = set(PLACEHOLDER.findall(sources[0])), set(PLACEHOLDER.findall(sources[-1]))
    for number, text in enumerate(list_texts(message.string)):
        fitting = (of_many,) if number else (of_one, of_many)
        if set(PLACEHOLDER.findall(text)) not in fitting or "%" in PLACEHOLDER.sub("", text).replace(
            "%%", ""
        ):
            faults.append(f"other placeholders: {text}")
        if sorted(TAG.findall(text)) != sorted(TAG.findall(sources[-1])):
            faults.append(f"other tags: {text}")
        if not TAG.search(sources[0]) and set(text) & set('<>&"') - set(sources[0]):
            faults.append(f"signs that mean something to a page: {text}")
        if text.strip() == "" or (text[-1] == "\n") != (sources[-1][-1] == "\n"):
            faults.append(f"other ends: {text!r}")
    return faults


@pytest.mark.parametrize("tag", OTHERS)
def test_every_text_is_translated(tag: str) -> None:
    """`scripts/messages.py` says so, too."""
    catalogue = open_catalogue(tag)
    known = {message.id for message in catalogue}
    assert [message.id for message in extract() if message.id not in known] == []
    assert [message.id for message in list_lacking(catalogue)] == []


@pytest.mark.parametrize("tag", OTHERS)
def test_every_translation_fits_its_text(tag: str) -> None:
    assert [fault for message in open_catalogue(tag) if message.id for fault in find_faults(message)] == []


@pytest.mark.parametrize("tag", OTHERS)
def test_a_catalogue_is_as_the_script_writes_it(tag: str) -> None:
    path = CATALOGUES / f"{tag}.po"
    assert path.read_bytes() == render_catalogue(open_catalogue(tag), extract())


def test_french_is_set_as_french_is() -> None:
    """Typographic apostrophes, and spaces that do not break before what they belong to."""
    loose = re.compile(r"\w'\w| [?!;:»](?!/)|« ")
    faults = [
        text
        for message in open_catalogue("fr")
        if message.id
        for text in list_texts(message.string)
        if loose.search(TAG.sub("", text))
    ]
    assert faults == []


@pytest.mark.parametrize(
    ("source", "translation"),
    [
        ("at %(issuer)s", "chez %(issuers)s"),
        ("at %(issuer)s", "chez"),
        ("at %(issuer)s", "chez %(issuer)s, 100 %"),
        ("<b>a</b>", "<i>a</i>"),
        ("a", "<b>a</b>"),
        ("a", 'dit "a"'),
        ("a\n", "a"),
        (("%(count)s day", "%(count)s days"), ("un jour", "%(count)s jours")),
    ],
)
def test_a_translation_that_does_not_fit_is_noticed(
    source: str | tuple[str, str], translation: str | tuple[str, str]
) -> None:
    assert find_faults(Message(source, translation))


def test_what_lacks_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "fr.po"
    path.write_text('msgid "a"\nmsgstr ""\n\n#, fuzzy\nmsgid "b"\nmsgstr "c"\n\nmsgid "d"\nmsgstr "d"\n')
    assert [message.id for message in list_lacking(read_catalogue(path))] == ["a", "b"]
