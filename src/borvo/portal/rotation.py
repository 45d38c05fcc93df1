"""How far the change of a client's secret has come: add a new one, switch the app over, remove the old one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from borvo.portal.model import SecretRecord

SILENCE = timedelta(days=1)
"""So long after its last use an old secret counts as given up: what runs once a day has run."""


class Step(StrEnum):
    """What the developer does next."""

    ADD = "add"
    SWITCH = "switch"
    WAIT = "wait"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Rotation:
    """`latest` is the secret to use, `old` are those to be removed, oldest first, and `busy` those of them that were
    used of late."""

    step: Step
    latest: SecretRecord
    old: tuple[SecretRecord, ...]
    busy: tuple[SecretRecord, ...]


def is_silent(secret: SecretRecord, now: datetime) -> bool:
    """Whether nothing has used it for a day; what has just been made has had no time to be used."""
    return now - (secret.last_used_at or secret.created_at) >= SILENCE


def find_rotation(secrets: Sequence[SecretRecord], now: datetime) -> Rotation | None:
    """None without a secret that works. `secrets` come oldest first."""
    live = [secret for secret in secrets if secret.is_live(now)]
    if not live:
        return None
    *old, latest = live
    busy = tuple(secret for secret in old if not is_silent(secret, now))
    return Rotation(_find_step(latest, old, busy), latest, tuple(old), busy)


def _find_step(latest: SecretRecord, old: Sequence[SecretRecord], busy: Sequence[SecretRecord]) -> Step:
    if not old:
        return Step.ADD
    if latest.last_used_at is None:
        return Step.SWITCH
    return Step.WAIT if busy else Step.REMOVE
