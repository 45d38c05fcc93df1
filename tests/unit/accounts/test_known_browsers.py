"""Browsers that are known: strangers who guess use up nothing of hers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borvo.accounts.known_browsers import MOST, recognize, remember
from borvo.kernel.entropy import read_system_entropy

KEY, ADA, EVE = b"k" * 32, "ada@example.org", "eve@example.org"


def test_a_browser_is_known_for_whoever_signed_in_there_and_for_nobody_else() -> None:
    cookie = remember(KEY, "", ADA, read_system_entropy)
    assert recognize(KEY, cookie, ADA)
    assert recognize(KEY, cookie, EVE) is None
    assert recognize(b"x" * 32, cookie, ADA) is None


def test_a_family_shares_one_and_each_has_a_counter() -> None:
    cookie = ""
    people = [f"p{number}@example.org" for number in range(MOST + 1)]
    for each in people:
        cookie = remember(KEY, cookie, each, read_system_entropy)
    counters = [recognize(KEY, cookie, each) for each in people]
    assert counters[0] is None
    assert len(set(counters[1:])) == MOST
    assert "example" not in cookie


def test_each_success_begins_a_new_counter() -> None:
    first = remember(KEY, "", ADA, read_system_entropy)
    second = remember(KEY, first, ADA, read_system_entropy)
    assert len(second) == len(first)
    assert recognize(KEY, first, ADA) != recognize(KEY, second, ADA)


@given(st.text())
def test_no_made_up_cookie_is_known_or_an_error(text: str) -> None:
    assert recognize(KEY, text, ADA) is None
    assert recognize(KEY, remember(KEY, text, EVE, read_system_entropy), ADA) is None


@pytest.mark.parametrize("position", [0, 20, -1])
def test_a_changed_entry_is_not_known(position: int) -> None:
    cookie = list(remember(KEY, "", ADA, read_system_entropy))
    cookie[position] = "A" if cookie[position] != "A" else "Q"
    assert recognize(KEY, "".join(cookie), ADA) is None
