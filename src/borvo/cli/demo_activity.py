"""What the demo's clients did before anybody looked: two months of counts, written as the counters write theirs."""

import math
from collections.abc import Iterator
from datetime import date, timedelta

from borvo.portal.public import Activity, GrantType

DAYS = 60

_SHARES: dict[GrantType, dict[Activity, float]] = {
    GrantType.HYBRID: {
        Activity.SIGN_IN: 1,
        Activity.TOKEN_BY_CODE: 1,
        Activity.SAMPLES_WRITTEN: 2,
        Activity.SAMPLES_READ: 24,
    },
    GrantType.IMPLICIT: {Activity.SIGN_IN: 1, Activity.TOKEN_BY_BROWSER: 1, Activity.SAMPLES_READ: 30},
    GrantType.AUTHORIZATION_CODE: {
        Activity.SIGN_IN: 1,
        Activity.TOKEN_BY_CODE: 1,
        Activity.TOKEN_BY_REFRESH: 3.5,
        Activity.SAMPLES_WRITTEN: 6,
        Activity.SAMPLES_READ: 40,
    },
    GrantType.CLIENT_CREDENTIALS: {Activity.TOKEN_FOR_SERVICE: 2},
    GrantType.DEVICE_CODE: {
        Activity.TOKEN_BY_DEVICE: 0.2,
        Activity.TOKEN_BY_REFRESH: 1.5,
        Activity.SAMPLES_WRITTEN: 1,
    },
}
"""How often each thing happens to one sign-in."""


def list_activity(
    client_id: str, grant_type: GrantType, scopes: tuple[str, ...], today: date
) -> Iterator[tuple[str, date, str, int]]:
    """Up to yesterday; today is for whoever tries the demo. Only what the client's scopes allow."""
    can = {
        Activity.SAMPLES_READ: any(scope.startswith("read.") for scope in scopes),
        Activity.SAMPLES_WRITTEN: any(scope.startswith("write.") for scope in scopes),
    }
    shift = sum(client_id.encode()) % 7
    for back in range(1, DAYS + 1):
        day = today - timedelta(days=back)
        for kind, share in _SHARES[grant_type].items():
            count = round(share * _find_visits(day, back, shift))
            if count and can.get(kind, True):
                yield client_id, day, kind, count


def _find_visits(day: date, back: int, shift: int) -> float:
    """More of late than two months ago, fewer at the weekend, and never the same for long."""
    growth = 4 + 8 * (DAYS - back) / DAYS
    weekday = 0.55 if day.isoweekday() > 5 else 1.0  # noqa: PLR2004
    return growth * weekday * (1 + 0.35 * math.sin(back * 1.7 + shift))
