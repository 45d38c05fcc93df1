"""A year of made-up readings, for people who have none yet: heart rates every ten minutes, a weight each morning."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

DAYS = 365


def list_year(until: datetime, days: int = DAYS) -> Iterator[dict[str, Any]]:
    """As samples to be written, in units that people know; the same for the same day, so that they are stored once."""
    first = until.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days)
    for day in range(days):
        morning = first + timedelta(days=day)
        for minute in range(0, 24 * 60, 10):
            at = morning + timedelta(minutes=minute)
            # Slow at night, fast in the afternoon, and a little slower with each month of training.
            rate = (
                68 - 12 * math.cos(minute / 1440 * 2 * math.pi) - day / 60 + 4 * math.sin(day * 37 + minute)
            )
            yield _sample("heart_rate", at, round(rate), "/min")
        weight = 78 - day / 90 + 0.4 * math.sin(day * 1.7)
        yield _sample("body_mass", morning + timedelta(hours=7), round(weight, 1), "kg")


def _sample(type_: str, at: datetime, value: float, unit: str) -> dict[str, Any]:
    date = at.isoformat()
    return {
        "type": type_,
        "clientAssignedId": f"year-{type_}-{date}",
        "device": "made up",
        "dateRange": {"lowerBound": date, "upperBound": date},
        "quantityValue": value,
        "unit": unit,
    }
