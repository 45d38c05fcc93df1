"""Settings: read from `BORVO_*` environment variables, checked before anything starts."""

import base64
import binascii
from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from borvo.kernel.issuer import check_issuer
from borvo.kernel.secret import Secret
from borvo.languages.catalogues import SOURCE, TAGS
from borvo.mail.model import parse_address
from borvo.mail.sms import check_gateway
from borvo.mail.smtp import parse_relay
from borvo.storage.sealing import MINIMUM_SECRET_BYTES
from borvo.storage.security_events.streaming import parse_sink

PREFIX = "BORVO_"
_FACTOR_ROLES = frozenset({"agent", "developer", "membership_manager", "support"})


class SettingsError(Exception):
    """A setting is missing, malformed or unsafe; the text names it and says what to do."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """One field an environment variable: `issuer` is `BORVO_ISSUER`, and so on."""

    issuer: Annotated[
        str, Meta(description="Public base URL, https except on loopback. The OpenID issuer identifier.")
    ]
    database_url: Annotated[
        str, Meta(description="PostgreSQL 15 to 18: `postgresql://user:password@host/name`.")
    ]
    secret_key: Annotated[
        str,
        Meta(
            description="At least 32 random bytes in base64. Encrypts signing keys at rest and keys every other "
            "digest; losing it loses those. `openssl rand -base64 32` makes one."
        ),
    ]
    other_secret_keys: Annotated[
        str,
        Meta(
            description="Secrets that open what was sealed under them, parted by commas, while `BORVO_SECRET_KEY` is "
            "being changed: the one before, or the one to come."
        ),
    ] = ""
    host: Annotated[str, Meta(description="Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535, description="Port to listen on.")] = 8000
    workers: Annotated[int, Meta(ge=1, le=256, description="Worker processes.")] = 1
    metrics_port: Annotated[
        int, Meta(ge=0, le=65535, description="Port of `/metrics` on loopback; 0 turns it off.")
    ] = 0
    trusted_proxies: Annotated[
        int,
        Meta(
            ge=0, le=10, description="How many proxies in front are ours: whose X-Forwarded-For is believed."
        ),
    ] = 0
    database_connections: Annotated[
        int, Meta(ge=1, le=1000, description="Connections a worker keeps at most.")
    ] = 10
    profile: Annotated[
        Literal["compatible", "strict"],
        Meta(
            description="How much clients may be allowed. `strict`: what the FAPI 2.0 Security Profile allows; apps "
            "with a server, private_key_jwt, pushed requests, codes only, access tokens bound to keys (DPoP)."
        ),
    ] = "compatible"
    access_token_minutes: Annotated[
        int,
        Meta(ge=5, le=60, description="Minutes that access tokens live at most; a client may want fewer."),
    ] = 60
    refresh_token_days: Annotated[
        int, Meta(ge=1, le=3650, description="Days after which lasting access ends, however much it is used.")
    ] = 180
    refresh_token_idle_days: Annotated[
        int, Meta(ge=1, le=3650, description="Days without use after which lasting access ends.")
    ] = 30
    refresh_token_retry_seconds: Annotated[
        int,
        Meta(
            ge=0,
            le=300,
            description="How long a refresh token is taken again after it was replaced, for clients that lost the "
            "answer. 0 takes every second use for theft.",
        ),
    ] = 0
    outgoing_networks: Annotated[
        Literal["public", "any"],
        Meta(
            description="Where notifications to clients may go: to public addresses, or to any, those of the "
            "operator's own network included. With a loopback issuer any."
        ),
    ] = "public"
    smtp_url: Annotated[
        str,
        Meta(
            description="The mail server: `smtp://user:password@host:587`, where STARTTLS is demanded unless the "
            "host is this machine, or `smtps://user:password@host`. Without it mail waits in the outbox."
        ),
    ] = ""
    mail_from: Annotated[
        str, Meta(description="Address that mail comes from; needed with `BORVO_SMTP_URL`.")
    ] = ""
    sms_url: Annotated[
        str,
        Meta(
            description="Gateway for text messages, https unless it is on this machine; each is posted to it as JSON. "
            "Without it nobody can be invited by text message."
        ),
    ] = ""
    sms_token: Annotated[
        str,
        Meta(description="Credential for the gateway, sent as a bearer token; needed with `BORVO_SMS_URL`."),
    ] = ""
    sms_sender: Annotated[
        str, Meta(description="Sender of text messages: a number or a name that the gateway knows.")
    ] = ""
    language: Annotated[
        str,
        Meta(
            description="Language of pages and mails for people of whom nothing is known: "
            + " or ".join(f"`{tag}`" for tag in TAGS)
            + "."
        ),
    ] = SOURCE
    second_factor_roles: Annotated[
        str,
        Meta(
            description="Roles whose people must have a second factor, parted by commas: `agent`, `developer`, "
            "`membership_manager`, `support`. Whoever has such a role and no factor is led to set one up before "
            "anything else opens."
        ),
    ] = ""
    factor_removal_hours: Annotated[
        int,
        Meta(
            ge=24,
            le=720,
            description="Hours between support being asked to remove a lost second factor and its removal, in which "
            "the person can stop it by a link.",
        ),
    ] = 72
    account_closing_days: Annotated[
        int,
        Meta(
            ge=1,
            le=90,
            description="Days before a closed account is erased, in which its owner may come back.",
        ),
    ] = 14
    agency_invite_days: Annotated[
        int, Meta(ge=1, le=90, description="Days that people have to answer an invite of an agency.")
    ] = 14
    agency_reminder_days: Annotated[
        int,
        Meta(
            ge=0,
            le=90,
            description="Days after which people are reminded by mail of a request of an agency that they wanted to "
            "decide on later, and once more after as many; 0: never.",
        ),
    ] = 3
    security_event_days: Annotated[
        int, Meta(ge=30, le=36500, description="How many days security events are kept.")
    ] = 365
    audit_trail_days: Annotated[
        int,
        Meta(
            ge=366,
            le=36500,
            description="How many days the audit trails of developer tenancies are kept: who changed what.",
        ),
    ] = 2190
    access_log_days: Annotated[
        int,
        Meta(
            ge=366,
            le=36500,
            description="How many days people see what agencies have read of them, and under which version of their "
            "consent.",
        ),
    ] = 2190
    closed_invite_days: Annotated[
        int,
        Meta(ge=30, le=3650, description="How many days agencies see invites after those have ended."),
    ] = 365
    failed_request_days: Annotated[
        int,
        Meta(ge=1, le=365, description="How many days developers see requests of their clients that failed."),
    ] = 30
    ended_session_days: Annotated[
        int,
        Meta(
            ge=1,
            le=365,
            description="How many days a session of a person stays in the database after its end.",
        ),
    ] = 30
    delivered_message_days: Annotated[
        int,
        Meta(
            ge=1,
            le=365,
            description="How many days mail and other messages are kept once they were delivered.",
        ),
    ] = 7
    undelivered_message_days: Annotated[
        int,
        Meta(ge=1, le=365, description="How many days messages are kept once their delivery was given up."),
    ] = 90
    security_event_sink: Annotated[
        str,
        Meta(
            description="Where security events are sent on to: `syslogs://host:6514` (TLS), `syslog://localhost:601`, "
            "or a collector's OTLP address such as `https://host/v1/logs`; unencrypted to this machine only."
        ),
    ] = ""
    sample_past_days: Annotated[
        int,
        Meta(
            ge=2,
            le=3650,
            description="How many days is kept what samples were before they were changed or deleted: how long a "
            "client may be away and still learn what has changed. It goes in parts, which takes up to a third longer.",
        ),
    ] = 90
    sample_snapshot_days: Annotated[
        int,
        Meta(
            ge=1,
            le=3650,
            description="How many days the results of a two-step query stay; a day less than `BORVO_SAMPLE_PAST_DAYS` "
            "at most.",
        ),
    ] = 30
    sample_export_days: Annotated[
        int,
        Meta(
            ge=1,
            le=90,
            description="How many days a finished export of a person's samples can be downloaded.",
        ),
    ] = 7
    key_rotation_days: Annotated[
        int,
        Meta(
            ge=0,
            le=3650,
            description="After how many days of signing a key is followed by another; 0: only by `borvo keys rotate`.",
        ),
    ] = 90
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="The least level that is logged.")
    ] = "info"

    def __repr__(self) -> str:
        """Without the secret key and the credentials of the database, the mail server and the gateway."""
        return f"Settings(issuer={self.issuer!r}, ...)"

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach the instance by https."""
        return self.issuer.startswith("https://")

    @property
    def factor_roles(self) -> frozenset[str]:
        """The names in `second_factor_roles`."""
        return frozenset(name.strip() for name in self.second_factor_roles.split(",") if name.strip())

    def reveal_secret_key(self) -> Secret[bytes]:
        """The decoded key; `check_settings` has made sure that it decodes."""
        return Secret(base64.b64decode(self.secret_key))

    def reveal_other_secret_keys(self) -> Secret[list[bytes]]:
        """Decoded, in the order given."""
        return Secret([base64.b64decode(text) for text in _split_keys(self.other_secret_keys)])


def _check_issuer(issuer: str) -> None:
    try:
        check_issuer(issuer)
    except ValueError as fault:
        raise SettingsError(f"BORVO_ISSUER {fault}") from None


def _split_keys(text: str) -> list[str]:
    return [key.strip() for key in text.split(",")] if text.strip() else []


def _check_secret_key(text: str, subject: str = "BORVO_SECRET_KEY") -> None:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise SettingsError(f"{subject} is not base64; make one with: openssl rand -base64 32") from None
    if len(key) < MINIMUM_SECRET_BYTES:
        raise SettingsError(f"{subject} has {len(key)} bytes; it needs {MINIMUM_SECRET_BYTES} or more")


def _check_secret_keys(settings: Settings) -> None:
    _check_secret_key(settings.secret_key)
    for key in _split_keys(settings.other_secret_keys):
        _check_secret_key(key, "a key in BORVO_OTHER_SECRET_KEYS")
    if settings.reveal_secret_key().reveal() in settings.reveal_other_secret_keys().reveal():
        raise SettingsError("BORVO_OTHER_SECRET_KEYS holds BORVO_SECRET_KEY; name only others there")


def _check_mail(settings: Settings) -> None:
    if bool(settings.smtp_url) != bool(settings.mail_from):
        raise SettingsError("BORVO_SMTP_URL and BORVO_MAIL_FROM belong together: set both or neither")
    if not settings.smtp_url:
        return
    try:
        parse_relay(settings.smtp_url)
    except ValueError as fault:
        raise SettingsError(f"BORVO_SMTP_URL cannot be used: {fault}") from None
    try:
        parse_address(settings.mail_from)
    except ValueError:
        raise SettingsError("BORVO_MAIL_FROM must be one address such as borvo@health.example.org") from None


def _check_sms(settings: Settings) -> None:
    if bool(settings.sms_url) != bool(settings.sms_token):
        raise SettingsError("BORVO_SMS_URL and BORVO_SMS_TOKEN belong together: set both or neither")
    if not settings.sms_url:
        return
    try:
        check_gateway(settings.sms_url)
    except ValueError as fault:
        raise SettingsError(f"BORVO_SMS_URL cannot be used: {fault}") from None
    if not (settings.sms_token.isascii() and settings.sms_token.isprintable()) or " " in settings.sms_token:
        raise SettingsError("BORVO_SMS_TOKEN must be of printable ASCII characters without spaces")


def _check_sink(url: str) -> None:
    if not url:
        return
    try:
        parse_sink(url)
    except ValueError as fault:
        raise SettingsError(f"BORVO_SECURITY_EVENT_SINK cannot be used: {fault}") from None


def _check_language(tag: str) -> None:
    if tag not in TAGS:
        raise SettingsError(f"BORVO_LANGUAGE must be one of: {', '.join(TAGS)}")


def check_settings(settings: Settings) -> None:
    """Raises `SettingsError` for what is unsafe to run with."""
    _check_language(settings.language)
    _check_issuer(settings.issuer)
    _check_secret_keys(settings)
    _check_mail(settings)
    _check_sms(settings)
    if unknown := settings.factor_roles - _FACTOR_ROLES:
        raise SettingsError(f"BORVO_SECOND_FACTOR_ROLES names {min(unknown)!r}, which is none of the roles")
    _check_sink(settings.security_event_sink)
    if settings.metrics_port == settings.port:
        raise SettingsError("BORVO_METRICS_PORT must be another port than BORVO_PORT")
    if not settings.database_url.startswith(("postgresql://", "postgres://")):
        raise SettingsError("BORVO_DATABASE_URL must be a postgresql:// URL")


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings in the environment, converted and checked. Unknown `BORVO_*` names are refused: a misspelt
    setting must not silently fall back to a default."""
    fields = {field.name: field for field in msgspec.structs.fields(Settings)}
    given = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in environment.items()
        if name.startswith(PREFIX)
    }
    if unknown := sorted(set(given) - set(fields) - _OTHER_VARIABLES):
        raise SettingsError(f"{PREFIX}{unknown[0].upper()} is not a setting of Borvo")
    for name, field in fields.items():
        if field.required and not given.get(name):
            raise SettingsError(f"{PREFIX}{name.upper()} is not set")
    try:
        settings = msgspec.convert(
            {name: given[name] for name in fields if name in given}, Settings, strict=False
        )
    except msgspec.ValidationError as fault:
        # `$.port`: the path names the field; the value is not repeated, it may be a secret.
        message = str(fault)
        field_name = message.rpartition("$.")[2].rstrip("`") if "$." in message else "?"
        raise SettingsError(f"{PREFIX}{field_name.upper()}: {message.partition(' - ')[0]}") from None
    check_settings(settings)
    return settings


# Read by scripts and tests, not by the server.
_OTHER_VARIABLES = {"chromium", "fuzz", "portal_token", "portal_url", "require_apache", "test_database_url"}
