"""Rules about the end of secrets: how long they may live, and when their owners are warned."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from borvo.portal.model import StoredSecret

LIFETIMES = (30, 90, 180, 365)
"""The days that the form offers."""

WARNINGS = (1, 7, 30)
"""So many days before the end the members are told, the last time first."""

EXPIRED_KEPT = timedelta(days=90)
"""How long an expired secret is shown, before the clean-up deletes it."""


def check_days(days: int | None) -> str | None:
    return None if days is None or days in LIFETIMES else "Choose one of the lifetimes."


def find_end(now: datetime, days: int | None) -> datetime | None:
    return None if days is None else now + timedelta(days=days)


def find_warning(now: datetime, expires_at: datetime | None) -> int | None:
    """Which warning is due by now, None for none yet."""
    if expires_at is None:
        return None
    return next((days for days in WARNINGS if expires_at - now <= timedelta(days=days)), None)


def list_expiring(secrets: Iterable[StoredSecret], now: datetime) -> tuple[StoredSecret, ...]:
    """Those that still work and end within the first warning's time, the next one to end first."""
    soon = [each for each in secrets if each.is_live(now) and find_warning(now, each.expires_at) is not None]
    return tuple(sorted(soon, key=lambda each: each.expires_at or now))
