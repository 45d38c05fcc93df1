"""The query string of a request for samples, in all the spellings that clients have used (contract 2.1)."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import TypeVar
from urllib.parse import parse_qsl, urlencode

from borvo.catalogue.sample_types import SampleType, map_sample_types
from borvo.dataserver.instants import is_minimum_date, parse_instant
from borvo.dataserver.model import Fault, Order, Query, Range
from borvo.kernel.errors import InvalidInputError

TAKE_LIMIT = 1000
# Far beyond what anybody has; it only keeps numbers within what the database can hold.
_SKIP_LIMIT = 2**31 - 1
_PARAMETER_LIMIT = 1000
_DIGIT_LIMIT = 20
_LIST_LIMIT = 50
_DEVICE_LIMIT = 1000
_CLIENT_LIMIT = 200
_UNIT_LIMIT = 200
_REMEMBERED_LENGTH = 2000

SAMPLE_FIELDS = (
    "id",
    "type",
    "subject",
    "device",
    "clientAssignedId",
    "dateRange",
    "quantityValue",
    "categoryValue",
    "correlationObjects",
)
"""The members of a sample that may be asked for alone."""

Values = Mapping[str, list[str]]
T = TypeVar("T")


def parse_query(text: str) -> Query:
    """Raises `InvalidInputError` that names every parameter at fault."""
    return _remember(text) if len(text) <= _REMEMBERED_LENGTH else _parse(text)


@lru_cache(maxsize=1024)
def _remember(text: str) -> Query:
    """Programs ask the same again and again; the one `Query` also finds what was made of it before."""
    return _parse(text)


def _parse(text: str) -> Query:
    values = _gather(text)
    faults: list[Fault] = []
    query = Query(
        types=_read_types(values, faults),
        start=_read_range(values, "StartDate", faults),
        end=_read_range(values, "EndDate", faults),
        creation=_read_range(values, "CreationDate", faults),
        devices=_read_list(values, "device", _DEVICE_LIMIT, faults),
        clients=_read_list(values, "client", _CLIENT_LIMIT, faults),
        order=_read_choice(values, "orderProperty", _ORDERS, Order.START, faults),
        is_descending=_read_choice(values, "orderDirection", _DIRECTIONS, False, faults),
        take=min(_read_number(values, "take", 1, 100, faults), TAKE_LIMIT),
        limit=_read_number(values, "take", 1, 0, []) or None,
        skip=min(_read_number(values, "skip", 0, 0, faults), _SKIP_LIMIT),
        units=_read_list(values, "unit", _UNIT_LIMIT, faults),
        fields=_read_fields(values, faults),
        cursor=_read_first(values, "cursor"),
    )
    if query.cursor and query.skip:
        faults.append(Fault("skip", "A cursor says where the page begins: leave skip out."))
    if faults:
        errors: dict[str, list[str]] = {}
        for fault in faults:
            errors.setdefault(fault.field, []).append(fault.message)
        raise InvalidInputError("The query string is not valid: see errors.", errors)
    return query


def render_link(path: str, text: str, cursor: str) -> str:
    """RFC 8288: the address of the next page, relative to the server: the same query, and the cursor."""
    return f'<{_continue(path, text)}{cursor}>; rel="next"'


@lru_cache(maxsize=1024)
def _continue(path: str, text: str) -> str:
    pairs = [(name, value) for name, value in parse_qsl(text) if name.lower() not in {"cursor", "skip"}]
    return f"{path}?{urlencode([*pairs, ('cursor', '')])}"


_ORDERS = {order.value.lower(): order for order in Order}
_FIELDS = {name.lower(): name for name in SAMPLE_FIELDS}
_DIRECTIONS = {"ascending": False, "descending": True}


def _gather(text: str) -> dict[str, list[str]]:
    """By lower-case name without `RangeOf`. Contract 2.1: blanks and minimum dates stand for "not given"."""
    try:
        pairs = parse_qsl(text, max_num_fields=_PARAMETER_LIMIT)
    except ValueError:
        raise InvalidInputError(f"At most {_PARAMETER_LIMIT} query parameters are read.") from None
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        if value.strip() and not is_minimum_date(_mend(value)):
            values.setdefault(name.lower().removeprefix("rangeof"), []).append(value.strip())
    return values


def _mend(date: str) -> str:
    """The plus of an offset that was not percent-encoded arrives as a space."""
    return date.strip().replace(" ", "+")


def _read_first(values: Values, name: str) -> str | None:
    """Contract 2.1: of a doubled key the first real value counts."""
    return values.get(name.lower(), [None])[0]


def _read_types(values: Values, faults: list[Fault]) -> tuple[SampleType, ...]:
    known = map_sample_types()
    parts = (part.strip() for value in values.get("types", []) for part in value.split(","))
    names = dict.fromkeys(part for part in parts if part)
    if not names.keys() <= known.keys():
        unknown = next(name for name in names if name not in known)
        faults.append(Fault("types", f"{unknown[:100]!r} is no type of sample; names are case-sensitive."))
    return tuple(known[name] for name in names if name in known)


def _read_list(values: Values, name: str, limit: int, faults: list[Fault]) -> tuple[str, ...]:
    """Repeated; each is one name as a whole, for devices may have commas in theirs."""
    given = tuple(dict.fromkeys(values.get(name, [])))
    if len(given) > _LIST_LIMIT or any(len(each) > limit or "\x00" in each for each in given):
        faults.append(
            Fault(name, f"Use at most {_LIST_LIMIT} of at most {limit} characters each, without NUL.")
        )
        return ()
    return given


def _read_fields(values: Values, faults: list[Fault]) -> tuple[str, ...]:
    parts = (part.strip() for value in values.get("fields", []) for part in value.split(","))
    names = dict.fromkeys(part.lower() for part in parts if part)
    if not names.keys() <= _FIELDS.keys():
        faults.append(Fault("fields", f"Use any of: {', '.join(_FIELDS.values())}."))
        return ()
    return tuple(field for name, field in _FIELDS.items() if name in names)


def _read_range(values: Values, name: str, faults: list[Fault]) -> Range:
    lower = _read_date(values, f"{name}.LowerBound", faults)
    upper = _read_date(values, f"{name}.UpperBound", faults)
    if lower and upper and lower > upper:
        faults.append(Fault(f"RangeOf{name}", "LowerBound must not be after UpperBound."))
    return Range(lower, upper)


def _read_date(values: Values, name: str, faults: list[Fault]) -> datetime | None:
    text = _read_first(values, name)
    if text is None:
        return None
    instant = parse_instant(_mend(text))
    if instant is None:
        message = "Write the date and time with an offset, such as 2024-01-31T08:30:00Z."
        faults.append(Fault(f"RangeOf{name}", message))
    return instant


def _read_choice(values: Values, name: str, choices: Mapping[str, T], default: T, faults: list[Fault]) -> T:
    text = _read_first(values, name)
    if text is None:
        return default
    if text.lower() not in choices:
        faults.append(Fault(name, f"Use one of: {', '.join(choices)}."))
    return choices.get(text.lower(), default)


def _read_number(values: Values, name: str, least: int, default: int, faults: list[Fault]) -> int:
    text = _read_first(values, name)
    if text is None:
        return default
    # A number with more digits is beyond any limit, and costs time to convert.
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGIT_LIMIT) or int(text) < least:
        faults.append(Fault(name, f"Use a whole number of at least {least}."))
        return default
    return int(text)
