"""The pure rules of recovery codes, passkeys and challenges."""

import secrets
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from webauthn import generate_authentication_options, options_to_json
from webauthn.helpers.structs import UserVerificationRequirement

from borvo.accounts.factors.challenge import CHALLENGE_LIFETIME, Challenge, Challenges
from borvo.accounts.factors.model import (
    Factors,
    Passkey,
    check_passkey_name,
    create_recovery_code,
    parse_recovery_code,
)
from borvo.accounts.factors.passkeys import describe_authentication, find_relying_party
from borvo.accounts.service import Accounts
from borvo.kernel.entropy import encode_bytes

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
KEY = Passkey(b"id", "Phone", b"key", 0, is_synced=False, transports=(), created_at=NOW)


@given(st.binary(min_size=7, max_size=7), st.sampled_from([str.upper, str.title, lambda text: f" {text} "]))
def test_a_recovery_code_is_read_however_it_is_typed(data: bytes, write: object) -> None:
    code = create_recovery_code(lambda _: data)
    assert callable(write)
    assert parse_recovery_code(write(code)) == code.replace("-", "")
    assert parse_recovery_code(code.replace("-", "").replace("0", "O").replace("1", "l")) is not None


@pytest.mark.parametrize(
    "text", ["", "123456", "aaaaa-aaaa", "aaaaa-aaaaaa", "uuuuu-uuuuu", "aaaaa_aaaaa", "é" * 10]
)
def test_what_is_no_recovery_code_is_none(text: str) -> None:
    assert parse_recovery_code(text) is None


def test_codes_alone_are_no_second_factor() -> None:
    assert not Factors(codes_left=10).is_any
    assert Factors(totp_since=NOW).is_any
    assert Factors(passkeys=(KEY,)).is_any


@pytest.mark.spec("RFC 8176", "2")
@pytest.mark.parametrize(("is_synced", "kind"), [(False, "hwk"), (True, "swk")])
def test_a_passkey_is_two_factors_by_itself(is_synced: bool, kind: str) -> None:
    key = Passkey(b"id", "Phone", b"key", 0, is_synced=is_synced, transports=(), created_at=NOW)
    assert key.methods == (kind, "user", "mfa")


@pytest.mark.parametrize(
    ("name", "is_fine"), [("Phone", True), ("", False), ("x" * 61, False), ("a\nb", False)]
)
def test_a_passkey_has_a_short_name(name: str, is_fine: bool) -> None:
    assert (check_passkey_name(name) is None) == is_fine


CHALLENGES = Challenges(b"k" * 32, secrets.token_bytes)


@pytest.mark.spec("WebAuthn", "13.4.3")
def test_a_challenge_is_known_again_for_its_purpose_only_and_for_a_while() -> None:
    made = CHALLENGES.create("sign in", NOW)
    assert CHALLENGES.read(made.text, "sign in", NOW) == made
    other = CHALLENGES.read(made.text, "enrol x", NOW)
    assert other is not None
    assert other.value != made.value
    assert CHALLENGES.read(made.text, "sign in", NOW + CHALLENGE_LIFETIME) is None
    assert CHALLENGES.create("sign in", NOW).value != made.value


def test_a_cookie_that_was_made_up_leads_nowhere() -> None:
    later = int((NOW + timedelta(days=1)).timestamp()).to_bytes(8, "big")
    for text in (None, "", "x", encode_bytes(b"short"), encode_bytes(later + bytes(32))):
        assert CHALLENGES.read(text, "sign in", NOW) is None
    planted = encode_bytes(int((NOW + timedelta(minutes=1)).timestamp()).to_bytes(8, "big") + bytes(32))
    challenge = CHALLENGES.read(planted, "sign in", NOW)
    assert challenge is not None
    # Another instance would ask for another answer: whoever plants a cookie does not know what is to be signed.
    assert Challenges(b"x" * 32, secrets.token_bytes).read(planted, "sign in", NOW) != challenge


@given(
    st.binary(min_size=32, max_size=32), st.sampled_from(["https://id.example.org", "http://localhost:8000"])
)
def test_what_a_browser_is_asked_is_what_the_library_writes(value: bytes, issuer: str) -> None:
    accounts = cast(Accounts, SimpleNamespace(issuer=issuer))
    options = generate_authentication_options(
        rp_id=find_relying_party(issuer),
        challenge=value,
        allow_credentials=[],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    challenge = Challenge("text", value, datetime(2026, 1, 1, tzinfo=UTC))
    assert describe_authentication(accounts, challenge) == options_to_json(options)
