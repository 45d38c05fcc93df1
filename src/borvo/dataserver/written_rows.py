"""Rows of a page whose ids and dates the database has written out, made into answers in one pass.

What `bodies` answers of a `StoredSample` is answered of the same row here, byte for byte.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from msgspec import UNSET

from borvo.catalogue.sample_types import map_sample_type_codes
from borvo.dataserver.bodies import DateRange, SampleAnswer
from borvo.dataserver.instants import restore_offset
from borvo.dataserver.model import Key, Order
from borvo.dataserver.unit_choice import UnitChoice
from borvo.storage.database import Row

_COLUMNS = 10
_TYPE_CODE = 1
_INSTANTS = {Order.START: 2, Order.END: 3}
# "2024-01-31T08:30:00": what JSON makes of a timestamp, which stands for UTC; fractions of a second make it longer.
_WHOLE_SECONDS = 21
# Their dates and ids may be texts: an encoder writes what it finds.
_build_answer: Callable[..., SampleAnswer] = SampleAnswer
_build_range: Callable[..., DateRange] = DateRange


class WrittenPage(NamedTuple):
    """Rows whose first columns are those of a sample as they are written out, those of children by the id that they
    share with their parent; and how many rows there are without paging. `position` is the person's at that moment;
    `next` is the key of the last sample when more follow."""

    total: int
    rows: Sequence[Row]
    children: Mapping[str, Sequence[Row]]
    position: int | None = None
    next: Key | None = None

    def list_child_codes(self) -> set[int]:
        """The types of all children."""
        return {child[_TYPE_CODE] for children in self.children.values() for child in children}


def find_key(row: Row, order: Order) -> Key:
    """Where the row stands in the order."""
    instant = row["created_at"] if order is Order.CREATION else _read_date(row[_INSTANTS[order]])
    return Key(instant, UUID(row[0]))


def describe_rows(page: WrittenPage, subject: str, units: UnitChoice) -> list[SampleAnswer]:
    """Contract 2.2; `subject` is the name by which the reader knows the person."""
    return _describe(page.rows, page.children, subject, units)


def _describe(
    rows: Sequence[Row], children: Mapping[str, Sequence[Row]], subject: str, units: UnitChoice
) -> list[SampleAnswer]:
    types = map_sample_type_codes()
    answers = []
    for row in rows:
        id_, code, start, end, value, category, device, name, start_offset, end_offset = row[:_COLUMNS]
        is_plain = not start_offset and len(start) == _WHOLE_SECONDS
        # As `write_date` would, without calling it: most dates are such, and most samples have one date.
        lower = start[1:-1] + "Z" if is_plain else write_date(start, start_offset)
        upper = lower if end == start and end_offset == start_offset else write_date(end, end_offset)
        answer = _build_answer(
            types[code].name,
            subject,
            device,
            name,
            _build_range(lower, upper),
            _describe_parts(children[id_], subject, units) if id_ in children else [],
            UNSET if value is None else value,
            UNSET if category is None else category,
            id_,
        )
        if units and value is not None and (conversion := units.get(code)):
            answer.quantity_value, answer.unit = conversion.show(value), conversion.unit
        answers.append(answer)
    return answers


def _describe_parts(rows: Sequence[Row], subject: str, units: UnitChoice) -> list[SampleAnswer]:
    parts = _describe(rows, {}, subject, units)
    for part in parts:
        part.id = UNSET
    return parts


def write_date(text: str, offset: int | None) -> str:
    """The date as it was written, for people live by their own clocks; in UTC when the offset is not known."""
    if not offset and len(text) == _WHOLE_SECONDS:
        return text[1:-1] + "Z"
    return restore_offset(_read_date(text), offset).isoformat().replace("+00:00", "Z")


def _read_date(text: str) -> datetime:
    return datetime.fromisoformat(f"{text[1:-1]}+00:00")
