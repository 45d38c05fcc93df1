"""Personal access tokens as values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from borvo.kernel.ids import PersonId

LIFETIMES = (7, 30, 90, 180, 365)
"""The days that a token may be asked for: each ends, within a year."""


class TokenScope(StrEnum):
    """What a token may do for its owner, within what she may do herself."""

    CLIENTS_READ = "clients:read"
    CLIENTS_WRITE = "clients:write"
    CLIENTS_DELETE = "clients:delete"
    SECRETS_WRITE = "secrets:write"
    AUDIT_READ = "audit:read"


@dataclass(frozen=True, slots=True)
class TokenTerms:
    """What its owner says about a token that is to be made. `days` is None for what the page does not offer."""

    label: str
    scopes: frozenset[TokenScope]
    days: int | None


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """What is shown of a token; the token itself cannot be had from it. `ending` is its last four characters, and
    `last_used_at` is coarse."""

    id: UUID
    label: str
    scopes: tuple[TokenScope, ...]
    ending: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = None

    @property
    def name(self) -> str:
        """As the audit trail calls it."""
        return f"token ending {self.ending}"

    def is_live(self, now: datetime) -> bool:
        return now < self.expires_at


@dataclass(frozen=True, slots=True)
class OwnedToken:
    """A token with whose it is, for the owners of its tenancy."""

    record: TokenRecord
    person_id: PersonId
    email: str
