"""What can be asked of a type of sample, and what is answered. Pure."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from borvo.catalogue.sample_types import Family, SampleType, list_sample_types, map_sample_types


class Bucket(StrEnum):
    """By what the samples are gathered. Weeks begin on Monday."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Function(StrEnum):
    """What is worked out of each bucket."""

    COUNT = "count"
    MIN = "min"
    MAX = "max"
    AVG = "avg"
    SUM = "sum"
    STDDEV = "stddev"
    PERCENTILE = "percentile"
    DURATION = "duration"


_OF_READINGS = (
    Function.COUNT,
    Function.MIN,
    Function.MAX,
    Function.AVG,
    Function.STDDEV,
    Function.PERCENTILE,
)
_OF_AMOUNTS = (Function.COUNT, Function.SUM)
_OF_WORDS = (Function.COUNT, Function.DURATION)


class Method(StrEnum):
    """How the samples of a type are put together."""

    READINGS = "readings"
    """Each stands for itself, such as a heart rate: sums of them mean nothing."""
    AMOUNTS = "amounts"
    """They add up, such as steps: a part of the time has a part of the value, and two devices that counted the same
    time count once."""
    WORDS = "words"
    """Words that last for some time, such as sleep: the time adds up."""
    GROUPS = "groups"
    """Correlations, which have no value of their own."""


def find_method(sample_type: SampleType) -> Method:
    if sample_type.family is Family.CATEGORY:
        return Method.WORDS
    if sample_type.family is Family.CORRELATION:
        return Method.GROUPS
    return Method.AMOUNTS if sample_type.is_cumulative else Method.READINGS


def list_functions(sample_type: SampleType) -> tuple[Function, ...]:
    """Those that make sense for the type."""
    match find_method(sample_type):
        case Method.READINGS:
            return _OF_READINGS
        case Method.AMOUNTS:
            return _OF_AMOUNTS
        case Method.WORDS:
            return _OF_WORDS
        case Method.GROUPS:
            return (Function.COUNT,)


def list_groups(sample_type: SampleType) -> tuple[SampleType, ...]:
    """The correlations that may hold samples of the type."""
    return tuple(each for each in list_sample_types() if sample_type.name in each.members)


def list_needed_types(sample_type: SampleType) -> tuple[SampleType, ...]:
    """Whose scopes are needed: statistics look inside correlations, so those of the correlations too (contract 2.3)."""
    return (sample_type, *list_groups(sample_type))


class AggregateQuery(Struct, frozen=True, kw_only=True):
    """One request. Both bounds belong to the range. Without a `zone` the offset at which each sample was written says
    to which local day it belongs. `devices` are those that count first, where several counted the same time. `unit` is
    the text that says in which unit figures are wanted."""

    sample_type: SampleType
    bucket: Bucket
    zone: str | None
    functions: tuple[Function, ...]
    percentiles: tuple[float, ...]
    devices: tuple[str, ...]
    lower: datetime
    upper: datetime
    unit: str | None = None

    def asks(self, function: Function) -> bool:
        return function in self.functions

    @property
    def method(self) -> Method:
        return find_method(self.sample_type)

    @property
    def is_cut(self) -> bool:
        """Whether a sample that lasts over the end of a bucket is divided. Words are divided over hours only: a night
        lies on the day on which it ends."""
        return self.method is Method.AMOUNTS or self.bucket is Bucket.HOUR


class Share(Struct, frozen=True):
    """What of a person's samples counts for somebody else: those from an instant on. A correlation of which one part is
    not of these types, by their codes, or is from before then, does not count, and its other parts do not either."""

    since: datetime | None
    readable: frozenset[int]

    def is_whole(self, sample_type: SampleType) -> bool:
        """Whether nothing of this type is kept back, whatever samples there are."""
        known = map_sample_types()
        held_by = (sample_type, *list_groups(sample_type))
        parts = {known[name].code for each in held_by for name in each.members}
        return self.since is None and parts <= self.readable


class Figures(Struct, frozen=True):
    """What was worked out of one bucket, by function; of words, by word. `number` is the bucket's place among the
    bounds, from 1."""

    number: int
    by_function: Mapping[Function, float | None]
    percentiles: tuple[float, ...] = ()
    by_word: Mapping[str, tuple[int, float]] = {}


class Aggregate(Struct, frozen=True):
    """The buckets that hold something, and the devices in the order in which they counted; None stands for samples that
    name none."""

    buckets: tuple[Figures, ...]
    devices: tuple[str | None, ...] = ()

    @property
    def samples(self) -> int:
        """How many were counted, if they were: one that is divided counts in each bucket."""
        return sum(int(each.by_function.get(Function.COUNT) or 0) for each in self.buckets)
