"""Requests of clients that were refused, for the developers of those: noted in memory, so that no answer waits and a
flood of them costs little, and written later into a ring for each client."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple
from urllib.parse import unquote_plus

from borvo.catalogue.scopes import map_scopes
from borvo.kernel.entropy import create_uuid, read_system_entropy
from borvo.portal import refusal_store
from borvo.portal.model import Refusal
from borvo.storage.database import Database

FLUSH_EVERY = 2.0
KEPT = 200
"""So many a client, the latest ones."""

RATE = 20
"""So many a minute are noted of one client from one network by each worker: the others of its ring stay longer."""

_KNOWN_MOST = 500
_UNKNOWN_MOST = 100
_COUNTED_MOST = 10_000
_REASON_MAXIMUM = 300
_VALUE_MAXIMUM = 500
_ID_MAXIMUM = 200

HIDDEN = "\u2022\u2022\u2022"
"""Stands for what may be a secret."""

# What is as long as this and has no other characters is no word: a code, a token, a secret.
_OPAQUE = re.compile(r"[A-Za-z0-9_-]{32,}(?:\.[A-Za-z0-9_-]+)*")
_USER = re.compile(r"(?<=//)[^/@?#]*@")
_TELLING = 8


class _Source(NamedTuple):
    client_id: str
    network: str


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent the refused request. `secrets` are what it carried that must not be written down; `is_known` says that
    the client was loaded, and not merely named."""

    client_id: str
    network: str
    secrets: tuple[str, ...]
    is_known: bool


def redact(text: str, secrets: Collection[str], known: Iterable[str]) -> str:
    """Without what looks like a secret, unless it is part of what is known to be none; and nothing at all of a text
    that holds one of the secrets, however it is encoded."""
    forms = (text, unquote_plus(text))
    if any(secret in form for secret in secrets if len(secret) >= _TELLING for form in forms):
        return HIDDEN
    allowed = [*known]

    def hide(match: re.Match[str]) -> str:
        return match[0] if any(match[0] in each for each in allowed) else HIDDEN

    return _OPAQUE.sub(hide, _USER.sub(f"{HIDDEN}@", text))


def clean(refusal: Refusal, secrets: Collection[str], known: Collection[str]) -> Refusal:
    """As it may be written down: short, printable, without secrets."""

    def mend(text: str, most: int) -> str:
        # First hidden, then cut: half a secret would not be recognised.
        hidden = redact(text, secrets, (*known, *map_scopes()))
        return "".join(c if c.isprintable() else "\ufffd" for c in hidden[:most])

    return replace(
        refusal,
        reason=mend(refusal.reason, _REASON_MAXIMUM),
        sent=mend(refusal.sent, _VALUE_MAXIMUM),
        expected=mend(refusal.expected, _VALUE_MAXIMUM),
        # The caller may have chosen it.
        correlation_id=redact(refusal.correlation_id, secrets, [refusal.correlation_id]),
    )


class RefusalLog:
    """What this process has refused since it last wrote; bounded in every way, since anybody can be refused."""

    def __init__(self) -> None:
        self._known: list[tuple[str, Refusal]] = []
        self._unknown: list[tuple[str, Refusal]] = []
        self._counts: dict[_Source, int] = {}
        self._minute = -1

    def note(self, refusal: Refusal, sender: Sender, known: Collection[str]) -> None:
        """`known` are values that are no secrets although they may look so, such as registered addresses."""
        if not 0 < len(sender.client_id) <= _ID_MAXIMUM or not sender.client_id.isascii():
            return
        # Whoever names clients that are not there fills a list of their own only.
        waiting, most = (self._known, _KNOWN_MOST) if sender.is_known else (self._unknown, _UNKNOWN_MOST)
        if len(waiting) < most and self._is_within_rate(sender, refusal.at):
            waiting.append((sender.client_id, clean(refusal, sender.secrets, known)))

    def _is_within_rate(self, sender: Sender, now: datetime) -> bool:
        minute, source = int(now.timestamp() // 60), _Source(sender.client_id, sender.network)
        if minute != self._minute or len(self._counts) >= _COUNTED_MOST:
            self._counts.clear()
            self._minute = minute
        self._counts[source] = self._counts.get(source, 0) + 1
        return self._counts[source] <= RATE

    async def flush(self, database: Database) -> None:
        """Writes what was noted; of clients that are not registered, nothing. What cannot be written is lost, since
        more comes while the database is away."""
        noted, self._known, self._unknown = [*self._known, *self._unknown], [], []
        if not noted:
            return
        rows = [
            (client_id, create_uuid(refusal.at, read_system_entropy), refusal)
            for client_id, refusal in noted
            if client_id.isprintable()
        ]
        async with database.transaction() as connection:
            await refusal_store.insert_refusals(connection, rows, KEPT)


def record_refusal(log: RefusalLog, refusal: Refusal, sender: Sender, known: Collection[str] = ()) -> None:
    """Lets the developers of the client see it within seconds. Never waits and never fails."""
    log.note(refusal, sender, known)
