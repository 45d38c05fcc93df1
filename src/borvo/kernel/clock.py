"""The clock enters by parameter, so that tests own time."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def read_system_clock() -> datetime:
    """The present instant, aware and in UTC."""
    return datetime.now(UTC)
