"""What makes a submitted sample valid. Pure: bodies in, samples and faults out."""

import math
from collections.abc import Callable, Sequence

from borvo.catalogue.sample_types import Family, SampleType, map_sample_types, suggest_sample_type
from borvo.dataserver.bodies import RangeBody, SampleBody
from borvo.dataserver.instants import Moment, is_minimum_date, parse_moment
from borvo.dataserver.model import Fault, Sample
from borvo.dataserver.units import UnitError, find_conversion

VALUE_LIMIT = 7.9e28
"""Contract 7: what the decimals of .NET clients can hold."""

CHILD_LIMIT = 100
NAME_LIMIT = 200
_TEXT_LIMITS = {"clientAssignedId": NAME_LIMIT, "device": 1000}
_VERSION_LIMIT = 2**31
# Contract 2.2: clients break on a blood pressure that lacks a part, so it is never stored.
_EXACT = {"blood_pressure"}

Report = Callable[[str, str], None]


def check_samples(bodies: Sequence[SampleBody | None]) -> tuple[list[Sample | None], list[Fault]]:
    """The samples that are valid, each in its place, None in the place of others; and every fault of these with its
    path from the top of the batch. In the place of None there is None without a fault of its own."""
    samples: list[Sample | None] = []
    faults: list[Fault] = []
    for index, body in enumerate(bodies):
        found: list[Fault] = []
        sample = _check_sample(body, found) if body else None
        if found:
            sample = None
            faults += [Fault(f"[{index}].{field}", message) for field, message in found]
        samples.append(sample)
    return samples, faults


def find_implausible(samples: Sequence[Sample | None], first: int = 0) -> list[Fault]:
    """What is hardly right, though nobody can be sure: it is stored, and whoever sent it is told. `first` is the place
    of the first sample in the batch."""
    warnings: list[Fault] = []
    for index, sample in enumerate(samples, first):
        if sample is None:
            continue
        warnings += _warn(f"[{index}]", sample)
        for place, child in enumerate(sample.children):
            warnings += _warn(f"[{index}].correlationObjects[{place}]", child)
    return warnings


def _warn(path: str, sample: Sample) -> list[Fault]:
    plausible = sample.sample_type.plausible
    if plausible is None or sample.value is None or plausible[0] <= sample.value <= plausible[1]:
        return []
    unit = sample.sample_type.ucum or ""
    message = f"Stored, but hardly right: {plausible[0]:g} to {plausible[1]:g} {unit}".rstrip()
    return [Fault(f"{path}.quantityValue", f"{message} is what people have.")]


def _check_sample(body: SampleBody, found: list[Fault]) -> Sample | None:
    def report(field: str, message: str) -> None:
        found.append(Fault(field, message))

    sample_type = map_sample_types().get(body.type or "")
    if sample_type is None:
        report("type", _explain_type(body.type or ""))
        return None
    children = _check_children(body, sample_type, found)
    dates = _check_dates(body.date_range, report)
    value = _check_content(body, sample_type, report)
    if found or dates is None:
        return None
    start, end = dates
    return Sample(
        sample_type,
        start.instant,
        end.instant,
        value,
        body.category_value if sample_type.family is Family.CATEGORY else None,
        body.device,
        # Contract 7: no id, or an empty one, is accepted without idempotency.
        body.client_assigned_id or None,
        start.offset,
        end.offset,
        children,
        body.version,
    )


def _check_content(body: SampleBody, sample_type: SampleType, report: Report) -> float | None:
    """The value of a quantity, in the unit in which it is stored."""
    _check_text("device", body.device, report)
    _check_text("clientAssignedId", body.client_assigned_id, report)
    if body.version is not None:
        _check_version(body, report)
    if sample_type.family is Family.QUANTITY:
        return _check_quantity(body, sample_type, report)
    if body.quantity_value:
        # Contract 2.3: .NET clients write 0 where there is no quantity.
        report("quantityValue", f"A sample of type {sample_type.name} has no quantity.")
    if sample_type.family is Family.CATEGORY:
        if body.category_value not in sample_type.values:
            report("categoryValue", f"Use one of: {', '.join(sample_type.values)}.")
    elif body.category_value:
        report("categoryValue", f"A sample of type {sample_type.name} has no category.")
    return None


def _check_text(field: str, text: str | None, report: Report) -> None:
    if text and (len(text) > _TEXT_LIMITS[field] or "\x00" in text):
        report(field, f"Use at most {_TEXT_LIMITS[field]} characters, none of them NUL.")


def _check_version(body: SampleBody, report: Report) -> None:
    if not 0 <= (body.version or 0) < _VERSION_LIMIT:
        report("version", f"Use a whole number from 0 to {_VERSION_LIMIT - 1}.")
    elif not body.client_assigned_id:
        report("version", "A version orders the contents of one clientAssignedId, so that is needed, too.")


def _explain_type(name: str) -> str:
    suggested = suggest_sample_type(name)
    hint = f" Did you mean {suggested.name}?" if suggested else ""
    return f"Name a type of sample; names are case-sensitive.{hint}"


def _check_quantity(body: SampleBody, sample_type: SampleType, report: Report) -> float | None:
    value = body.quantity_value
    if body.category_value:
        report("categoryValue", f"A sample of type {sample_type.name} has no category.")
    if value is None:
        report("quantityValue", "A number is needed.")
        return None
    if body.unit is not None and math.isfinite(value):
        value = _convert(value, body.unit, sample_type, report)
    if not math.isfinite(value) or abs(value) >= VALUE_LIMIT:
        report("quantityValue", "The number must be smaller than 7.9e28 in absolute value.")
    return value


def _convert(value: float, unit: str, sample_type: SampleType, report: Report) -> float:
    try:
        return find_conversion(sample_type, unit).store(value)
    except UnitError as error:
        report("unit", str(error))
        return 0.0
    except OverflowError:
        return math.inf


def _check_dates(dates: RangeBody | None, report: Report) -> tuple[Moment, Moment] | None:
    if dates is None:
        report("dateRange", "Both dates are needed.")
        return None
    lower = _check_date("dateRange.lowerBound", dates.lower_bound, report)
    if dates.lower_bound == dates.upper_bound and lower:
        return lower, lower
    upper = _check_date("dateRange.upperBound", dates.upper_bound, report)
    if lower is None or upper is None:
        return None
    if lower.instant > upper.instant:
        report("dateRange", "lowerBound must not be after upperBound.")
    return lower, upper


def _check_date(field: str, text: str | None, report: Report) -> Moment | None:
    # The minimum date means "not given" (contract 7), which a sample's date may not be.
    if text and not is_minimum_date(text) and (moment := parse_moment(text)):
        return moment
    report(field, "Write the date and time with an offset, such as 2024-01-31T08:30:00+00:00.")
    return None


def _check_children(body: SampleBody, sample_type: SampleType, found: list[Fault]) -> tuple[Sample, ...]:
    bodies = body.correlation_objects or []
    if message := _judge_members(bodies, sample_type):
        found.append(Fault("correlationObjects", message))
        return ()
    samples = []
    for index, child in enumerate(bodies):
        faults: list[Fault] = []
        sample = _check_sample(child, faults)
        found += [Fault(f"correlationObjects[{index}].{field}", text) for field, text in faults]
        if sample:
            samples.append(sample)
    return tuple(samples)


def _judge_members(children: list[SampleBody], sample_type: SampleType) -> str | None:
    """What is wrong with the types of the children. Members of correlations are quantities, so nothing nests."""
    if sample_type.family is not Family.CORRELATION:
        return f"A sample of type {sample_type.name} holds no other samples." if children else None
    names = [child.type for child in children]
    if sample_type.name in _EXACT:
        exact = sorted(name or "" for name in names) == sorted(sample_type.members)
        return None if exact else f"Exactly one of each is needed: {', '.join(sample_type.members)}."
    if not names or len(names) > CHILD_LIMIT:
        return f"From 1 to {CHILD_LIMIT} samples are needed."
    if not set(names) <= set(sample_type.members):
        strange = next(name for name in names if name not in sample_type.members)
        return (
            f"{sample_type.name} holds only: {', '.join(sample_type.members)}; not {(strange or '')[:100]!r}."
        )
    return None
