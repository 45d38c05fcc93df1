"""The JSON of samples: reading what is submitted, writing what is answered."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct, UnsetType

from borvo.catalogue.sample_types import map_sample_type_codes
from borvo.dataserver.faults import FAULT_LIMIT, find_index, point
from borvo.dataserver.model import Fault, Outcome, Receipt, StoredSample, Verdict
from borvo.dataserver.submission import Form
from borvo.dataserver.unit_choice import UnitChoice
from borvo.kernel.errors import InvalidInputError, TooLargeError

BATCH_LIMIT = 10_000
T = TypeVar("T")

# gc=False: none of these can be part of a cycle, and the collector costs more than reading a batch does.


class RangeBody(Struct, gc=False, forbid_unknown_fields=True, rename="camel"):
    """The dates of a sample, as text: cut to the microsecond before they are converted."""

    lower_bound: str | None = None
    upper_bound: str | None = None


class SampleBody(Struct, gc=False, forbid_unknown_fields=True, rename="camel"):
    """One submitted sample, of the right JSON types but not yet checked. `subject` is ignored (contract 2.3)."""

    type: str | None = None
    date_range: RangeBody | None = None
    quantity_value: float | None = None
    category_value: str | None = None
    device: str | None = None
    client_assigned_id: str | None = None
    subject: str | None = None
    correlation_objects: list["SampleBody"] | None = None
    version: int | None = None
    unit: str | None = None


class DateRange(Struct, gc=False, rename="camel"):
    """Both bounds at the offset at which they were written."""

    lower_bound: datetime
    upper_bound: datetime


class SampleAnswer(Struct, gc=False, rename="camel"):
    """One sample as clients read it. Contract 2.2: `quantityValue` is absent when there is none, never null. `unit` is
    there when one was asked for; parts of a correlation have no id."""

    type: str
    subject: str
    device: str | None
    client_assigned_id: str | None
    date_range: DateRange
    correlation_objects: list["SampleAnswer"]
    quantity_value: float | UnsetType = UNSET
    category_value: str | UnsetType = UNSET
    id: UUID | UnsetType = UNSET
    unit: str | UnsetType = UNSET


class PageAnswer(Struct, rename="camel"):
    """`totalAvailable` counts without paging, `count` the samples here."""

    total_available: int
    count: int
    datas: list[SampleAnswer]


class FaultAnswer(Struct, omit_defaults=True):
    """What is wrong with a sample: its place in the batch, and the JSON pointer of the member."""

    pointer: str
    reason: str
    index: int | None = None


class ReceiptAnswer(Struct, gc=False, rename="camel"):
    """What became of one submitted sample; a refused one has no id."""

    id: str | None
    client_assigned_id: str | None
    status: Verdict
    warnings: list[FaultAnswer] | UnsetType = UNSET


class ReceiptsAnswer(Struct, rename="camel"):
    """One entry a submitted sample, in the order submitted. The faults are those of a lenient batch."""

    samples: list[ReceiptAnswer]
    faults: list[FaultAnswer] | UnsetType = UNSET
    more_faults: int | UnsetType = UNSET


_decode_samples = msgspec.json.Decoder(list[SampleBody]).decode
_decode_lines = msgspec.json.Decoder(SampleBody).decode_lines
_decode_items = msgspec.json.Decoder(list[msgspec.Raw]).decode
_SAMPLE_NAMES = {name.lower(): name for name in SampleBody.__struct_encode_fields__}
_RANGE_NAMES = {name.lower(): name for name in RangeBody.__struct_encode_fields__}


Bodies = Sequence[SampleBody | None]


def parse_samples(body: bytes, form: Form = Form.ARRAY) -> tuple[Bodies, list[Fault]]:
    """The submitted samples; None in the place of one that has a fault in its JSON types.

    Bodies in camel case with known members only, which is what clients send, take the fast way. Everything
    else (contract 6, row 9: any case is read; unknown members are ignored) is taken sample by sample. Raises
    `InvalidInputError` for what is no array of samples, `TooLargeError` for one of too many.
    """
    return _parse_lines(body) if form is Form.LINES else _parse_array(body)


def _parse_lines(body: bytes) -> tuple[Bodies, list[Fault]]:
    # Before anything is done for each.
    lines = _limit([line for line in body.split(b"\n") if not line.isspace() and line])
    try:
        return _decode_lines(body), []
    except (ValueError, RecursionError):
        return _parse_leniently(lines)


def _parse_array(body: bytes) -> tuple[Bodies, list[Fault]]:
    try:
        try:
            bodies = _decode_samples(body)
        except msgspec.ValidationError:
            # Before anything is done for each: ten megabytes may hold five million items.
            items = _limit(_decode_items(body))
            return _parse_leniently(items)
        return _limit(bodies), []
    except msgspec.ValidationError:
        raise _refuse("Send a JSON array of samples.") from None
    except RecursionError:
        raise _refuse("The body is nested too deeply.") from None
    except ValueError as fault:
        # Malformed JSON, or text that is not UTF-8.
        raise _refuse(f"The body cannot be read as JSON: {fault}.") from None


def _limit(items: list[T]) -> list[T]:
    if len(items) > BATCH_LIMIT:
        raise TooLargeError(f"Send at most {BATCH_LIMIT} samples at once.")
    return items


def _refuse(message: str) -> InvalidInputError:
    return InvalidInputError(message, {"body": [message]})


def _parse_leniently(items: Sequence[msgspec.Raw | bytes]) -> tuple[Bodies, list[Fault]]:
    bodies: list[SampleBody | None] = []
    faults: list[Fault] = []
    for index, item in enumerate(items):
        try:
            value = _rename_sample(msgspec.json.decode(item))
            bodies.append(msgspec.convert(value, SampleBody))
            continue
        except msgspec.ValidationError as fault:
            faults.append(_locate(index, str(fault)))
        except RecursionError:
            faults.append(Fault(f"[{index}]", "The sample is nested too deeply."))
        except ValueError as fault:
            faults.append(Fault(f"[{index}]", f"The sample cannot be read as JSON: {fault}."))
        bodies.append(None)
    return bodies, faults


def _locate(index: int, text: str) -> Fault:
    """Msgspec writes "Expected `float`, got `str` - at `$.quantityValue`"."""
    message, _, path = text.partition(" - at `$")
    return Fault(f"[{index}]{path.rstrip('`')}", f"{message}.")


def _rename_sample(value: object, *, has_children: bool = True) -> object:
    renamed = _rename(value, _SAMPLE_NAMES)
    if not isinstance(renamed, dict):
        return renamed
    renamed["dateRange"] = _rename(renamed.get("dateRange"), _RANGE_NAMES)
    children = renamed.get("correlationObjects")
    if has_children and isinstance(children, list):
        renamed["correlationObjects"] = [_rename_sample(child, has_children=False) for child in children]
    return renamed


def _rename(value: object, names: dict[str, str]) -> Any:
    if not isinstance(value, dict):
        return value
    return {names[name.lower()]: each for name, each in value.items() if name.lower() in names}


def _describe(samples: Iterable[StoredSample], subject: str) -> list[SampleAnswer]:
    types = map_sample_type_codes()
    # Written out rather than called sample by sample: this is most of what a page costs outside the database.
    return [
        SampleAnswer(
            types[sample.type_code].name,
            subject,
            sample.device,
            sample.client_assigned_id,
            DateRange(sample.start, sample.end),
            _describe(sample.children, subject) if sample.children else [],
            UNSET if sample.value is None else sample.value,
            UNSET if sample.category is None else sample.category,
            UNSET if sample.id is None else sample.id,
        )
        for sample in samples
    ]


def describe_samples(
    samples: Sequence[StoredSample], subject: str, units: UnitChoice | None = None
) -> list[SampleAnswer]:
    """Contract 2.2; `subject` is the name by which the reader knows the person."""
    answers = _describe(samples, subject)
    if units:
        _convert(samples, answers, units)
    return answers


def _convert(samples: Sequence[StoredSample], answers: list[SampleAnswer], units: UnitChoice) -> None:
    for sample, answer in zip(samples, answers, strict=True):
        if sample.value is not None and (conversion := units.get(sample.type_code)):
            answer.quantity_value, answer.unit = conversion.show(sample.value), conversion.unit
        if sample.children:
            _convert(sample.children, answer.correlation_objects, units)


def _answer_receipt(receipt: Receipt) -> ReceiptAnswer:
    return ReceiptAnswer(receipt.id, receipt.client_assigned_id, receipt.verdict)


def _answer_faults(faults: Iterable[Fault]) -> list[FaultAnswer]:
    return [FaultAnswer(point(each.field), each.message, find_index(each.field)) for each in faults]


def _attach_warnings(answers: list[ReceiptAnswer], warnings: Iterable[Fault]) -> None:
    for warning in _answer_faults(warnings):
        receipt = answers[warning.index or 0]
        receipt.warnings = [*(receipt.warnings or ()), warning]


def render_outcome(outcome: Outcome, *, is_lenient: bool = False) -> bytes:
    """Contract 7, write status."""
    answers = [_answer_receipt(each) for each in outcome.receipts]
    _attach_warnings(answers, outcome.warnings)
    answer = ReceiptsAnswer(answers)
    if is_lenient:
        answer.faults = _answer_faults(outcome.faults[:FAULT_LIMIT])
        answer.more_faults = max(0, len(outcome.faults) - FAULT_LIMIT)
    return msgspec.json.encode(answer)


def render_receipt(outcome: Outcome) -> bytes:
    """Of a sample that was submitted alone."""
    answers = [_answer_receipt(each) for each in outcome.receipts]
    _attach_warnings(answers, outcome.warnings)
    return msgspec.json.encode(answers[0])
