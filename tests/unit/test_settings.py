"""Settings are checked before anything starts, and show no secret."""

import base64

import pytest

from borvo.accounts.public import Role
from borvo.settings import SettingsError, read_settings

GOOD = {
    "BORVO_ISSUER": "https://health.example.org",
    "BORVO_DATABASE_URL": "postgresql://user:planted@db/borvo",
    "BORVO_SECRET_KEY": base64.b64encode(b"s" * 32).decode(),
}


def test_the_least_that_is_needed() -> None:
    settings = read_settings({**GOOD, "PATH": "/bin"})
    assert settings.is_secure
    assert settings.reveal_secret_key().reveal() == b"s" * 32
    assert settings.port == 8000


def test_what_commands_read_may_be_set_beside_the_settings() -> None:
    assert read_settings({**GOOD, "BORVO_PORTAL_URL": "x", "BORVO_PORTAL_TOKEN": "y"}).is_secure


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ISSUER", ""),
        ("ISSUER", "health.example.org"),
        ("ISSUER", "ftp://health.example.org"),
        ("ISSUER", "http://health.example.org"),
        ("ISSUER", "https://health.example.org/"),
        ("ISSUER", "https://health.example.org?x=1"),
        ("ISSUER", "https://health.example.org#x"),
        ("ISSUER", "HTTPS://health.example.org"),
        ("ISSUER", "https://Health.example.org"),
        ("ISSUER", "https://me:pw@health.example.org"),
        ("ISSUER", "https://health.example.org\n"),
        ("ISSUER", "https://health.example.org:99999"),
        ("ISSUER", "https://["),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "not base64 at all!"),
        ("SECRET_KEY", base64.b64encode(b"s" * 31).decode()),
        ("AUDIT_TRAIL_DAYS", "365"),
        ("ACCESS_LOG_DAYS", "365"),
        ("FAILED_REQUEST_DAYS", "0"),
        ("OTHER_SECRET_KEYS", "short"),
        ("OTHER_SECRET_KEYS", base64.b64encode(b"t" * 32).decode() + ","),
        ("OTHER_SECRET_KEYS", GOOD["BORVO_SECRET_KEY"]),
        ("DATABASE_URL", "mysql://x"),
        ("PORT", "0"),
        ("PORT", "http"),
        ("PROFILE", "lax"),
        ("PROFIL", "strict"),
    ],
)
def test_what_is_unsafe_or_misspelt_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings({**GOOD, f"BORVO_{name}": value})
    assert f"BORVO_{name}" in str(caught.value)


def test_settings_and_their_errors_show_no_secret() -> None:
    shown = repr(read_settings(GOOD))
    assert "planted" not in shown
    assert GOOD["BORVO_SECRET_KEY"] not in shown
    with pytest.raises(SettingsError) as caught:
        read_settings(
            {**GOOD, "BORVO_SMS_URL": "https://me:planted@sms.example.org", "BORVO_SMS_TOKEN": "planted"}
        )
    assert "planted" not in str(caught.value)
    with pytest.raises(SettingsError) as caught:
        read_settings({**GOOD, "BORVO_SECRET_KEY": "planted-but-short"})
    assert "planted" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "token"),
    [
        ("https://sms.example.org/messages", ""),
        ("", "token"),
        ("http://sms.example.org/messages", "token"),
        ("ftp://localhost/messages", "token"),
        ("https:///messages", "token"),
        ("https://[", "token"),
        ("https://me@sms.example.org", "token"),
        ("https://sms.example.org/a b", "token"),
        ("https://sms.example.org/messages", "two words"),
        ("https://sms.example.org/messages", "line\r\nend"),
    ],
)
def test_a_gateway_for_text_messages_is_checked_with_its_credential(url: str, token: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings({**GOOD, "BORVO_SMS_URL": url, "BORVO_SMS_TOKEN": token})
    assert "BORVO_SMS_" in str(caught.value)


@pytest.mark.parametrize("url", ["https://sms.example.org/messages", "http://localhost:9000"])
def test_a_gateway_by_https_or_on_this_machine_is_taken(url: str) -> None:
    assert read_settings({**GOOD, "BORVO_SMS_URL": url, "BORVO_SMS_TOKEN": "token"}).sms_url == url


def test_roles_that_must_have_a_second_factor_are_named_apart() -> None:
    settings = read_settings({**GOOD, "BORVO_SECOND_FACTOR_ROLES": "agent, support,"})
    assert settings.factor_roles == {"agent", "support"}
    assert read_settings(GOOD).factor_roles == frozenset()
    every = ",".join(set(Role) - {Role.PATIENT})
    assert len(read_settings({**GOOD, "BORVO_SECOND_FACTOR_ROLES": every}).factor_roles) == len(Role) - 1
    with pytest.raises(SettingsError, match=r"BORVO_SECOND_FACTOR_ROLES names 'nurse'"):
        read_settings({**GOOD, "BORVO_SECOND_FACTOR_ROLES": "agent,nurse"})


def test_a_night_does_not_outlast_the_cooling_off_period() -> None:
    assert read_settings({**GOOD, "BORVO_FACTOR_REMOVAL_HOURS": "24"}).factor_removal_hours == 24
    with pytest.raises(SettingsError, match="BORVO_FACTOR_REMOVAL_HOURS"):
        read_settings({**GOOD, "BORVO_FACTOR_REMOVAL_HOURS": "23"})
