"""In which units a query wants its values: `unit=mm[Hg]`, or `unit=body_mass:[lb_av]` for one type alone."""

import asyncio
from collections.abc import Mapping, Sequence

from borvo.catalogue.sample_types import (
    SampleType,
    list_sample_types,
    map_sample_type_codes,
    map_sample_types,
)
from borvo.dataserver.model import Query
from borvo.dataserver.units import Conversion, UnitError, find_conversion
from borvo.kernel.errors import InvalidInputError

UnitChoice = Mapping[int, Conversion]
"""By the code of the type; the others stay in the unit in which they are stored."""

_SHOWN = 3


async def prepare_units(query: Query) -> UnitChoice:
    """As `choose_units`, away from the event loop: the units' library takes its time, the first time most of a
    second."""
    return await asyncio.to_thread(choose_units, query) if query.units else {}


async def restore_units(units: Mapping[int, str]) -> UnitChoice:
    """Those that were chosen before, by the codes of their types."""
    return await asyncio.to_thread(_restore, units) if units else {}


def _restore(units: Mapping[int, str]) -> UnitChoice:
    known = map_sample_type_codes()
    return {code: find_conversion(known[code], unit) for code, unit in units.items()}


def choose_units(query: Query) -> UnitChoice:
    """A unit without a type counts for all types of the query that can be measured in it. Raises `InvalidInputError`
    when there is none, with the units that fit."""
    chosen: dict[int, Conversion] = {}
    types = _list_measured(query.types)
    for text in query.units:
        name, colon, code = text.partition(":")
        named = map_sample_types().get(name)
        if colon and named is None:
            raise _refuse(f"{name[:100]!r} is no type of sample. Write TYPE:UNIT, or the unit alone.")
        chosen |= _apply([named] if named else types, code if named else text)
    return chosen


def _list_measured(named: Sequence[SampleType]) -> list[SampleType]:
    """The parts of correlations, too."""
    known = map_sample_types()
    every = [part for each in named for part in (each, *(known[member] for member in each.members))]
    return [each for each in every or list_sample_types() if each.ucum]


def _apply(types: Sequence[SampleType], code: str) -> dict[int, Conversion]:
    chosen, reasons = {}, []
    for each in types:
        try:
            chosen[each.code] = find_conversion(each, code)
        except UnitError as error:
            reasons.append(str(error))
    if not chosen:
        raise _refuse(" ".join(reasons[:_SHOWN]) or "None of these types has a unit.")
    return chosen


def _refuse(message: str) -> InvalidInputError:
    return InvalidInputError("The unit does not fit: see errors.", {"unit": [message]})
