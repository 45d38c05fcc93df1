"""Second factors that somebody says she has lost, as values."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from borvo.accounts.factors.model import Factors
from borvo.accounts.factors.words import APP, PASSKEY
from borvo.kernel.ids import PersonId
from borvo.kernel.text import say

BOTH = say("an authenticator app and passkeys")


class FactorKind(StrEnum):
    """What support sees of second factors, and removes as a whole."""

    APP = "app"
    PASSKEY = "passkey"

    @property
    def label(self) -> str:
        return APP if self is FactorKind.APP else say("passkeys")


def name_kinds(kinds: Iterable[FactorKind]) -> str:
    """In words for people; empty for none."""
    chosen = set(kinds)
    if len(chosen) > 1:
        return BOTH
    return next((kind.label for kind in chosen), "")


_TOLD = {str(each): each for each in (APP, PASSKEY, FactorKind.PASSKEY.label, BOTH)}


def name_factor(told: str) -> str:
    """What an event tells in English of a factor, as words that can be said in every language."""
    return _TOLD.get(told, told) or say("something")


@dataclass(frozen=True, slots=True)
class FactorRemoval:
    """Which kinds go at `due_at`, unless somebody stops it: those of them that were there at `asked_at`."""

    person_id: PersonId
    kinds: tuple[FactorKind, ...]
    asked_at: datetime
    due_at: datetime

    @property
    def factors(self) -> str:
        return name_kinds(self.kinds)


def list_kinds(factors: Factors) -> tuple[FactorKind, ...]:
    """Those that she has."""
    present = {FactorKind.APP: factors.totp_since is not None, FactorKind.PASSKEY: bool(factors.passkeys)}
    return tuple(kind for kind in FactorKind if present[kind])
