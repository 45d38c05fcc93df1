"""A query whose results stay. Pure."""

import base64
import binascii
from datetime import datetime

from msgspec import Struct

from borvo.catalogue.sample_types import SampleType, map_sample_type_codes
from borvo.dataserver.model import Order, Query, Range, Selection
from borvo.kernel.ids import ClientKey, PersonId

KEY_BYTES = 32


class StoredQuery(Struct, frozen=True, kw_only=True):
    """What is kept of a query and of what it may find: types as codes, without `take` and `skip`, which come with each
    page."""

    types: list[int]
    guarded: list[int]
    readable: list[int]
    start: Range
    end: Range
    creation: Range
    order: Order
    is_descending: bool

    @property
    def sample_types(self) -> tuple[SampleType, ...]:
        known = map_sample_type_codes()
        return tuple(known[code] for code in self.types)


def keep_query(query: Query, selection: Selection) -> StoredQuery:
    return StoredQuery(
        types=[each.code for each in selection.types],
        guarded=sorted(selection.guarded),
        readable=sorted(selection.readable),
        start=query.start,
        end=query.end,
        creation=query.creation,
        order=query.order,
        is_descending=query.is_descending,
    )


class Snapshot(Struct, frozen=True, kw_only=True):
    """Results that stay, at the position of the person whose samples they are. Its maker alone may read it: the person
    and the client whose token it was, under the consent that stood then."""

    maker_id: PersonId
    client_key: ClientKey
    consent_version: int | None
    person_id: PersonId
    position: int
    query: StoredQuery
    total: int
    expires_at: datetime


def parse_key(text: str) -> bytes | None:
    """None for what cannot be a key."""
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) == KEY_BYTES else None


def spell_key(key: bytes) -> str:
    return base64.urlsafe_b64encode(key).decode().rstrip("=")
