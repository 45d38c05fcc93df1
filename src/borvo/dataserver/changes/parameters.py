"""The query string of a request for changes."""

from msgspec import Struct

from borvo.catalogue.sample_types import SampleType, map_sample_types
from borvo.dataserver.parameters import Parameters

TAKE_LIMIT = 1000
NOW = "now"
"""Stands for a token: begin with what comes from now on."""


class ChangesRequest(Struct, frozen=True):
    """Without `since` everything is asked for. `types` are those named."""

    since: str | None
    types: tuple[SampleType, ...]
    take: int


def parse_changes(text: str) -> ChangesRequest:
    """Raises `InvalidInputError` that names every parameter at fault."""
    parameters = Parameters(text)
    known = map_sample_types()
    names = parameters.split("types", "type")
    if unknown := [name for name in names if name not in known]:
        parameters.report("types", f"{unknown[0][:100]!r} is no type of sample; names are case-sensitive.")
    take = min(parameters.read_number("take", 1, TAKE_LIMIT), TAKE_LIMIT)
    since = parameters.find("since")
    parameters.check()
    return ChangesRequest(since, tuple(known[name] for name in names), take)
