"""A query whose results stay. Pure."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct, structs

from borvo.catalogue.sample_types import SampleType, map_sample_type_codes
from borvo.dataserver.model import Order, Query, Range, Selection
from borvo.dataserver.past import SPARE
from borvo.dataserver.retention import Retention
from borvo.dataserver.unit_choice import UnitChoice
from borvo.kernel.digests import digest_token
from borvo.kernel.entropy import decode_bytes, encode_bytes
from borvo.kernel.ids import ClientKey, PersonId

KEY_BYTES = 32


OPEN_MAXIMUM = 10_000
"""How many results one maker may have at a time."""
PEOPLE_MAXIMUM = 100_000
"""How many people may be in them, each counted as often as she is."""


class Frame(Struct, frozen=True, kw_only=True):
    """What is kept of a query: without types, and without `take` and `skip`, which come with each page. `units` are
    those in which values are written, by the code of the type."""

    start: Range
    end: Range
    creation: Range
    order: Order
    is_descending: bool
    devices: tuple[str, ...] = ()
    units: dict[int, str] = {}
    fields: tuple[str, ...] = ()


class StoredQuery(Frame, frozen=True, kw_only=True):
    """With what it may find of its maker's own samples; types as codes. `clients` are those that wrote them, by their
    keys; None for all."""

    types: list[int]
    guarded: list[int]
    readable: list[int]
    clients: tuple[ClientKey, ...] | None = None

    @property
    def sample_types(self) -> tuple[SampleType, ...]:
        known = map_sample_type_codes()
        return tuple(known[code] for code in self.types)


def keep_frame(query: Query, units: UnitChoice) -> Frame:
    return Frame(
        start=query.start,
        end=query.end,
        creation=query.creation,
        order=query.order,
        is_descending=query.is_descending,
        devices=query.devices,
        units={code: conversion.unit for code, conversion in units.items()},
        fields=query.fields,
    )


def keep_query(
    query: Query, units: UnitChoice, selection: Selection, clients: Iterable[ClientKey]
) -> StoredQuery:
    """`clients` are those that the query names."""
    return StoredQuery(
        types=[each.code for each in selection.types],
        guarded=sorted(selection.guarded),
        readable=sorted(selection.readable),
        clients=tuple(clients) if query.clients else None,
        **structs.asdict(keep_frame(query, units)),
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
    created_at: datetime
    expires_at: datetime


class Part(Struct, frozen=True, kw_only=True):
    """What results show of one person: at her position, of the types with these codes, from an instant on."""

    person_id: PersonId
    subject: UUID
    version: int
    position: int
    since: datetime | None
    codes: list[int]
    guarded: list[int]
    readable: list[int]


class SharedSnapshot(Struct, frozen=True, kw_only=True):
    """Results of what people share. Its maker alone may read it, and only while all consents stand as they did."""

    client_key: ClientKey
    agent_id: PersonId | None
    frame: Frame
    total: int
    created_at: datetime
    expires_at: datetime
    parts: tuple[Part, ...]


class Holding(NamedTuple):
    """What a maker has already: how many results, how many people in them, and when the first of them expires."""

    results: int
    people: int
    first_expires_at: datetime | None

    def judge(self, people: int) -> str | None:
        """Why there may not be one more, of so many people; None when there may."""
        if self.results >= OPEN_MAXIMUM:
            return f"You hold {OPEN_MAXIMUM} results already. They expire by themselves."
        if self.people + people > PEOPLE_MAXIMUM:
            return f"Your results would be of more than {PEOPLE_MAXIMUM} people. Ask of fewer at once."
        return None


def parse_key(text: str) -> bytes | None:
    """None for what cannot be a key."""
    key = decode_bytes(text)
    return key if key is not None and len(key) == KEY_BYTES else None


def digest_key(key: bytes) -> bytes:
    """Under which results are kept."""
    return digest_token(encode_bytes(key))


def decide_end(now: datetime, retention: Retention) -> datetime:
    """They rest on what samples were before, and end some time before that is deleted."""
    return now + min(retention.snapshot, retention.past - SPARE)
