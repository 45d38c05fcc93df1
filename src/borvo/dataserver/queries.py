"""The query string of a request for samples, in all the spellings that clients have used (contract 2.1)."""

from functools import lru_cache
from urllib.parse import parse_qsl, urlencode

from borvo.catalogue.sample_types import SampleType, map_sample_types
from borvo.dataserver.model import Order, Query
from borvo.dataserver.parameters import Parameters

TAKE_LIMIT = 1000
_TAKE = 100
# Far beyond what anybody has; it only keeps numbers within what the database can hold.
_SKIP_LIMIT = 2**31 - 1
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


def parse_query(text: str) -> Query:
    """Raises `InvalidInputError` that names every parameter at fault."""
    return _remember(text) if len(text) <= _REMEMBERED_LENGTH else _parse(text)


@lru_cache(maxsize=1024)
def _remember(text: str) -> Query:
    """Programs ask the same again and again; the one `Query` also finds what was made of it before."""
    return _parse(text)


def _parse(text: str) -> Query:
    given = Parameters(text)
    asked = given.read_number("take", 1, _TAKE)
    query = Query(
        types=_read_types(given),
        start=given.read_range("StartDate"),
        end=given.read_range("EndDate"),
        creation=given.read_range("CreationDate"),
        devices=_read_list(given, "device", _DEVICE_LIMIT),
        clients=_read_list(given, "client", _CLIENT_LIMIT),
        order=given.choose("orderProperty", _ORDERS, Order.START),
        is_descending=given.choose("orderDirection", _DIRECTIONS, default=False),
        take=min(asked, TAKE_LIMIT),
        limit=asked if given.find("take") else None,
        skip=min(given.read_number("skip", 0, 0), _SKIP_LIMIT),
        units=_read_list(given, "unit", _UNIT_LIMIT),
        fields=_read_fields(given),
        cursor=given.find("cursor"),
    )
    if query.cursor and query.skip:
        given.report("skip", "A cursor says where the page begins: leave skip out.")
    given.check()
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


def _read_types(given: Parameters) -> tuple[SampleType, ...]:
    known = map_sample_types()
    names = given.split("types")
    if unknown := next((name for name in names if name not in known), None):
        given.report("types", f"{unknown[:100]!r} is no type of sample; names are case-sensitive.")
    return tuple(known[name] for name in names if name in known)


def _read_list(given: Parameters, name: str, limit: int) -> tuple[str, ...]:
    """Repeated; each is one name as a whole, for devices may have commas in theirs."""
    values = given.list_whole(name)
    if len(values) > _LIST_LIMIT or any(len(each) > limit or "\x00" in each for each in values):
        given.report(name, f"Use at most {_LIST_LIMIT} of at most {limit} characters each, without NUL.")
        return ()
    return values


def _read_fields(given: Parameters) -> tuple[str, ...]:
    names = {name.lower() for name in given.split("fields")}
    if not names <= _FIELDS.keys():
        given.report("fields", f"Use any of: {', '.join(_FIELDS.values())}.")
        return ()
    return tuple(field for name, field in _FIELDS.items() if name in names)
