"""The JSON of statistics."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, Struct, UnsetType, structs

from borvo.dataserver.aggregation.model import Aggregate, AggregateQuery, Bucket, Figures, Function
from borvo.dataserver.units import Conversion


class WordAnswer(Struct, omit_defaults=True):
    """Of one word: how many samples, and how many seconds they last."""

    count: int | UnsetType = UNSET
    duration: float | UnsetType = UNSET


class BucketAnswer(Struct):
    """One bucket that holds something: `start` belongs to it and `end` does not. With a time zone both are instants,
    without one local times. What was not asked for is left out; `stddev` is null for a single sample."""

    start: str
    end: str
    count: int | UnsetType = UNSET
    min: float | UnsetType = UNSET
    max: float | UnsetType = UNSET
    avg: float | UnsetType = UNSET
    sum: float | UnsetType = UNSET
    stddev: float | UnsetType | None = UNSET
    percentile: dict[str, float] | UnsetType = UNSET
    values: dict[str, WordAnswer] | UnsetType = UNSET


class AggregateAnswer(Struct):
    """`unit` is the UCUM code of all numbers but counts and seconds. `devices` are there for what adds up: in which
    order they counted, null for samples that name none. `subject` is there for agencies."""

    type: str
    unit: str | None
    bucket: Bucket
    timezone: str | None
    buckets: list[BucketAnswer]
    devices: list[str | None] | UnsetType = UNSET
    subject: str | UnsetType = UNSET


def render_aggregate(
    query: AggregateQuery,
    bounds: list[datetime],
    aggregate: Aggregate,
    conversion: Conversion | None = None,
    subject: str | UnsetType = UNSET,
) -> bytes:
    """With a conversion, figures are shown in its unit."""
    shown = (
        [convert_figures(each, conversion) for each in aggregate.buckets] if conversion else aggregate.buckets
    )
    buckets = [_describe(query, bounds, figures) for figures in shown]
    return msgspec.json.encode(
        AggregateAnswer(
            query.sample_type.name,
            conversion.unit if conversion else query.sample_type.ucum,
            query.bucket,
            query.zone,
            buckets,
            [*aggregate.devices] if aggregate.devices else UNSET,
            subject,
        )
    )


# Of these a unit's zero makes no difference: a temperature that varies by 1 K varies by 1 Cel. What adds up has no
# units with a zero of their own.
_DIFFERENCES = {Function.STDDEV, Function.SUM}


def convert_figures(figures: Figures, conversion: Conversion) -> Figures:
    """Counts, words and seconds have no unit."""

    def convert(function: Function, figure: float | None) -> float | None:
        if figure is None or function is Function.COUNT:
            return figure
        return (conversion.show_difference if function in _DIFFERENCES else conversion.show)(figure)

    return structs.replace(
        figures,
        by_function={function: convert(function, figure) for function, figure in figures.by_function.items()},
        percentiles=tuple(map(conversion.show, figures.percentiles)),
    )


def _describe(query: AggregateQuery, bounds: list[datetime], figures: Figures) -> BucketAnswer:
    start, end = (_write(bounds[place], query.zone) for place in (figures.number - 1, figures.number))
    members: dict[str, Any] = {
        function: int(figure) if function is Function.COUNT and figure is not None else figure
        for function, figure in figures.by_function.items()
        if query.asks(function)
    }
    if query.asks(Function.PERCENTILE):
        names = (f"{each:g}" for each in query.percentiles)
        members["percentile"] = dict(zip(names, figures.percentiles, strict=True))
    if figures.by_word:
        members["values"] = {word: _describe_word(query, *each) for word, each in figures.by_word.items()}
    return BucketAnswer(start, end, **members)


def _describe_word(query: AggregateQuery, count: int, seconds: float) -> WordAnswer:
    return WordAnswer(
        count if query.asks(Function.COUNT) else UNSET, seconds if query.asks(Function.DURATION) else UNSET
    )


def _write(bound: datetime, zone: str | None) -> str:
    if zone is None:
        return bound.replace(tzinfo=None).isoformat()
    return bound.astimezone(ZoneInfo(zone)).isoformat()
