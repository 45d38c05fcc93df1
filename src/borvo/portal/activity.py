"""How much clients are used: counted by the day, with the client and the kind and nobody's name.

Noted in memory and written every few seconds, since nobody waits for a count.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from operator import add

from borvo.kernel.clock import Clock
from borvo.kernel.text import say
from borvo.portal import activity_store
from borvo.storage.database import Connection, Database
from borvo.storage.notes import Notes

WRITE_EVERY = timedelta(seconds=5)
"""A worker that is killed forgets what it counted since."""

KEPT = timedelta(days=2 * 366)
"""So that a month can be held against the same one of the year before, with all of the year around it."""

PERIODS = (7, 30, 90)
"""The days that the page shows."""

_MOST = 50_000


class Activity(StrEnum):
    """What is counted. The words are what the table says: one that was written must not change its meaning."""

    SIGN_IN = "sign_in"
    TOKEN_BY_CODE = "token_code"  # noqa: S105
    TOKEN_BY_REFRESH = "token_refresh"  # noqa: S105
    TOKEN_BY_DEVICE = "token_device"  # noqa: S105
    TOKEN_FOR_SERVICE = "token_service"  # noqa: S105
    TOKEN_BY_BROWSER = "token_browser"  # noqa: S105
    SAMPLES_WRITTEN = "samples_written"
    SAMPLES_READ = "samples_read"


TOKEN_LABELS = {
    Activity.TOKEN_BY_CODE: say("for a code"),
    Activity.TOKEN_BY_REFRESH: say("for a refresh token"),
    Activity.TOKEN_BY_DEVICE: say("to a device"),
    Activity.TOKEN_FOR_SERVICE: say("to the client itself"),
    Activity.TOKEN_BY_BROWSER: say("through the browser"),
}


class ClientActivity:
    """What this worker has counted since it last wrote."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._notes = Notes(_write, add, most=_MOST)

    def note(self, client_id: str, activity: Activity, count: int = 1) -> None:
        """On the present day of UTC. Ids of clients that are not registered are let go of when it is written."""
        if count:
            self._notes.note((client_id, self._clock().date(), activity), count)

    async def flush(self, database: Database) -> None:
        """Adds what was counted to what is there; what cannot be written now is kept for the next time."""
        await self._notes.flush(database)


async def _write(connection: Connection, noted: Mapping[tuple[str, date, Activity], int]) -> None:
    await activity_store.add_counts(connection, [(*key, count) for key, count in noted.items()])


@dataclass(frozen=True, slots=True)
class Series:
    """One chart: a figure for each day, oldest first. `note` says what is counted."""

    slug: str
    title: str
    note: str
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class ActivityReport:
    """What a client did on some days in a row, the last of which is not over."""

    days: tuple[date, ...]
    series: tuple[Series, ...]
    tokens: tuple[tuple[str, int], ...]
    """Of the access tokens, how many were issued how; without the ways that were not taken."""

    @property
    def is_empty(self) -> bool:
        return not any(each.total for each in self.series)

    @property
    def rows(self) -> list[tuple[date, tuple[int, ...]]]:
        """The numbers of the charts as a table, the latest day first."""
        by_day = zip(*(each.counts for each in self.series), strict=True)
        return list(zip(self.days, by_day, strict=True))[::-1]


_CHARTS: Sequence[tuple[str, str, str, frozenset[Activity]]] = (
    (
        "sign-ins",
        say("Sign-ins"),
        say("People sent back to the app with a code or an id token, silent sign-ins among them."),
        frozenset({Activity.SIGN_IN}),
    ),
    (
        "tokens",
        say("Access tokens"),
        say("Issued to the client, in whatever way."),
        frozenset(TOKEN_LABELS),
    ),
    (
        "written",
        say("Samples written"),
        say("New ones; a reading of several parts counts once, and one that was sent before not again."),
        frozenset({Activity.SAMPLES_WRITTEN}),
    ),
    (
        "read",
        say("Samples read"),
        say("Handed out in answers; a reading of several parts counts once."),
        frozenset({Activity.SAMPLES_READ}),
    ),
)


def list_days(today: date, period: int) -> tuple[date, ...]:
    """So many days up to `today`, oldest first."""
    return tuple(today - timedelta(days=back) for back in range(period - 1, -1, -1))


def build_report(rows: Iterable[tuple[date, str, int]], today: date, period: int) -> ActivityReport:
    """From the counts by day and kind of the period. Days without any have zero; what a later release counts and this
    one does not know is left out."""
    days, known = list_days(today, period), set(Activity)
    counts: dict[tuple[date, Activity], int] = {
        (day, Activity(kind)): count for day, kind, count in rows if kind in known
    }

    def total(day: date, kinds: Iterable[Activity]) -> int:
        return sum(counts.get((day, kind), 0) for kind in kinds)

    series = [
        Series(slug, title, note, tuple(total(day, kinds) for day in days))
        for slug, title, note, kinds in _CHARTS
    ]
    ways = [(label, sum(total(day, (kind,)) for day in days)) for kind, label in TOKEN_LABELS.items()]
    return ActivityReport(days, tuple(series), tuple(way for way in ways if way[1]))
