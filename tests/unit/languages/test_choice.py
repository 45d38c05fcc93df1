"""The language that somebody gets who would like some others."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borvo.languages.catalogues import TAGS
from borvo.languages.choice import (
    choose_language,
    find_language,
    list_languages,
    read_accepted,
    read_tags,
)

NOON = datetime(2026, 1, 5, 14, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wishes", "tag"),
    [
        ([], "en"),
        (["fr"], "fr"),
        (["FR-be"], "fr"),
        (["de", "fr", "en"], "fr"),
        (["", "../fr", "fr_FR", "x" * 5000, "fr"], "fr"),
        (["de"], "en"),
    ],
)
def test_the_first_wish_that_there_is_counts(wishes: list[str], tag: str) -> None:
    assert choose_language(wishes).tag == tag


def test_the_default_is_for_whoever_wishes_nothing_that_there_is() -> None:
    assert choose_language(["de"], "fr").tag == "fr"


@pytest.mark.spec("RFC 9110", "12.5.4")
@pytest.mark.parametrize(
    ("header", "tags"),
    [
        ("", []),
        ("fr-CH, fr;q=0.9, en;q=0.8", ["fr-CH", "fr", "en"]),
        ("en;q=0.5, fr", ["fr", "en"]),
        ("fr;q=0, en;q=0.1", ["en"]),
        ("*, fr;q=2, ;q=1, de;q=x, en ; q=0.7", ["en"]),
    ],
)
def test_the_browsers_wishes_come_by_their_weight(header: str, tags: list[str]) -> None:
    assert read_accepted(header) == tags


@given(st.text())
def test_no_header_of_a_stranger_is_too_odd(header: str) -> None:
    wishes = [*read_accepted(header), *read_tags(header)]
    assert len(wishes) <= 40
    assert choose_language(wishes).tag in TAGS


def test_dates_and_numbers_are_those_of_the_region() -> None:
    said = {
        tag: (language.day(NOON), language.instant(NOON), language.number(1234.5))
        for tag in ("en", "en-US", "fr", "fr-XX")
        if (language := find_language(tag))
    }
    assert said["en"] == ("5 January 2026", "5 January 2026, 14:05 UTC", "1,234.5")
    assert said["en-US"] == ("January 5, 2026", "January 5, 2026, 2:05\u202fPM UTC", "1,234.5")
    assert said["fr"] == ("5 janvier 2026", "5 janvier 2026, 14:05 UTC", "1\u202f234,5")
    assert said["fr-XX"] == said["fr"]


def test_each_language_is_named_in_itself() -> None:
    names = {language.tag: language.name for language in list_languages()}
    assert names["en"] == "English"
    assert names["fr"] == "Français"
