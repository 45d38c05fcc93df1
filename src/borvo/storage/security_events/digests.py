"""What the digests of the chain are made of. Those that are stored have to come out the same for as long as they are
kept, so nothing here changes without a new word at the beginning of the text."""

import json
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec

from borvo.kernel.digests import digest_bytes_with_key


class Content(msgspec.Struct):
    """An event as a digest covers it: all that is kept of it, as the database gives it back. In the order of the names,
    which is that of the text."""

    actor: str
    address: str | None
    at: datetime
    client_id: str | None
    correlation_id: str | None
    detail: str | msgspec.Raw
    id: UUID
    kind: str
    person_id: UUID


CONTENT_COLUMNS = Content.__struct_fields__
"""Those of the table, in this order."""

_encode = msgspec.json.Encoder().encode


@lru_cache(maxsize=1_000)
def _order(detail: str) -> msgspec.Raw:
    """JSON in one order and without spaces. Most events have one of a few details."""
    return msgspec.Raw(msgspec.json.encode(json.loads(detail), order="deterministic"))


def digest_content(key: bytes, columns: Iterable[Any]) -> bytes:
    """Of an event, by its `CONTENT_COLUMNS`."""
    content = Content(*columns)
    content.detail = _order(content.detail)
    return digest_bytes_with_key(key, b"event " + _encode(content))


def digest_place(
    key: bytes, before: bytes, position: int, at: datetime, content: bytes, *, is_headed: bool = True
) -> bytes:
    """Of all of a link but its digest, and of the digest before."""
    kind = "headed link" if is_headed else "link"
    return digest_bytes_with_key(key, f"{kind} {position} {at.isoformat()} ".encode() + before + content)


def digest_anchor(key: bytes, position: int, at: datetime, digest: bytes) -> bytes:
    """By which an anchor is signed."""
    return digest_bytes_with_key(key, f"anchor {position} {at.isoformat()} ".encode() + digest)
