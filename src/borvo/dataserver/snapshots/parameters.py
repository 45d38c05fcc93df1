"""How the two-step query is asked for: its query in the query string or in a body of JSON, then its pages by key."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from borvo.dataserver.model import Query
from borvo.dataserver.parameters import Parameters
from borvo.dataserver.queries import TAKE_LIMIT, parse_query
from borvo.kernel.errors import InvalidInputError

_SKIP_LIMIT = 2**31 - 1
_DEFAULT_TAKE = 100
_DEPTH = 2


class PageRequest(Struct, frozen=True):
    """Which part of a snapshot is asked for; `key` as the client sent it."""

    key: str
    take: int
    skip: int


def parse_page(text: str) -> PageRequest:
    """Contract 2.5: the key comes as `querykey` or as `key`. Raises `InvalidInputError`."""
    parameters = Parameters(text)
    key = parameters.find("querykey") or parameters.find("key")
    if key is None:
        parameters.report("querykey", "Send the key that the query was answered with.")
    take = min(parameters.read_number("take", 1, _DEFAULT_TAKE), TAKE_LIMIT)
    skip = min(parameters.read_number("skip", 0, 0), _SKIP_LIMIT)
    parameters.check()
    return PageRequest(key or "", take, skip)


def parse_submitted(text: str, body: bytes) -> Query:
    """The query of the query string, or of a body with the same names in any case, where a range may also be an object
    of two bounds: `{"Types": [...], "StartDate": {"LowerBound": ...}}`. Raises `InvalidInputError`."""
    query = parse_query(_join(text, body) if body.strip() else text)
    if query.cursor:
        # Nothing that was asked for is passed over.
        message = "Results that stay have no cursor: fetch their pages by take and skip."
        raise InvalidInputError("The query is not valid: see errors.", {"cursor": [message]})
    return query


def _join(text: str, body: bytes) -> str:
    try:
        submitted = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, ValueError, RecursionError):
        message = "Send the query as a JSON object, or in the query string."
        raise InvalidInputError(message, {"body": [message]}) from None
    return "&".join(filter(None, (text, urlencode(list(_flatten(submitted, ""))))))


def _flatten(members: dict[str, Any], prefix: str, depth: int = 1) -> Iterator[tuple[str, str]]:
    for name, value in members.items():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict) and depth < _DEPTH:
                yield from _flatten(each, f"{prefix}{name}.", depth + 1)
            elif isinstance(each, str | int | float) and not isinstance(each, bool):
                yield f"{prefix}{name}", str(each)
            elif each is not None:
                message = "A text or a number is expected."
                raise InvalidInputError(message, {f"{prefix}{name}"[:100]: [message]})
