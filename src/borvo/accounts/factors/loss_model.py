"""Second factors that somebody says she has lost, as values."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from borvo.accounts.factors.model import Factors
from borvo.kernel.ids import PersonId
from borvo.kernel.text import Text, gather, say


class FactorKind(StrEnum):
    """What support sees of second factors, and removes as a whole."""

    APP = "app"
    PASSKEY = "passkey"

    @property
    def label(self) -> Text:
        return say("an authenticator app") if self is FactorKind.APP else say("passkeys")


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


def name_kinds(kinds: Iterable[FactorKind]) -> Text:
    """Empty for none; there are two at most."""
    labels = [kind.label for kind in kinds]
    if len(labels) > 1:
        return say("%(one)s and %(other)s", one=labels[0], other=labels[1])
    return gather(labels)


def retell_kinds(told: str) -> str:
    """What `name_kinds` once said, to be said in another language; unknown words stay as they are."""
    sets = ([FactorKind.APP], [FactorKind.PASSKEY], [FactorKind.APP, FactorKind.PASSKEY])
    return next((text for text in map(name_kinds, sets) if text == told), told)
