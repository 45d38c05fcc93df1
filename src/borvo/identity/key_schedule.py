"""When a signing key is announced, signs and retires: pure rules over what is stored and the clock.

Nothing is written when a key changes its state, so all processes change over at the same moment.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from borvo.identity.model import TOKEN_LIFETIME

JWKS_LIFETIME = timedelta(minutes=5)
"""How long the key set and the discovery document may be kept by those who fetch them."""

KEY_REFRESH = timedelta(minutes=1)
"""How long a process may be behind another that has made or withdrawn a key."""

MINIMUM_ANNOUNCEMENT = JWKS_LIFETIME + KEY_REFRESH
"""After this nobody who obeys the key set's lifetime can be without an announced key."""

ANNOUNCEMENT = timedelta(days=1)
"""How long a key is published before it signs, unless an operator wants it sooner."""

RETENTION = TOKEN_LIFETIME + timedelta(minutes=5)
"""How long a key is published after it has signed its last token: that one's life, and clocks that differ."""

CLOCK_LEEWAY = timedelta(minutes=1)
"""How far the clock of another host of ours may be ahead: it signs with a new key before we would."""


class KeyState(StrEnum):
    """What a key is for at a moment."""

    ANNOUNCED = "announced"
    SIGNING = "signing"
    RETIRING = "retiring"
    RETIRED = "retired"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class StoredKey:
    """The times of a key. `withdrawn_at` is set when it must not be believed any more."""

    kid: str
    algorithm: str
    created_at: datetime
    activates_at: datetime
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class KeySpan:
    """A key between its neighbours. It signs at once when `signs_from` is None, and without end when
    `signs_until` is None."""

    key: StoredKey
    signs_from: datetime | None
    signs_until: datetime | None

    @property
    def published_until(self) -> datetime | None:
        return self.signs_until + RETENTION if self.signs_until else None

    def find_state(self, now: datetime) -> KeyState:
        if self.key.withdrawn_at is not None:
            return KeyState.WITHDRAWN
        if self.signs_from is not None and now < self.signs_from:
            return KeyState.ANNOUNCED
        if self.signs_until is None or now < self.signs_until:
            return KeyState.SIGNING
        return KeyState.RETIRING if now < self.signs_until + RETENTION else KeyState.RETIRED

    def list_changes(self) -> list[datetime]:
        """The moments at which the clock alone changes what the key is for."""
        if self.key.withdrawn_at is not None:
            return []
        early = self.signs_from - CLOCK_LEEWAY if self.signs_from else None
        moments = (early, self.signs_from, self.signs_until, self.published_until)
        return [moment for moment in moments if moment is not None]


@dataclass(frozen=True, slots=True)
class KeyPlan:
    """What each key is for, by `kid`. It holds until `changes_at`, as long as no key is added or withdrawn."""

    signing: dict[str, str]
    published: frozenset[str]
    verifying_access: frozenset[str]
    verifying_hints: frozenset[str]
    states: dict[str, KeyState]
    changes_at: datetime | None

    def list_in(self, state: KeyState) -> list[str]:
        return [kid for kid, current in self.states.items() if current is state]


def list_spans(keys: Iterable[StoredKey]) -> list[KeySpan]:
    """All keys between their neighbours, the oldest first in each algorithm."""
    chains: dict[str, list[StoredKey]] = defaultdict(list)
    for key in sorted(keys, key=lambda key: (key.activates_at, key.created_at, key.kid)):
        chains[key.algorithm].append(key)
    return [span for chain in chains.values() for span in _link(chain)]


def _link(chain: Sequence[StoredKey]) -> list[KeySpan]:
    # What was withdrawn before its time came has never signed, so it took over from nobody.
    idle = [key for key in chain if key.withdrawn_at is not None and key.withdrawn_at <= key.activates_at]
    links = [key for key in chain if key not in idle]
    spans = [KeySpan(key, key.activates_at, key.activates_at) for key in idle]
    for number, key in enumerate(links):
        before = links[number - 1] if number else None
        after = links[number + 1] if number + 1 < len(links) else None
        # With nobody to take over from there is nothing to wait for, even by a clock that is a little behind.
        follows = before is not None and before.withdrawn_at is None
        spans.append(
            KeySpan(key, key.activates_at if follows else None, after.activates_at if after else None)
        )
    return spans


def _verifies_access(span: KeySpan, now: datetime) -> bool:
    state = span.find_state(now)
    if state is KeyState.ANNOUNCED:
        return span.signs_from is not None and now >= span.signs_from - CLOCK_LEEWAY
    return state in {KeyState.SIGNING, KeyState.RETIRING}


def plan_keys(keys: Iterable[StoredKey], now: datetime) -> KeyPlan:
    """Who signs, who is published and who verifies what.

    One key signs for each algorithm that has a key not withdrawn. A retired key verifies nothing but hints
    (RP-Initiated Logout 2), a withdrawn one nothing at all.
    """
    spans = list_spans(keys)
    states = {span.key.kid: span.find_state(now) for span in spans}
    access = frozenset(span.key.kid for span in spans if _verifies_access(span, now))
    changes = [moment for span in spans for moment in span.list_changes() if moment > now]
    return KeyPlan(
        signing={s.key.algorithm: s.key.kid for s in spans if states[s.key.kid] is KeyState.SIGNING},
        published=frozenset(
            kid
            for kid, state in states.items()
            if state in {KeyState.ANNOUNCED, KeyState.SIGNING, KeyState.RETIRING}
        ),
        verifying_access=access,
        verifying_hints=access | {kid for kid, state in states.items() if state is KeyState.RETIRED},
        states=states,
        changes_at=min(changes, default=None),
    )


def find_due(keys: Iterable[StoredKey], now: datetime, age: timedelta) -> list[str]:
    """The algorithms whose key has signed for `age` or longer and has no successor yet."""
    return [
        span.key.algorithm
        for span in list_spans(keys)
        if span.find_state(now) is KeyState.SIGNING
        and span.signs_until is None
        and now - span.key.activates_at >= age
    ]


def find_without_successor(keys: Iterable[StoredKey], now: datetime) -> set[str]:
    """The algorithms that can be given a successor: none is announced."""
    return set(find_due(keys, now, timedelta.min))
