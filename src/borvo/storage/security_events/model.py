"""Security events as values.

To record one more kind of deed, add it to `SecurityEventKind`, give it a sentence on the person's page, and call
`SecurityLog.record` within the transaction of the deed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

INSTANCE = UUID(int=0)
"""Stands for the person in events that concern the whole instance, or nobody who is known."""

KEPT_AT_LEAST = timedelta(days=30)
"""What the trigger in the database holds, too."""

SUPPORT = "support command"
STRANGER = "stranger"
BY_THE_CLOCK = "the cooling-off period"
SUPPORTER = "support person"
TENANCY_OWNER = "tenancy owner"


class SecurityEventKind(StrEnum):
    """What can happen. A new one needs its sentence on the person's page."""

    SIGN_IN = "sign_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGN_IN_REFUSED = "sign_in_refused"
    SIGN_OUT = "sign_out"
    SIGN_UP = "sign_up"
    SESSION_ENDED = "session_ended"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  (a name)
    EMAIL_VERIFIED = "email_verified"
    EMAIL_CHANGED = "email_changed"
    EMAIL_CHANGE_UNDONE = "email_change_undone"
    ACCOUNT_CLOSED = "account_closed"
    ACCOUNT_REOPENED = "account_reopened"
    FACTOR_ADDED = "factor_added"
    FACTOR_REMOVED = "factor_removed"
    FACTOR_UNDONE = "factor_undone"
    SECOND_STEP_FAILED = "second_step_failed"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    RECOVERY_CODE_USED = "recovery_code_used"
    PASSKEY_REFUSED = "passkey_refused"
    PASSKEY_COUNT_WENT_BACK = "passkey_count_went_back"
    CONSENT_GRANTED = "consent_granted"
    CONSENT_NARROWED = "consent_narrowed"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    SHARING_GRANTED = "sharing_granted"
    SHARING_CHANGED = "sharing_changed"
    SHARING_ENDED = "sharing_ended"
    TOKEN_FAMILY_REVOKED = "token_family_revoked"  # noqa: S105  (a name)
    TOKEN_FAMILY_RETURNED = "token_family_returned"  # noqa: S105  (a name)
    CLIENT_SECRET_ADDED = "client_secret_added"  # noqa: S105  (a name)
    CLIENT_SECRET_REMOVED = "client_secret_removed"  # noqa: S105  (a name)
    CLIENT_SECRET_REPORTED = "client_secret_reported"  # noqa: S105  (a name)
    PERSONAL_TOKEN_CREATED = "personal_token_created"  # noqa: S105  (a name)
    PERSONAL_TOKEN_REVOKED = "personal_token_revoked"  # noqa: S105  (a name)
    PERSONAL_TOKEN_ENDED = "personal_token_ended"  # noqa: S105  (a name)
    PERSONAL_TOKEN_REPORTED = "personal_token_reported"  # noqa: S105  (a name)
    EXPORT_REQUESTED = "export_requested"
    EXPORT_DOWNLOADED = "export_downloaded"
    SAMPLES_ERASED = "samples_erased"
    KEY_ROTATED = "key_rotated"
    ROLE_ADDED = "role_added"
    ROLE_REMOVED = "role_removed"
    ACCOUNT_SUSPENDED = "account_suspended"
    SUSPENSION_LIFTED = "suspension_lifted"
    FACTOR_REMOVAL_ASKED = "factor_removal_asked"
    FACTOR_REMOVAL_STOPPED = "factor_removal_stopped"
    VERIFICATION_SENT = "verification_sent"
    SUPPORT_LOOKED = "support_looked"
    SUPPORT_READ_LOG = "support_read_log"
    SUPPORT_ACTED = "support_acted"


@dataclass(frozen=True, slots=True)
class SecurityEvent:
    """What happened, in whose log it belongs, and who did it: the person herself unless said otherwise. `detail` is
    small, and holds neither secrets nor what another person may not read."""

    kind: SecurityEventKind
    person_id: UUID = INSTANCE
    actor: str = ""
    client_id: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)

    @property
    def named_actor(self) -> str:
        if self.actor:
            return self.actor
        return STRANGER if self.person_id == INSTANCE else f"person {self.person_id}"


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events are meant; what is None does not matter. `until` itself is not in it."""

    since: datetime | None = None
    until: datetime | None = None
    kind: SecurityEventKind | None = None
    person_id: UUID | None = None
    client_id: str | None = None
    address: str | None = None
    correlation_id: str | None = None

    def list_equals(self) -> Iterator[tuple[str, object]]:
        """What a column must be, but for the time."""
        kind = self.kind.value if self.kind else None
        for column, value in (
            ("kind", kind),
            ("person_id", self.person_id),
            ("client_id", self.client_id),
            ("address", self.address),
            ("correlation_id", self.correlation_id),
        ):
            yield f"{column} =", value


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """An event as it is kept; `address` and `correlation_id` are empty for what no request began."""

    id: UUID
    person_id: UUID
    at: datetime
    kind: str
    actor: str
    client_id: str | None
    address: str | None
    correlation_id: str | None
    detail: Mapping[str, Any]


def by_supporter(person_id: UUID) -> str:
    """The actor that somebody is who works in the support console."""
    return f"{SUPPORTER} {person_id}"


def is_by_support(actor: str) -> bool:
    return actor == SUPPORT or actor.startswith(f"{SUPPORTER} ")


def by_client(client_id: str) -> str:
    """The actor that a client is."""
    return f"client {client_id}"
