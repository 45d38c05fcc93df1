"""Generated secrets are recognised wherever they stand, and what merely looks like one is not."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borvo.kernel.entropy import create_token
from borvo.portal.secret_format import (
    PATTERN,
    create_client_secret,
    create_personal_token,
    find_candidates,
    has_checksum,
    is_personal_token,
)

ENTROPY = st.binary(min_size=32, max_size=32)


def create(entropy: bytes) -> str:
    return create_client_secret(lambda _: entropy)


@given(ENTROPY)
def test_a_generated_secret_has_the_documented_form_and_its_checksum(entropy: bytes) -> None:
    secret = create(entropy)
    assert re.fullmatch(r"borvo_cs_[0-9A-Za-z]{49}", secret)
    assert re.fullmatch(PATTERN, secret)
    assert has_checksum(secret)


@given(ENTROPY, ENTROPY)
def test_different_entropy_makes_different_secrets(one: bytes, other: bytes) -> None:
    assert (create(one) == create(other)) is (one == other)


def test_the_form_does_not_change() -> None:
    """Secrets that were handed out, and patterns that scanners have, rely on it."""
    assert create(bytes(32)) == "borvo_cs_" + "0" * 43 + "1rJmir"
    assert create(b"\xff" * 32) == "borvo_cs_yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp13m2FOf"


@given(ENTROPY, st.integers(9, 57), st.sampled_from("0123456789ABCXYZabcxyz"))
def test_a_secret_with_one_other_character_is_none(entropy: bytes, place: int, character: str) -> None:
    secret = create(entropy)
    changed = secret[:place] + character + secret[place + 1 :]
    assert has_checksum(changed) is (changed == secret)


@given(ENTROPY, st.text(max_size=50), st.text(max_size=50))
def test_a_secret_is_found_whatever_stands_around_it(entropy: bytes, before: str, after: str) -> None:
    assert create(entropy) in find_candidates(f"{before}{create(entropy)}{after}")


@pytest.mark.parametrize(
    "pattern", ["{}", "SECRET={}\\n", "%20{}%0A", '"{}"', "{}{}", "x{}9", "https://a/?s={}"]
)
def test_the_usual_places_of_leaks(pattern: str) -> None:
    secret = create(b"s" * 32)
    assert find_candidates(pattern.format(secret, secret)) >= {secret}


def test_secrets_of_old_are_found_where_they_stand_alone() -> None:
    former = create_token(lambda _: b"\xfb\xef\xbe" + b"s" * 29)
    assert find_candidates(f"secret: {former}.") == {former}
    assert find_candidates(f"a\\n{former}%0A") == {former}
    assert find_candidates(f"a{former}") == frozenset()


def test_what_has_no_right_checksum_is_no_candidate() -> None:
    assert find_candidates("borvo_cs_" + "a" * 49) == frozenset()
    assert find_candidates("") == frozenset()


@given(ENTROPY)
def test_a_token_has_a_prefix_of_its_own_and_is_found_as_secrets_are(entropy: bytes) -> None:
    token = create_personal_token(lambda _: entropy)
    assert re.fullmatch(r"borvo_pat_[0-9A-Za-z]{49}", token)
    assert is_personal_token(token)
    assert not is_personal_token(create(entropy))
    assert not is_personal_token(token[:-1])
    assert find_candidates(f"BORVO_PORTAL_TOKEN={token}\n{create(entropy)}") == {token, create(entropy)}


def test_the_form_of_tokens_does_not_change() -> None:
    assert create_personal_token(lambda _: bytes(32)) == "borvo_pat_" + "0" * 43 + "2k29M9"
