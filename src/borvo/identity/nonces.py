"""Nonces for proofs of possession: RFC 9449 8 and 9. Nothing of them is stored: decision 0047."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from borvo.kernel.digests import digest_with_key, is_same
from borvo.kernel.entropy import encode_bytes

NONCE_SLOT = timedelta(minutes=3)
"""A nonce is good in the slot for which it was made and in the next one, so for three minutes at least."""


@dataclass(frozen=True, slots=True)
class NonceSeries:
    """The nonces of an instance: one a slot of time, by a key that all its workers share."""

    key: bytes

    def find_current(self, now: datetime) -> str:
        """To be handed out."""
        return self._make(_count_slots(now))

    def is_good(self, nonce: str, now: datetime) -> bool:
        given = nonce.encode()
        return any(is_same(given, each.encode()) for each in self._list_good(now))

    def _list_good(self, now: datetime) -> Iterator[str]:
        """Of the next slot as well: the clock of another worker's machine may be a little ahead."""
        slot = _count_slots(now)
        return map(self._make, (slot - 1, slot, slot + 1))

    def _make(self, slot: int) -> str:
        return encode_bytes(digest_with_key(self.key, str(slot)))


def _count_slots(now: datetime) -> int:
    return int(now.timestamp() // NONCE_SLOT.total_seconds())
