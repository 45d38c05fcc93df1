"""Laws of the plain values."""

import copy
import pickle
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borvo.kernel.digests import digest_token, digest_with_key, is_same
from borvo.kernel.entropy import create_token, create_uuid, decode_bytes, encode_bytes, read_system_entropy
from borvo.kernel.ids import parse_uuid
from borvo.kernel.scopes import find_missing, is_scope_token, keep_allowed, parse_scopes, render_scopes
from borvo.kernel.secret import Secret

scope_tokens = st.text(
    st.characters(codec="ascii", min_codepoint=0x21, max_codepoint=0x7E, exclude_characters='"\\'), min_size=1
)
instants = st.integers(86_400, 250_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@pytest.mark.spec("RFC 6749", "3.3")
@given(st.lists(scope_tokens, unique=True))
def test_scopes_are_read_back_as_they_were_written(scopes: list[str]) -> None:
    assert parse_scopes(render_scopes(scopes)) == tuple(scopes)
    assert all(is_scope_token(scope) for scope in scopes)


@given(st.text())
def test_parsed_scopes_are_distinct_and_hold_no_space(text: str) -> None:
    scopes = parse_scopes(text)
    assert len(set(scopes)) == len(scopes)
    assert all(scope and " " not in scope for scope in scopes)


@pytest.mark.parametrize("text", ["a\tb", "a\nb", "a\u00a0b", "a\u2003b"])
def test_only_a_space_separates_scopes(text: str) -> None:
    assert parse_scopes(text) == (text,)
    assert not is_scope_token(text)


@given(st.lists(scope_tokens), st.sets(scope_tokens))
def test_what_is_allowed_and_what_is_missing_make_up_the_whole(asked: list[str], held: set[str]) -> None:
    assert sorted([*keep_allowed(asked, held), *find_missing(asked, held)]) == sorted(asked)


@pytest.mark.spec("RFC 7515", "2")
@given(st.binary())
def test_base64url_is_read_back_and_has_no_padding(data: bytes) -> None:
    text = encode_bytes(data)
    assert decode_bytes(text) == data
    assert "=" not in text


@given(st.text())
def test_only_the_one_spelling_of_base64url_is_read(text: str) -> None:
    data = decode_bytes(text)
    assert data is None or encode_bytes(data) == text


def test_a_token_has_256_bits() -> None:
    data = decode_bytes(create_token(read_system_entropy))
    assert data is not None
    assert len(data) == 32


@pytest.mark.spec("RFC 9562", "5.7")
@given(instants, st.binary(min_size=10, max_size=10), st.integers(1, 10**6))
def test_version_7_ids_are_in_the_order_of_time(now: datetime, noise: bytes, milliseconds: int) -> None:
    first = create_uuid(now, lambda _: noise)
    later = create_uuid(now + timedelta(milliseconds=milliseconds), lambda _: bytes(10))
    assert first.version == 7
    assert first.variant == "specified in RFC 4122"
    assert first < later or first.int >> 80 == later.int >> 80


@given(st.uuids())
def test_an_id_is_read_in_its_one_spelling_only(value: UUID) -> None:
    text = str(value)
    assert parse_uuid(text) == value
    for other in (text.replace("-", ""), "{" + text + "}", "urn:uuid:" + text, text + " "):
        assert parse_uuid(other) is None
    assert parse_uuid(text.upper()) == (value if text.upper() == text else None)


@given(st.text(min_size=8))
def test_a_secret_never_shows_its_value(value: str) -> None:
    secret = Secret(value)
    assert secret.reveal() == value
    for shown in (repr(secret), str(secret), f"{secret}", f"{secret!r}", repr([secret])):
        assert value not in shown


def test_a_secret_cannot_be_pickled_or_copied_by_accident() -> None:
    for attempt in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError):
            attempt(Secret("x"))


@given(st.text(st.characters(codec="utf-8")), st.binary(min_size=1))
def test_digests_depend_on_text_and_key(text: str, key: bytes) -> None:
    assert is_same(digest_token(text), digest_token(text))
    assert not is_same(digest_token(text), digest_token(text + "x"))
    assert digest_with_key(key, text) != digest_token(text)
