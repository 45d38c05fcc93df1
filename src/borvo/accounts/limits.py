"""Limits on what can be guessed, counted in the database so that they hold across workers."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from borvo.accounts import store
from borvo.kernel.digests import digest_with_key
from borvo.kernel.errors import TooManyRequestsError
from borvo.kernel.text import say_count
from borvo.storage.database import Connection, Database

_EPOCH_STEP = timedelta(minutes=15)
_REFUSED_UNSEEN = timedelta(seconds=5)
_MOST_REMEMBERED = 10_000
_STEP_SECONDS = int(_EPOCH_STEP.total_seconds())


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `attempts` of one thing by or against one subject in a quarter of an hour."""

    name: str
    attempts: int


# Wrong passwords from one network lock out that network: a stranger cannot keep a person from her account.
SIGN_IN_BY_PAIR = Limit("sign-in-pair", 10)
# NIST SP 800-63B 3.2.2: not more than a hundred failures in a row, from wherever they come.
SIGN_IN_BY_EMAIL = Limit("sign-in-email", 100)
# Only who knows the password gets as far as the second step, so these limits are nobody's to use up but hers and a
# thief's, who is slowed from wherever he comes.
SECOND_STEP_BY_PAIR = Limit("second-step-pair", 10)
SECOND_STEP_BY_PERSON = Limit("second-step-person", 50)
SIGN_IN_BY_ADDRESS = Limit("sign-in-address", 100)
# Nothing of a passkey can be guessed: this bounds the work alone, and is no part of what wrong passwords use up.
PASSKEY_BY_ADDRESS = Limit("passkey-address", 300)
# Of a browser in which she has signed in before, whatever others do.
SIGN_IN_BY_BROWSER = Limit("sign-in-browser", 10)
# Mails that a stranger causes: each address and each network has as many, whether anybody has an account.
LINK_BY_EMAIL = Limit("link-email", 5)
LINK_BY_ADDRESS = Limit("link-address", 30)
# Of somebody who is signed in, so no stranger uses them up.
MAILBOX_CODE = Limit("mailbox-code", 5)
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
        window, name = find_window(now), self._name(limit, subject)
        if window < now < self._spent.get(name, window):
            raise build_refusal(limit, now)
        async with self._database.connection() as connection:
            attempts = await store.count_attempt(connection, name, window)
        if attempts > limit.attempts:
            self._remember(name, min(now + _REFUSED_UNSEEN, window + _EPOCH_STEP))
            raise build_refusal(limit, now)
        return attempts

    def _remember(self, name: bytes, until: datetime) -> None:
        if len(self._spent) >= _MOST_REMEMBERED:
            self._spent.clear()
        self._spent[name] = until

    async def spend_within(self, connection: Connection, limit: Limit, subject: str, now: datetime) -> int:
        """As `spend`, in the caller's transaction: for what is written along with it and not guessed. What is rolled
        back counts for nothing."""
        attempts = await store.count_attempt(connection, self._name(limit, subject), find_window(now))
        if attempts > limit.attempts:
            raise build_refusal(limit, now)
        return attempts

    async def refund(self, limit: Limit, subject: str, now: datetime) -> None:
        """Takes one attempt back: many people behind one address sign in without a fault."""
        self._spent.pop(self._name(limit, subject), None)
        async with self._database.connection() as connection:
            await store.uncount_attempt(connection, self._name(limit, subject), find_window(now))

    async def forgive(self, limit: Limit, subject: str, now: datetime) -> None:
        """After success the subject's count starts anew."""
        self._spent.pop(self._name(limit, subject), None)
        async with self._database.connection() as connection:
            await store.forget_attempts(connection, self._name(limit, subject), find_window(now))
