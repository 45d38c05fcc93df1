"""Codes of authenticator apps."""

from base64 import b32encode
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borvo.accounts.factors.totp import WINDOW, create_secret, draw, find_step, group_secret, parse_code

# RFC 6238, appendix B, cut to six digits.
SECRET = b32encode(b"12345678901234567890").decode()
VECTORS = {59: "287082", 1111111109: "081804", 1234567890: "005924", 2000000000: "279037"}


@pytest.mark.spec("RFC 6238", "4.2")
@pytest.mark.parametrize(("second", "code"), VECTORS.items())
def test_the_codes_are_those_of_the_standard(second: int, code: str) -> None:
    assert find_step(SECRET, code, datetime.fromtimestamp(second, UTC)) == second // 30


@pytest.mark.spec("RFC 6238", "5.2")
@pytest.mark.parametrize("steps", [-2, -1, 0, 1, 2])
def test_a_clock_may_be_wrong_by_one_step(steps: int) -> None:
    now = datetime.fromtimestamp(1234567890 + 30 * steps, UTC)
    assert (find_step(SECRET, "005924", now) is not None) == (abs(steps) <= WINDOW)


@given(st.text(max_size=20))
def test_nothing_but_six_digits_is_a_code(text: str) -> None:
    code = parse_code(text)
    assert code is None or (code.isascii() and code.isdigit() and len(code) == 6)


@pytest.mark.parametrize("text", ["287082", " 287 082 ", "287\t082"])
def test_a_code_may_be_grouped(text: str) -> None:
    assert parse_code(text) == "287082"


@pytest.mark.parametrize("text", ["", "28708", "2870821", "28708a", "٢٨٧٠٨٢", "-28708"])
def test_other_texts_are_none(text: str) -> None:
    assert parse_code(text) is None


def test_a_secret_has_the_recommended_length_and_can_be_typed() -> None:
    secret = create_secret(lambda count: bytes(range(count)))
    assert len(secret) == 32
    assert group_secret(secret).replace(" ", "") == secret
    assert draw(secret).startswith("data:image/svg+xml")
