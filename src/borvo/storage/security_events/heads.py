"""The end of the chain, which its links cannot say: signed in a table of its own, and remembered by each worker.

Whoever cuts the end off and lets the rest be linked anew would leave a chain that fits. So the next link goes on behind
the last end that is known, wherever the links end now: what was there is missed for as long as events are kept. Whoever
puts an older end back together with older links, while no worker runs, is seen only by who kept a head elsewhere."""

import hmac
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from borvo.kernel.digests import digest_bytes_with_key
from borvo.storage.database import Connection
from borvo.storage.sealing import KeptKey

GENESIS = bytes(32)
# While the secret is changed, a worker that has the one before still links under its key.
_OVERLAP = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Head:
    """How far the chain goes. Kept elsewhere, it proves later that nothing up to here was cut off."""

    position: int
    digest: bytes

    def __str__(self) -> str:
        return f"{self.position}:{self.digest.hex()}"


def parse_head(text: str) -> Head:
    """The inverse of `str`; raises `ValueError`."""
    position, _, digest = text.partition(":")
    head = Head(int(position), bytes.fromhex(digest))
    if len(head.digest) != len(GENESIS):
        raise ValueError("a digest has 32 bytes")
    return head


@dataclass(frozen=True, slots=True)
class End:
    """Where the links end. `is_headed` says that the end was signed when the last of them was made; `at` is None for a
    chain without links."""

    head: Head
    at: datetime | None = None
    is_headed: bool = False


def find_place(end: End, known: Iterable[Head], sent: int) -> Head:
    """Behind which the next link comes. `known` are ends that were there: the signed one first, if it is still there;
    `sent` is the position up to which events have left the instance."""
    heads = list(known)
    if end.is_headed and not heads:
        # The signed end was taken away: a place that stays empty says so.
        heads = [Head(end.head.position + 1, end.head.digest)]
    last = max([*heads, end.head], key=lambda head: head.position)
    return Head(max(last.position, sent), last.digest)


def list_believed(keys: Iterable[KeptKey], at: datetime) -> Iterator[bytes]:
    """Those by which something of that time may have been linked."""
    for each in keys:
        if each.ended_at is None or at <= each.ended_at + _OVERLAP:
            yield each.key


def _sign(key: bytes, head: Head, at: datetime) -> bytes:
    return digest_bytes_with_key(key, f"head {head.position} {at.isoformat()} ".encode() + head.digest)


class HeadKeeper:
    """Signs ends, and remembers the last one that it has seen. The keys are the chain's."""

    def __init__(self, keys: Sequence[KeptKey]) -> None:
        self._keys = keys
        self._seen: Head | None = None

    async def load(self, connection: Connection) -> Head | None:
        """The signed end; None where there is none, or another hand wrote it."""
        row = await connection.fetchrow("select position, digest, at, signature from security_event_head")
        if row is None:
            return None
        head = Head(row["position"], row["digest"])
        is_ours = any(
            hmac.compare_digest(_sign(key, head, row["at"]), row["signature"])
            for key in list_believed(self._keys, row["at"])
        )
        return head if is_ours else None

    async def remember(self, connection: Connection) -> list[Head]:
        """The ends that were there: what is committed just now, and the last one that this worker has seen."""
        signed, seen = await self.load(connection), self._seen
        if signed and (seen is None or seen.position < signed.position):
            self._seen = signed
        return [head for head in (signed, seen) if head]

    async def save(self, connection: Connection, head: Head, at: datetime) -> None:
        """`at` is the time of the last event."""
        await connection.execute(
            """insert into security_event_head (id, position, digest, at, signature) values (1, $1, $2, $3, $4)
               on conflict (id) do update set position = excluded.position, digest = excluded.digest,
                 at = excluded.at, signature = excluded.signature""",
            head.position,
            head.digest,
            at,
            _sign(self._keys[-1].key, head, at),
        )


async def load_end(connection: Connection) -> End:
    """Of the links that are there; where all have gone by age, of those before."""
    row = await connection.fetchrow(
        """select position, digest, at, is_headed from security_event_link
           union all select position, digest, at, is_headed from security_event_anchor
           order by position desc limit 1"""
    )
    if row is None:
        return End(Head(0, GENESIS))
    return End(Head(row["position"], row["digest"]), row["at"], row["is_headed"])


async def load_sent(connection: Connection) -> int:
    """The position up to which events have left the instance."""
    return await connection.fetchval("select position from security_event_stream") or 0
