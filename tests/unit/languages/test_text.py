"""Texts are English strings that can be said in another language, whole."""

import json
from datetime import UTC, datetime
from gettext import NullTranslations

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from borvo.kernel.text import Day, Instant, Text, gather, mark, say, say_count
from borvo.languages.choice import find_language, list_languages
from borvo.languages.language import Language


class Shouting(NullTranslations):
    """A language that is English in capitals, placeholders apart."""

    def gettext(self, message: str) -> str:
        return message.replace("hello", "HELLO").replace("by", "BY")

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return (msgid1 if n in {0, 1} else msgid2).upper().replace("%(COUNT)S", "%(count)s")


NOON = datetime(2026, 1, 5, 14, 5, tzinfo=UTC)
SHOUTED = Language("en", Locale.parse("en_GB"), Shouting())


def test_a_text_is_its_english() -> None:
    text = say("hello %(name)s, 100%%", name="Ada")
    assert text == "hello Ada, 100%"
    assert json.dumps(text) == '"hello Ada, 100%"'
    assert mark("hello %(name)s") == "hello %(name)s"


def test_a_text_is_said_by_another_catalogue() -> None:
    said = SHOUTED.say(say("hello %(name)s", name="hello"))
    assert said == "HELLO hello"
    assert type(said) is str


def test_a_text_within_a_text_is_said_too() -> None:
    assert SHOUTED.say(say("%(a)s by %(b)s", a=say("hello"), b="hello")) == "HELLO BY hello"


@pytest.mark.parametrize(("count", "said"), [(0, "0 DAY"), (1, "1 DAY"), (2, "2 DAYS")])
def test_the_number_chooses_the_form_of_the_language(count: int, said: str) -> None:
    assert SHOUTED.say(say_count("%(count)s day", "%(count)s days", count)) == said


@given(st.text())
def test_what_is_no_text_stays_as_it_is(words: str) -> None:
    assert SHOUTED.say(words) == words
    assert not isinstance(say("hello").strip(), Text)


def test_dates_within_a_text_are_those_of_the_language() -> None:
    text = say("until %(day)s, at %(at)s", day=Day(NOON), at=Instant(NOON))
    assert text == "until 5 January 2026, at 5 January 2026, 14:05 UTC"
    french = find_language("fr")
    assert french is not None
    assert french.say(text) == "until 5 janvier 2026, at 5 janvier 2026, 14:05 UTC"


def test_texts_are_gathered_and_said_each_by_itself() -> None:
    text = gather([say("hello"), "100 %", say("by %(name)s", name="hello")], " % ")
    assert text == "hello % 100 % % by hello"
    assert SHOUTED.say(text) == "HELLO % 100 % % BY hello"
    assert gather([]) == ""


@pytest.mark.parametrize(
    ("count", "english", "french"),
    [(1, "1 byte", "1\u202fo"), (1500, "1.5 kB", "1,5\u202fko"), (2_340_000, "2.3 MB", "2,3\u202fMo")],
)
def test_sizes_are_in_units_of_the_language(count: int, english: str, french: str) -> None:
    said = [language.size(count).replace("\u00a0", "\u202f") for language in list_languages()]
    assert said == [english, french]
