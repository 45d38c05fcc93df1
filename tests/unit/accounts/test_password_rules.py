"""New passwords: long ones that are not tried first, and nothing else is asked of them."""

import unicodedata

import pytest
from argon2 import PasswordHasher

from borvo.accounts.password_rules import (
    PASSWORD_MAXIMUM,
    PASSWORD_MINIMUM,
    check_password,
    normalize_password,
)
from borvo.accounts.passwords import Passwords

ADA = ("ada.byron@example.org", "Ada", "Byron")


@pytest.mark.spec("NIST SP 800-63B-4", "3.1.1.2")
def test_length_is_counted_in_code_points_after_one_spelling() -> None:
    words = "grün tiger lampe"  # decomposed, one more
    assert len(unicodedata.normalize("NFD", words)) == PASSWORD_MINIMUM + 2
    assert check_password(words) is None
    fifteen = unicodedata.normalize("NFD", "grün tiger lamp")
    assert check_password(fifteen) is None
    assert check_password(fifteen[:-1]) is not None
    assert check_password("k7Ω🙂" * 3 + "qx") is not None


def test_what_is_too_long_for_a_password_costs_no_time_to_spell() -> None:
    # Of one code point, four: nothing shrinks more.
    longest = "\u1f82" * PASSWORD_MAXIMUM
    assert normalize_password(unicodedata.normalize("NFD", longest)) == longest
    assert check_password(unicodedata.normalize("NFD", longest) + "x") is not None
    # Spelled, this would take the worker a second, in which it answers nobody.
    marks = "e" + "\u0301\u0327" * 20_000
    assert normalize_password(marks) is marks
    assert "at most" in (check_password(marks) or "")


@pytest.mark.parametrize(
    "password",
    [
        "",
        "correct horse",
        "x" * (PASSWORD_MAXIMUM + 1),
        "passwordpassword",
        "iloveyouiloveyou",
        "qwertyuiopasdfghjkl",
        "1234567890123456",
        "aaaaaaaaaaaaaaaaaaaa",
    ],
)
def test_short_and_common_ones_are_refused_with_a_way_forward(password: str) -> None:
    assert "Use " in (check_password(password) or "")


@pytest.mark.parametrize(
    "password",
    ["ada.byron@example.org", "AdaByronAdaByron", "borvoborvoborvo1", "ADA.BYRON-2026!"],
)
def test_what_others_know_of_her_is_refused(password: str) -> None:
    assert " easy to guess" in (check_password(password, *ADA) or "")


@pytest.mark.spec("NIST SP 800-63B-4", "3.1.1.2")
@pytest.mark.parametrize(
    "password",
    [
        "correct horse pony",
        "cywir ceffyl merlen",
        "лошадь батарея скрепка",
        "my old dog eats grapes at noon " * 6,
        "vsjwqpxlrtnmfkd",
        "$%+=-_!?*#~^&@;:",
        "   wide  open spaces  ",
    ],
)
def test_no_kind_of_character_is_asked_for(password: str) -> None:
    assert check_password(password, *ADA) is None


async def test_a_password_is_known_again_however_a_keyboard_spells_it() -> None:
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    digest = await passwords.hash(unicodedata.normalize("NFD", "grüne tigerlampe"))
    assert await passwords.verify(digest, unicodedata.normalize("NFC", "grüne tigerlampe"))
    assert not await passwords.verify(digest, "grune tigerlampe")


async def test_one_that_was_hashed_as_typed_still_counts() -> None:
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    typed = unicodedata.normalize("NFD", "grüne tigerlampe")
    assert await Passwords(hasher).verify(hasher.hash(typed), typed)
