"""The difference between an address that was sent and the registered one, in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borvo.portal.uri_comparison import compare_uris

REGISTERED = "https://app.example/Sign/in"


@pytest.mark.parametrize(
    ("sent", "word"),
    [
        ("https://app.example/Sign/in/", "it ends in a slash"),
        ("http://app.example/Sign/in", "it begins with http, not with https"),
        ("https://app.example:444/Sign/in", "the port is another"),
        ("https://www.app.example/Sign/in", "the host is another"),
        ("https://app.example/sign/in", "upper-case and lower-case"),
        ("https://app.example/Sign%2Fin", "percent-encoded"),
        ("https://app.example/Sign/out", "the path is another"),
        ("https://app.example/Sign/in?a=1", "question mark"),
        ("https://app.example/Sign/in#a", "from # on"),
        ("https://APP.example/Sign/in", "written otherwise"),
        (" https://app.example/Sign/in", "a space"),
        ("https://app.example:99999/Sign/in", "no complete address"),
        ("app.example/Sign/in", "no scheme"),
    ],
)
def test_the_difference_is_named(sent: str, word: str) -> None:
    comparison = compare_uris(sent, ["https://other.example/", REGISTERED])
    assert comparison.closest == REGISTERED
    assert word in "; ".join(comparison.differences)


def test_a_missing_slash_is_named() -> None:
    assert compare_uris("https://a.b/c", ["https://a.b/c/"]).differences == (
        "the slash at its end is missing",
    )


def test_without_a_registered_one_there_is_nothing_to_compare() -> None:
    comparison = compare_uris("https://a.b/c", [])
    assert (comparison.closest, comparison.differences) == ("", ())


@given(st.text(max_size=60))
def test_whatever_is_sent_can_be_compared(sent: str) -> None:
    comparison = compare_uris(sent, [REGISTERED])
    assert (comparison.differences == ()) is (sent in {"", REGISTERED})
