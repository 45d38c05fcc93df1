"""Cursors: where the next page begins, as a text that only the reader who got it can use, and only for the same query.

A cursor holds the key of the last sample and a MAC over it, the person, the client and what was asked; of what people
share with an agency, over who asks and each person's version of her consent. Even a key that was made up would open
nothing, since whose samples a statement reads is always the token's. What a cursor says, a date and an id that its
reader has just seen, needs no hiding from her.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID

from borvo.dataserver.model import Key, Query
from borvo.kernel.errors import InvalidInputError
from borvo.kernel.ids import ClientId, PersonId

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)
_MAC_BYTES = 16
# An instant and an id, or two.
_PLAIN_BYTES, _LONG_BYTES = 24, 40
_NOBODY = bytes(16)


class Reader(NamedTuple):
    """Who asks, and what decides which samples there are and in which order."""

    person_id: PersonId
    client_id: ClientId
    scopes: frozenset[str]
    query: Query

    def identify(self) -> bytes:
        # The person first, since hers is the only part whose length does not vary.
        return self.person_id.bytes + _describe(self.client_id, self.scopes, self.query)


class SharedReader(NamedTuple):
    """Who asks what people share: an agent by a client, or a client by itself. `people` are subjects with the versions
    of their consents, which say which samples there are: a version that is another means another reader."""

    agent_id: PersonId | None
    client_id: ClientId
    people: frozenset[tuple[UUID, int]]
    query: Query

    def identify(self) -> bytes:
        people = sorted((str(subject), version) for subject, version in self.people)
        parts = repr((str(self.agent_id), people)).encode()
        # No person has this id, so that no owner's cursor is an agency's.
        return (
            _NOBODY
            + len(parts).to_bytes(8, "big")
            + parts
            + _describe(self.client_id, frozenset(), self.query)
        )


def write_cursor(secret: bytes, reader: Reader | SharedReader, key: Key) -> str:
    """54 characters, or 75 with a subject: a key's instant and ids, and a MAC."""
    plain = _pack(key)
    return urlsafe_b64encode(plain + _authenticate(secret, reader, plain)).decode().rstrip("=")


def read_cursor(secret: bytes, reader: Reader | SharedReader, text: str) -> Key:
    """Raises `InvalidInputError` for what was not written for this reader and this query."""
    try:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (Error, ValueError):
        data = b""
    plain, mac = data[:-_MAC_BYTES], data[-_MAC_BYTES:]
    if len(plain) not in {_PLAIN_BYTES, _LONG_BYTES} or not hmac.compare_digest(
        mac, _authenticate(secret, reader, plain)
    ):
        message = "Follow the link as it is, with the same access, or leave the cursor out to begin anew."
        raise InvalidInputError("The cursor belongs to another request.", {"cursor": [message]})
    instant = _EPOCH + int.from_bytes(plain[:8], "big", signed=True) * _TICK
    subject = UUID(bytes=plain[_PLAIN_BYTES:]) if len(plain) == _LONG_BYTES else None
    return Key(instant, UUID(bytes=plain[8:_PLAIN_BYTES]), subject)


def _pack(key: Key) -> bytes:
    subject = key.subject.bytes if key.subject else b""
    return ((key.instant - _EPOCH) // _TICK).to_bytes(8, "big", signed=True) + key.id.bytes + subject


def _authenticate(secret: bytes, reader: Reader | SharedReader, plain: bytes) -> bytes:
    mac = blake2b(plain, key=secret, digest_size=_MAC_BYTES)
    mac.update(reader.identify())
    return mac.digest()


@lru_cache(maxsize=1024)
def _describe(client_id: ClientId, scopes: frozenset[str], query: Query) -> bytes:
    """All but how many samples a page holds and how they are written, which may change from page to page."""
    # Without types the scopes say which there are.
    types = [each.name for each in query.types] or ["", *sorted(scopes)]
    ranges = [(each.lower, each.upper) for each in (query.start, query.end, query.creation)]
    parts = (client_id, types, ranges, query.devices, query.clients, str(query.order), query.is_descending)
    return repr(parts).encode()
