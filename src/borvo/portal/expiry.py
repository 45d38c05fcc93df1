"""Rules about the end of secrets: how long they may live, and when their owners are warned."""

from datetime import datetime, timedelta

from borvo.kernel.text import say

LIFETIMES = (30, 90, 180, 365)
"""The days that the form offers."""

WARNINGS = (1, 7, 30)
"""So many days before the end the members are told, the last time first."""

SECRET_ENDS_SOON = timedelta(days=max(WARNINGS))
"""From when on pages say so: when the first warning is sent."""

EXPIRED_KEPT = timedelta(days=90)
"""How long an expired secret is shown, before the clean-up deletes it."""


def check_days(days: int | None) -> str | None:
    return None if days is None or days in LIFETIMES else say("Choose one of the lifetimes.")


def find_end(now: datetime, days: int | None) -> datetime | None:
    return None if days is None else now + timedelta(days=days)


def find_warning(now: datetime, expires_at: datetime | None) -> int | None:
    """Which warning is due by now, None for none yet."""
    if expires_at is None:
        return None
    return next((days for days in WARNINGS if expires_at - now <= timedelta(days=days)), None)


def count_days_left(now: datetime, expires_at: datetime | None) -> int | None:
    """Days until a secret ends, a begun one counted; None for one that does not end soon, or has ended."""
    if expires_at is None or not now < expires_at <= now + SECRET_ENDS_SOON:
        return None
    return -((now - expires_at) // timedelta(days=1))
