"""Limits on what can be guessed, counted in the database so that they hold across workers."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import TypeVar

from borvo.accounts import attempt_store
from borvo.accounts.attempt_store import Counting, Uncounting
from borvo.kernel.digests import digest_with_key
from borvo.kernel.errors import TooManyRequestsError
from borvo.kernel.text import say_count
from borvo.storage.database import Connection, Database

T = TypeVar("T")

_EPOCH_STEP = timedelta(minutes=15)
_REFUSED_UNSEEN = timedelta(seconds=5)
_MOST_REMEMBERED = 10_000
_STEP_SECONDS = int(_EPOCH_STEP.total_seconds())


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `attempts` of one thing by or against one subject in a quarter of an hour. One `is_shared` where many are
    behind a subject: what is right takes back its own attempt and no others'."""

    name: str
    attempts: int
    is_shared: bool = False


# Wrong passwords from one network lock out that network: a stranger cannot keep a person from her account.
SIGN_IN_BY_PAIR = Limit("sign-in-pair", 10)
# NIST SP 800-63B 3.2.2: not more than a hundred failures in a row, from wherever they come.
SIGN_IN_BY_EMAIL = Limit("sign-in-email", 100)
# Only who knows the password gets as far as the second step, so these limits are nobody's to use up but hers and a
# thief's, who is slowed from wherever he comes.
SECOND_STEP_BY_PAIR = Limit("second-step-pair", 10)
SECOND_STEP_BY_PERSON = Limit("second-step-person", 50)
SIGN_IN_BY_ADDRESS = Limit("sign-in-address", 100, is_shared=True)
# Nothing of a passkey can be guessed: this bounds the work alone, and is no part of what wrong passwords use up. After
# the password it is hers, and no strangers of her network use it up.
PASSKEY_BY_ADDRESS = Limit("passkey-address", 300)
PASSKEY_BY_PERSON = Limit("passkey-person", 100)
# Of a browser in which she has signed in before, whatever others do.
SIGN_IN_BY_BROWSER = Limit("sign-in-browser", 10)
# Mails that a stranger causes: each address and each network has as many, whether anybody has an account.
LINK_BY_EMAIL = Limit("link-email", 5)
LINK_BY_ADDRESS = Limit("link-address", 30)
# Of somebody who is signed in, so no stranger uses them up: in one session, and in all of hers, a thief's among them.
MAILBOX_CODE = Limit("mailbox-code", 5)
MAILBOX_CODE_BY_PERSON = Limit("mailbox-code-person", 10)
# Those that are written down, of who has what opens a suspended account.
REFUSED_SIGN_IN = Limit("refused-sign-in", 5)
CONFIRM_PASSWORD = Limit("confirm-password", 10)


def list_sign_in_limits(email: str, network: str, browser: str | None) -> list[tuple[Limit, str]]:
    """What counts a password that is tried, and under which name. Strangers who guess fill up the counters of networks
    and of the address; a known browser is counted by itself alone, and so is never held up by them."""
    if browser is not None:
        return [(SIGN_IN_BY_BROWSER, browser)]
    return [
        (SIGN_IN_BY_ADDRESS, network),
        (SIGN_IN_BY_PAIR, f"{network} {email}"),
        (SIGN_IN_BY_EMAIL, email),
    ]


def find_window(now: datetime) -> datetime:
    """The start of the window that the instant lies in."""
    return datetime.fromtimestamp(int(now.timestamp()) // _STEP_SECONDS * _STEP_SECONDS, tz=now.tzinfo)


@dataclass(frozen=True, slots=True)
class Counter:
    """Where one subject's attempts of one window are counted, for a statement that reads them along with others."""

    subject: bytes
    window: datetime


Named = tuple[Limit, bytes]
"""A limit, and the name under which a subject is counted against it."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One that was counted, and where: what it takes to give it back. `counts` are how many there are of each."""

    named: tuple[Named, ...]
    window: datetime
    counts: tuple[int, ...]


Count = Callable[[Connection, Counting], Awaitable[tuple[list[int], T]]]
"""Counts by a statement that is alone, and finds something by the same unless a limit refuses the attempt: how many
there are now under each subject that was counted, and what was found."""


async def _count_only(connection: Connection, counting: Counting) -> tuple[list[int], None]:
    return await attempt_store.count_attempt(connection, counting, alone=True), None


def _describe_counting(named: Sequence[Named], window: datetime) -> Counting:
    return Counting(tuple(limit.attempts for limit, _ in named), (window, *(name for _, name in named)))


def build_refusal(limit: Limit, now: datetime) -> TooManyRequestsError:
    """What meets whoever is beyond the limit: the way is free again when the window ends."""
    wait = int((find_window(now) + _EPOCH_STEP - now).total_seconds()) + 1
    return TooManyRequestsError(
        say_count(
            "Too many attempts. Please try again in %(count)s minute.",
            "Too many attempts. Please try again in %(count)s minutes.",
            max(1, round(wait / 60)),
        ),
        retry_after=wait,
        private=f"limit {limit.name}",
    )


class Limiter:
    """Counts attempts under keyed digests: the table holds no address in the clear."""

    def __init__(self, database: Database, key: bytes) -> None:
        self._database = database
        self._key = key
        # What was beyond its limit a moment ago, and until when it is refused without asking the database: whoever goes
        # on all the same keeps others waiting for it no longer.
        self._spent: dict[bytes, datetime] = {}

    def _name(self, limit: Limit, subject: str) -> bytes:
        return digest_with_key(self._key, f"{limit.name}:{subject}")

    def find_counter(self, limit: Limit, subject: str, now: datetime) -> Counter:
        return Counter(self._name(limit, subject), find_window(now))

    async def spend(self, limit: Limit, subject: str, now: datetime) -> int:
        """Counts before anything is tried, by a statement of its own, so that parallel attempts cannot
        slip past; how many there are now. Raises `TooManyRequestsError` beyond the limit."""
        return (await self.spend_each([(limit, subject)], now)).counts[0]

    async def spend_each(self, asked: Sequence[tuple[Limit, str]], now: datetime) -> Attempt:
        """As `spend` for one after the other, by one statement for all: what is beyond a limit is not counted against
        those after it. So who is held up at a limit of her own uses up nothing that others need."""
        attempt, _ = await self.spend_finding(asked, now, _count_only)
        return attempt

    async def spend_finding(
        self, asked: Sequence[tuple[Limit, str]], now: datetime, count: Count[T]
    ) -> tuple[Attempt, T]:
        """As `spend_each`, by a statement that finds something, too: nothing is looked for that is refused."""
        window = find_window(now)
        named = [(limit, self._name(limit, subject)) for limit, subject in asked]
        free = list(takewhile(lambda each: not window < now < self._spent.get(each[1], window), named))
        if len(free) < len(named):
            # The next was beyond its limit a moment ago.
            if free:
                await self._count(free, now, _count_only)
            raise build_refusal(named[len(free)][0], now)
        counts, found = await self._count(named, now, count)
        return Attempt(tuple(named), window, tuple(counts)), found

    async def _count(self, named: Sequence[Named], now: datetime, count: Count[T]) -> tuple[list[int], T]:
        window = find_window(now)
        async with self._database.connection() as connection:
            counts, found = await count(connection, _describe_counting(named, window))
        for (limit, name), number in zip(named, counts, strict=False):
            if number > limit.attempts:
                self._remember(name, min(now + _REFUSED_UNSEEN, window + _EPOCH_STEP))
                raise build_refusal(limit, now)
        return counts, found

    def _remember(self, name: bytes, until: datetime) -> None:
        if len(self._spent) >= _MOST_REMEMBERED:
            self._spent.clear()
        self._spent[name] = until

    async def spend_within(self, connection: Connection, limit: Limit, subject: str, now: datetime) -> int:
        """As `spend`, in the caller's transaction: for what is written along with it and not guessed. What is rolled
        back counts for nothing."""
        counting = _describe_counting([(limit, self._name(limit, subject))], find_window(now))
        [attempts] = await attempt_store.count_attempt(connection, counting)
        if attempts > limit.attempts:
            raise build_refusal(limit, now)
        return attempts

    async def refund(self, limit: Limit, subject: str, now: datetime) -> None:
        """Takes one attempt back, and leaves those of others."""
        await self._take_back(self._describe([(self._name(limit, subject), True)], find_window(now)))

    async def forgive(self, limit: Limit, subject: str, now: datetime) -> None:
        """After success the subject's count starts anew."""
        await self._take_back(self._describe([(self._name(limit, subject), False)], find_window(now)))

    async def give_back(self, attempt: Attempt) -> None:
        """After success, by one statement: as `refund` for limits that are shared, and `forgive` for all others."""
        await self._take_back(self.describe_giving_back(attempt))

    def describe_giving_back(self, attempt: Attempt) -> Uncounting:
        """As `give_back`, for a statement with `list_uncounting` that is to be made anyway."""
        return self._describe([(name, limit.is_shared) for limit, name in attempt.named], attempt.window)

    def _describe(self, named: Sequence[tuple[bytes, bool]], window: datetime) -> Uncounting:
        for name, _ in named:
            self._spent.pop(name, None)
        names, shared = zip(*named, strict=True)
        return Uncounting(shared, (window, *names))

    async def _take_back(self, uncounting: Uncounting) -> None:
        async with self._database.connection() as connection:
            await attempt_store.uncount_attempt(connection, uncounting)
