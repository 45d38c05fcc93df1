"""How near a client came to the limits that hold up its requests. Who was counted is not kept: only how high the
highest count was."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from borvo.accounts.public import Counter, Limit, Limiter, build_refusal, find_window
from borvo.kernel.errors import TooManyRequestsError
from borvo.portal import activity_store
from borvo.portal.model import RegisteredClient
from borvo.storage.database import Connection, Database
from borvo.storage.notes import Notes

LATELY = timedelta(days=1)
KEPT = timedelta(days=2)
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class ClientLimit:
    """A limit that requests of a client can meet, in words for its developers. `concerns` tells which clients."""

    limit: Limit
    title: str
    scope: str
    concerns: Callable[[RegisteredClient], bool]


@dataclass(frozen=True, slots=True)
class Headroom:
    """One limit with the highest count of the present window, and of the last day."""

    about: ClientLimit
    now: int
    lately: int

    @property
    def left(self) -> int:
        return max(0, self.about.limit.attempts - self.now)


class LimitPeaks:
    """The highest counts that this worker has seen since it last wrote."""

    def __init__(self) -> None:
        self._notes = Notes(_write, max, most=_MOST)

    def note(self, client_id: str, limit: Limit, attempts: int, now: datetime) -> None:
        """That the count stood so high when a request of the client was counted. What is beyond the limit was
        refused, and counts as all of it."""
        self._notes.note((client_id, limit.name, find_window(now)), min(attempts, limit.attempts))

    async def flush(self, database: Database) -> None:
        await self._notes.flush(database)


async def _write(connection: Connection, noted: Mapping[tuple[str, str, datetime], int]) -> None:
    await activity_store.raise_peaks(connection, [(*key, attempts) for key, attempts in noted.items()])


class ClientLimiter:
    """Counts requests of clients as `Limiter` does, and notes how near each comes to the limit."""

    def __init__(self, limiter: Limiter) -> None:
        self.peaks = LimitPeaks()
        self._limiter = limiter

    def find_counter(self, limit: Limit, subject: str, now: datetime) -> Counter:
        return self._limiter.find_counter(limit, subject, now)

    async def spend(self, limit: Limit, client_id: str, subject: str, now: datetime) -> None:
        """As `Limiter.spend`."""
        try:
            attempts = await self._limiter.spend(limit, subject, now)
        except TooManyRequestsError:
            self.peaks.note(client_id, limit, limit.attempts, now)
            raise
        self.peaks.note(client_id, limit, attempts, now)

    async def spend_within(
        self, connection: Connection, limit: Limit, client_id: str, subject: str, now: datetime
    ) -> None:
        """As `Limiter.spend_within`."""
        try:
            attempts = await self._limiter.spend_within(connection, limit, subject, now)
        except TooManyRequestsError:
            self.peaks.note(client_id, limit, limit.attempts, now)
            raise
        self.peaks.note(client_id, limit, attempts, now)

    def check_counted(self, limit: Limit, client_id: str, attempts: int | None, now: datetime) -> None:
        """After a statement that has counted by `COUNT_ATTEMPT`: raises as `Limiter.spend_within` for none."""
        self.peaks.note(client_id, limit, limit.attempts if attempts is None else attempts, now)
        if attempts is None:
            raise build_refusal(limit, now)


def list_headroom(
    limits: Iterable[ClientLimit], client: RegisteredClient, peaks: Mapping[str, tuple[int, int]]
) -> list[Headroom]:
    """Of the limits that the client can meet."""
    concerned = (each for each in limits if each.concerns(client))
    return [Headroom(each, *peaks.get(each.limit.name, (0, 0))) for each in concerned]
