"""What a sample is, and what can be asked for."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from borvo.catalogue.sample_types import SampleType


class Sample(Struct, frozen=True, gc=False):
    """One sample to be written, found to be valid; dates in UTC. The children of a correlation have no children."""

    sample_type: SampleType
    start: datetime
    end: datetime
    value: float | None
    category: str | None
    device: str | None
    client_assigned_id: str | None
    # Minutes east of UTC.
    start_offset: int
    end_offset: int
    children: tuple["Sample", ...] = ()
    # By which the client orders contents of one id; not a part of the content.
    version: int | None = None


class Fault(NamedTuple):
    """What is wrong with one field; `field` is its path within the request, such as `[3].dateRange.lowerBound`."""

    field: str
    message: str


class Verdict(StrEnum):
    """What became of a submitted sample."""

    CREATED = "created"
    # The same content was there.
    DUPLICATE = "duplicate"
    # Other content was there, of a lower version or to be corrected.
    REPLACED = "replaced"
    # Other content is there, of a higher version, and stays.
    KEPT = "kept"
    # It was deleted before, and stays so.
    DELETED = "deleted"
    # Of a lenient batch: it has faults.
    REFUSED = "refused"


class Receipt(Struct, frozen=True, gc=False):
    """Where a submitted sample is kept, which is where it was when it was there before; nowhere when it was refused."""

    id: str | None
    verdict: Verdict
    client_assigned_id: str | None


class Outcome(Struct, frozen=True):
    """One receipt a submitted sample, in the order submitted; the faults of a lenient batch, and what was stored
    although it is hardly right. `etag` tells the content of a sample that was submitted alone."""

    receipts: list[Receipt]
    faults: list[Fault] = []
    warnings: list[Fault] = []
    etag: str | None = None


class StoredSample(Struct, frozen=True, gc=False):
    """One sample as it is kept; dates at the offset at which they were written. `type_code` is the catalogue's: a page
    is read in one go, without looking up what is looked up again when it is rendered. Parts of a correlation have no id
    of their own."""

    id: UUID | None
    type_code: int
    start: datetime
    end: datetime
    value: float | None
    category: str | None
    device: str | None
    client_assigned_id: str | None
    children: tuple["StoredSample", ...] = ()


class Order(StrEnum):
    """By what the samples of an answer are ordered."""

    START = "StartDate"
    END = "EndDate"
    CREATION = "CreationDate"


class Range(Struct, frozen=True):
    """Both bounds belong to it (contract 7); None leaves a side open."""

    lower: datetime | None = None
    upper: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.lower is None and self.upper is None


class Key(NamedTuple):
    """Where a sample stands in an order: by it a page begins behind another, at the same cost however far that is.
    Among what people share a sample stands there once for each `subject` by whom its owner is known."""

    instant: datetime
    id: UUID
    subject: UUID | None = None


class Query(Struct, frozen=True, kw_only=True):
    """One request for samples. No types means every type that the caller may read, no devices and no clients means
    all. `units` are texts, of a unit or of a type and a unit. No fields means all of them; `cursor` is the text that
    tells where the page begins."""

    types: tuple[SampleType, ...] = ()
    start: Range = Range()
    end: Range = Range()
    creation: Range = Range()
    devices: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()
    order: Order = Order.START
    is_descending: bool = False
    take: int = 100
    skip: int = 0
    # How many were asked for, beyond what a page holds; None for all that there are.
    limit: int | None = None
    units: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    cursor: str | None = None


class Selection(Struct, frozen=True):
    """What a query may find: the types, and the correlations among them that the caller may not read with every
    possible child, so that only those rows count whose children are all of `readable` types."""

    types: tuple[SampleType, ...]
    guarded: frozenset[int] = frozenset()
    readable: frozenset[int] = frozenset()


class Page(Struct, frozen=True):
    """The samples asked for, and how many there are without paging. `position` is the person's at that moment; `next`
    is the key of the last sample when more follow."""

    total: int
    samples: tuple[StoredSample, ...]
    position: int | None = None
    next: Key | None = None
