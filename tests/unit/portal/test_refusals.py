"""What is noted of refused requests holds no secret, and is bounded."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borvo.portal.model import Refusal
from borvo.portal.refusals import HIDDEN, RATE, RefusalLog, Sender, clean, record_refusal, redact
from borvo.portal.secret_format import create_client_secret

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CALLBACK = "https://app.example/cb"


def make(at: datetime = NOW, **changes: str) -> Refusal:
    values = {
        "endpoint": "authorize",
        "error": "invalid_request",
        "reason": "Because.",
        "parameter": "redirect_uri",
        "sent": CALLBACK,
        "expected": "",
        "correlation_id": "0123456789abcdef",
    }
    return Refusal(at=at, **{**values, **changes})


def send(client_id: str = "a.b", network: str = "192.0.2.1", *, is_known: bool = True) -> Sender:
    return Sender(client_id, network, (), is_known)


@given(st.binary(min_size=32, max_size=32), st.text(max_size=20), st.text(max_size=20))
def test_a_generated_secret_is_hidden_wherever_it_stands(entropy: bytes, before: str, after: str) -> None:
    secret = create_client_secret(lambda _: entropy)
    assert secret not in redact(f"{before}{secret}{after}", (), ())


@pytest.mark.parametrize("pattern", ["{}", "https://a/?code={}", "x{}x", "https://{}@a/", "https://a/%20{}"])
@pytest.mark.parametrize("secret", ["short&odd=1", "eight888", "four words that do not rhyme"])
def test_what_the_request_carried_as_a_secret_is_hidden(pattern: str, secret: str) -> None:
    assert redact(pattern.format(secret), (secret,), ()) == HIDDEN


def test_an_encoded_secret_is_hidden_too() -> None:
    assert redact("https://a/?x=k7Qe%2B9fZp%20mXv", ("k7Qe+9fZp mXv",), ()) == HIDDEN


def test_a_users_name_and_password_are_hidden() -> None:
    assert redact("https://ada:pw@app.example/cb", (), ()) == f"https://{HIDDEN}@app.example/cb"


@pytest.mark.parametrize(
    "token", ["a" * 32, "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "Ab-_" * 12]
)
def test_what_looks_like_a_token_is_hidden_and_the_rest_is_not(token: str) -> None:
    assert redact(f"{CALLBACK}?t={token}", (), ()) == f"{CALLBACK}?t={HIDDEN}"


def test_what_is_registered_is_no_secret() -> None:
    uri = "https://app.example/3f8a1c94-7b2e-4d06-9c51-e8b7a2d3f614"
    assert redact(f"{uri}/", (), (uri,)) == f"{uri}/"
    assert redact(f"{uri}/", (), ()) == f"https://app.example/{HIDDEN}/"


@given(st.text(), st.text(), st.text())
def test_what_is_written_is_short_and_printable(reason: str, sent: str, expected: str) -> None:
    cleaned = clean(make(reason=reason * 50, sent=sent * 50, expected=expected * 50), (), ())
    for text in (cleaned.reason, cleaned.sent, cleaned.expected):
        assert len(text) <= 500
        assert text.isprintable()
        text.encode()


def test_half_a_secret_at_the_cut_is_hidden() -> None:
    secret = "k7Qe9fZp2mXv3rTbaA77"
    assert "k7Qe" not in clean(make(sent="x-" * 245 + secret), (secret,), ()).sent
    assert "BBBB" not in clean(make(sent="x " * 240 + "B" * 60), (), ()).sent


def test_a_correlation_id_is_kept_unless_it_is_the_secret() -> None:
    long = "a" * 64
    assert clean(make(correlation_id=long), (), ()).correlation_id == long
    assert clean(make(correlation_id="planted-secret"), ("planted-secret",), ()).correlation_id == HIDDEN


def test_one_network_is_noted_so_often_a_minute_and_others_all_the_same() -> None:
    log = RefusalLog()
    for _ in range(RATE * 3):
        record_refusal(log, make(), send())
    assert len(log._known) == RATE
    record_refusal(log, make(), send(network="192.0.2.2"))
    record_refusal(log, make(), send("a.c"))
    record_refusal(log, make(NOW + timedelta(minutes=1)), send())
    assert len(log._known) == RATE + 3


def test_whoever_makes_up_clients_crowds_nobody_out() -> None:
    log = RefusalLog()
    for number in range(100_000):
        record_refusal(log, make(), send(f"made.up{number}", is_known=False))
    record_refusal(log, make(), send())
    assert len(log._unknown) == 100
    assert len(log._known) == 1
    assert len(log._counts) <= 10_001


@pytest.mark.parametrize("client_id", ["", "x" * 201, "\u00e9", "\ud800"])
def test_what_cannot_be_a_client_id_is_not_noted(client_id: str) -> None:
    log = RefusalLog()
    record_refusal(log, make(), send(client_id, is_known=False))
    assert log._unknown == []
