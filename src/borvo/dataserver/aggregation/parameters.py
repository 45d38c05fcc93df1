"""The query string of a request for statistics."""

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import available_timezones

from borvo.catalogue.sample_types import Family, SampleType, map_sample_types
from borvo.dataserver.aggregation.bounds import count_at_most
from borvo.dataserver.aggregation.model import (
    AggregateQuery,
    Bucket,
    Function,
    Method,
    find_method,
    list_functions,
)
from borvo.dataserver.model import Range
from borvo.dataserver.parameters import Parameters

BUCKET_LIMIT = 10_000
RANGE_LIMIT = timedelta(days=3_700)
PERCENTILE_LIMIT = 20
_DEVICE_LIMIT = 100
# Far beyond the life of anybody, and a month away from what a date can be.
_FIRST, _LAST = datetime(1800, 1, 1, tzinfo=UTC), datetime(2400, 1, 1, tzinfo=UTC)
_BUCKETS = {bucket.value: bucket for bucket in Bucket}
_MEDIAN = 50.0
_WHOLE = 100


def parse_aggregate(text: str) -> AggregateQuery:
    """Raises `InvalidInputError` that names every parameter at fault."""
    parameters = Parameters(text)
    sample_type = _read_type(parameters)
    bucket = parameters.choose("bucket", _BUCKETS, Bucket.DAY)
    wanted = _read_range(parameters, bucket)
    percentiles = _read_percentiles(parameters)
    functions = _read_functions(parameters, sample_type, is_percentile_named=bool(percentiles))
    devices = _read_devices(parameters, sample_type)
    zone = _read_zone(parameters)
    unit = _read_unit(parameters)
    parameters.check()
    if sample_type is None or wanted.lower is None or wanted.upper is None:
        raise RuntimeError("what is missing has been reported")
    return AggregateQuery(
        sample_type=sample_type,
        bucket=bucket,
        zone=zone,
        functions=functions,
        percentiles=percentiles or (_MEDIAN,),
        devices=devices,
        lower=wanted.lower,
        upper=wanted.upper,
        unit=unit,
    )


def _read_type(parameters: Parameters) -> SampleType | None:
    names = parameters.split("type", "types")
    if len(names) != 1:
        parameters.report("type", "Name one type of sample.")
        return None
    found = map_sample_types().get(names[0])
    if found is None:
        parameters.report("type", f"{names[0][:100]!r} is no type of sample; names are case-sensitive.")
    return found


def _read_range(parameters: Parameters, bucket: Bucket) -> Range:
    start, end = parameters.read_range("StartDate"), parameters.read_range("EndDate")
    if not start.is_open and not end.is_open:
        parameters.report(
            "RangeOfEndDate", "Give one range: that of the start dates or that of the end dates."
        )
    wanted = end if start.is_open else start
    if wanted.lower is None or wanted.upper is None:
        parameters.report(
            "RangeOfStartDate", "Both bounds are needed: RangeOfStartDate.LowerBound and .UpperBound."
        )
    elif wanted.lower < _FIRST or wanted.upper > _LAST:
        parameters.report("RangeOfStartDate", f"Stay between the years {_FIRST.year} and {_LAST.year}.")
    elif wanted.upper - wanted.lower > RANGE_LIMIT:
        parameters.report("RangeOfStartDate", f"Ask for at most {RANGE_LIMIT.days} days at once.")
    elif count_at_most(bucket, wanted.lower, wanted.upper) > BUCKET_LIMIT:
        parameters.report(
            "bucket", f"These are more than {BUCKET_LIMIT} buckets: take larger ones or fewer days."
        )
    return wanted


def _read_functions(
    parameters: Parameters, sample_type: SampleType | None, *, is_percentile_named: bool
) -> tuple[Function, ...]:
    named = [name.lower() for name in parameters.split("functions")]
    if is_percentile_named and named:
        named.append(Function.PERCENTILE)
    if sample_type is None:
        return ()
    known = list_functions(sample_type)
    if refused := [name for name in named if name not in known]:
        parameters.report("functions", _explain(sample_type, refused[0], known))
    if named:
        return tuple(each for each in known if each in named)
    return tuple(each for each in known if each is not Function.PERCENTILE or is_percentile_named)


def _explain(sample_type: SampleType, refused: str, known: tuple[Function, ...]) -> str:
    offered = f"Use: {', '.join(known)}."
    if refused not in list(Function):
        return f"{refused[:100]!r} is no function. {offered}"
    reasons = {
        Method.READINGS: "is a reading: what does not add up has no sum, and a number has no duration.",
        Method.AMOUNTS: "adds up over time: how large single samples are says how often they were written, no more.",
        Method.WORDS: "has words and no numbers.",
        Method.GROUPS: f"has no value of its own; ask for its parts: {', '.join(sample_type.members)}.",
    }
    return f"{refused} makes no sense: {sample_type.name} {reasons[find_method(sample_type)]} {offered}"


def _read_percentiles(parameters: Parameters) -> tuple[float, ...]:
    texts = parameters.split("percentile", "percentiles")
    try:
        numbers = tuple(dict.fromkeys(float(text) for text in texts))
    except ValueError:
        numbers = (-1.0,)
    if len(numbers) > PERCENTILE_LIMIT or not all(0 <= number <= _WHOLE for number in numbers):
        parameters.report("percentile", f"Use up to {PERCENTILE_LIMIT} numbers from 0 to 100, such as 50,95.")
    return numbers


def _read_devices(parameters: Parameters, sample_type: SampleType | None) -> tuple[str, ...]:
    devices = parameters.list_whole("devices")
    if len(devices) > _DEVICE_LIMIT or any("\x00" in each for each in devices):
        parameters.report("devices", f"Name up to {_DEVICE_LIMIT} devices, each in a parameter of its own.")
    if devices and sample_type and sample_type.family is Family.CORRELATION:
        parameters.report("devices", "Which device counts first matters only where times add up.")
    return devices


def _read_zone(parameters: Parameters) -> str | None:
    zone = parameters.find("timezone")
    if zone is not None and zone not in _list_zones():
        parameters.report("timezone", "Use a name of the IANA time zone database, such as Europe/London.")
    return zone


def _read_unit(parameters: Parameters) -> str | None:
    units = parameters.list_whole("unit")
    if len(units) > 1:
        parameters.report("unit", "Name one unit: there is one type.")
    return units[0] if units else None


@cache
def _list_zones() -> frozenset[str]:
    return frozenset(available_timezones())
