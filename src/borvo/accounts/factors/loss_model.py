"""Second factors that somebody says she has lost, as values."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from borvo.accounts.factors.model import Factors
from borvo.kernel.ids import PersonId


class FactorKind(StrEnum):
    """What support sees of second factors, and removes as a whole."""

    APP = "app"
    PASSKEY = "passkey"

    @property
    def label(self) -> str:
        return "an authenticator app" if self is FactorKind.APP else "passkeys"


@dataclass(frozen=True, slots=True)
class FactorRemoval:
    """Which kinds go at `due_at`, unless somebody stops it: those of them that were there at `asked_at`."""

    person_id: PersonId
    kinds: tuple[FactorKind, ...]
    asked_at: datetime
    due_at: datetime


def list_kinds(factors: Factors) -> tuple[FactorKind, ...]:
    """Those that she has."""
    present = {FactorKind.APP: factors.totp_since is not None, FactorKind.PASSKEY: bool(factors.passkeys)}
    return tuple(kind for kind in FactorKind if present[kind])


def name_kinds(kinds: Iterable[FactorKind]) -> str:
    return " and ".join(kind.label for kind in kinds)
