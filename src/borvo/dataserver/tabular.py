"""Samples as rows for spreadsheet programs: one line a sample, the parts of a correlation below it."""

from collections.abc import Iterable, Iterator
from uuid import UUID

from borvo.catalogue.sample_types import map_sample_type_codes
from borvo.dataserver.model import StoredSample
from borvo.dataserver.unit_choice import UnitChoice
from borvo.web.spreadsheets import write_rows

COLUMNS = (
    "id",
    "type",
    "lowerBound",
    "upperBound",
    "quantityValue",
    "unit",
    "categoryValue",
    "device",
    "clientAssignedId",
    "partOf",
)
"""`partOf` is the id of the correlation, whose parts have none of their own."""

Cell = str | float | None


def render_head() -> bytes:
    return write_rows([COLUMNS]).encode()


def render_rows(samples: Iterable[StoredSample], units: UnitChoice) -> bytes:
    """Texts that spreadsheet programs would run stand behind an apostrophe."""
    return write_rows(_list_rows(samples, units)).encode()


def render_shared_table(samples: Iterable[tuple[UUID, StoredSample]], units: UnitChoice) -> bytes:
    """Whole, and with the subject whose a sample is in one more column."""
    rows = [(*row, str(subject)) for subject, sample in samples for row in _list_rows([sample], units)]
    return write_rows([(*COLUMNS, "subject"), *rows]).encode()


def _list_rows(samples: Iterable[StoredSample], units: UnitChoice) -> Iterator[tuple[Cell, ...]]:
    for sample in samples:
        name = str(sample.id)
        yield _list_cells(sample, units, name, None)
        for child in sample.children:
            yield _list_cells(child, units, None, name)


def _list_cells(
    sample: StoredSample, units: UnitChoice, name: str | None, parent: str | None
) -> tuple[Cell, ...]:
    sample_type = map_sample_type_codes()[sample.type_code]
    value, unit = sample.value, sample_type.ucum
    if value is not None and (conversion := units.get(sample.type_code)):
        value, unit = conversion.show(value), conversion.unit
    return (
        name,
        sample_type.name,
        _write_date(sample.start),
        _write_date(sample.end),
        value,
        unit,
        sample.category,
        sample.device,
        sample.client_assigned_id,
        parent,
    )


def _write_date(date: object) -> str:
    return str(date).replace(" ", "T").replace("+00:00", "Z")
