"""A mail goes to one address, and nothing that it says becomes a header."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borvo.accounts.model import check_email
from borvo.mail.model import Mail, is_address, parse_address
from borvo.mail.smtp import Relay, build_message, parse_relay
from borvo.settings import Settings, SettingsError, check_settings

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["a@b.co", "o'brien+x@mail.example.org", "é@x.org", "a@é.org", "a@localhost"]
)
def test_an_address_stays_what_it_is(text: str) -> None:
    assert parse_address(text).addr_spec == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "@b.co",
        "a@",
        "a@b@c.co",
        "a@b.co\r\nBcc: eve@example.org",
        "a@b.co\n",
        "a\x00@b.co",
        "a@b.co, eve@example.org",
        "<a@b.co>",
        "Ada <a@b.co>",
        '"a b"@b.co',
        "a..b@c.co",
        ".a@c.co",
        "a@c..co",
        "a@[127.0.0.1]",
        "a b@c.co",
        "a@b.co\u2028",
        "a" * 65 + "@b.co",
        "a@" + "b" * 260 + ".co",
    ],
)
def test_what_is_not_one_plain_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="address"):
        Mail(text, "Hello", "Hello")


@pytest.mark.parametrize("subject", ["", "a\nBcc: eve@example.org", "a\rb", "a" * 201, "a\u2028b"])
def test_a_subject_is_one_short_line(subject: str) -> None:
    with pytest.raises(ValueError, match="subject"):
        Mail("a@b.co", subject, "Hello")


@pytest.mark.parametrize(
    "link",
    ["javascript:x", "https://x.org/\r\nBcc: a@b.co", "https://x.org/>", "https://x.org/ a", "//x.org"],
)
def test_a_link_that_ends_mails_is_one_address(link: str) -> None:
    with pytest.raises(ValueError, match="link"):
        Mail("a@b.co", "Hello", "Hello", unsubscribe=link)


@pytest.mark.spec("RFC 8058", "3.1")
def test_mail_that_can_be_ended_says_where_and_other_mail_says_nothing() -> None:
    link = "https://health.example.org/agency/reminders/x-_"
    message = build_message(Mail("a@b.co", "Hello", "Hello", link), "b@b.co", "id", NOW)
    assert message["List-Unsubscribe"] == f"<{link}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "List-Unsubscribe" not in build_message(Mail("a@b.co", "Hello", "Hello"), "b@b.co", "id", NOW)


@given(st.text(max_size=80))
def test_whoever_may_sign_up_can_be_written_to(text: str) -> None:
    assert check_email(text) is not None or is_address(text)


@given(st.text(max_size=60), st.text(max_size=200))
def test_nothing_that_a_mail_says_becomes_a_header(subject: str, text: str) -> None:
    try:
        mail = Mail("ada@example.org", subject, text)
    except ValueError:
        return
    message = build_message(mail, "borvo@example.org", "id", NOW)
    assert set(message.keys()) == {
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "Content-Type",
        "MIME-Version",
    }
    assert message["To"] == "ada@example.org"


def test_a_relay_is_read_from_its_url() -> None:
    relay = parse_relay("smtp://us%40er:p%2Fw@mail.example.org")
    assert (relay.host, relay.port, relay.username) == ("mail.example.org", 587, "us@er")
    assert relay.password.reveal() == "p/w"
    assert "p/w" not in repr(relay)
    assert parse_relay("smtps://mail.example.org").port == 465
    assert parse_relay("smtps://mail.example.org:2465").port == 2465


def _demands(url: str) -> tuple[bool, bool]:
    relay: Relay = parse_relay(url)
    return relay.is_tls, relay.demands_starttls


def test_only_this_machine_is_spoken_to_in_the_clear() -> None:
    assert _demands("smtps://mail.example.org") == (True, False)
    assert _demands("smtp://mail.example.org") == (False, True)
    assert _demands("smtp://10.0.0.1:25") == (False, True)
    assert _demands("smtp://127.0.0.1:2525") == (False, False)
    assert _demands("smtp://[::1]:2525") == (False, False)


@pytest.mark.parametrize(
    ("url", "sender"),
    [
        ("smtp://mail.example.org", ""),
        ("", "borvo@example.org"),
        ("http://mail.example.org", "borvo@example.org"),
        ("smtp://", "borvo@example.org"),
        ("smtp://user@mail.example.org", "borvo@example.org"),
        ("smtp://mail.example.org:no", "borvo@example.org"),
        ("smtp://u:hunter2@mail.example.org/path", "borvo@example.org"),
        ("smtp://mail.example.org", "Borvo <borvo@example.org>"),
    ],
)
def test_unusable_mail_settings_are_refused_without_their_secret(url: str, sender: str) -> None:
    settings = Settings(
        issuer="http://localhost:8000",
        database_url="postgresql://localhost/borvo",
        secret_key="a" * 44,
        smtp_url=url,
        mail_from=sender,
    )
    with pytest.raises(SettingsError) as error:
        check_settings(settings)
    assert "hunter2" not in str(error.value)
    assert "hunter2" not in repr(settings)
