"""Who may write and read which samples, by the scopes of the access token."""

from collections.abc import Iterable

from borvo.catalogue.sample_types import (
    Family,
    SampleType,
    list_sample_types,
    map_sample_type_codes,
    map_sample_types,
)
from borvo.dataserver.model import Sample, Selection, StoredSample


def find_missing_write_scopes(samples: Iterable[Sample], held: frozenset[str]) -> list[str]:
    """Contract 2.3: a correlation needs the scope of each of its children beside its own."""
    needed = set()
    for sample in samples:
        needed.add(sample.sample_type.write_scope)
        needed.update(child.sample_type.write_scope for child in sample.children)
    return sorted(needed - held)


def find_missing_stored_scopes(codes: Iterable[int], held: frozenset[str]) -> list[str]:
    """What it takes to put a stored sample out of the way: to write it, and each of its children."""
    types = map_sample_type_codes()
    return sorted({types[code].write_scope for code in codes} - held)


def find_missing_read_scopes(types: Iterable[SampleType], held: frozenset[str]) -> list[str]:
    return sorted({each.read_scope for each in types} - held)


def find_missing_child_scopes(samples: Iterable[StoredSample], held: frozenset[str]) -> list[str]:
    """Contract 7: judged on the children that are stored in the rows selected."""
    return find_missing_code_scopes({child.type_code for each in samples for child in each.children}, held)


def find_missing_code_scopes(codes: Iterable[int], held: frozenset[str]) -> list[str]:
    """As `find_missing_read_scopes`, by the codes of the types."""
    types = map_sample_type_codes()
    return find_missing_read_scopes((types[code] for code in codes), held)


def find_missing_member_scopes(types: Iterable[SampleType], held: frozenset[str]) -> list[str]:
    """Of all members that correlations of these types may have, stored or not."""
    known = map_sample_types()
    return find_missing_read_scopes((known[member] for each in types for member in each.members), held)


def select_named(types: tuple[SampleType, ...]) -> Selection:
    return Selection(types)


def select_readable(held: frozenset[str]) -> Selection:
    """Contract 7: a request that names no types gets only rows that are readable as a whole."""
    types = tuple(each for each in list_sample_types() if each.read_scope in held)
    readable = frozenset(each.code for each in types)
    guarded = frozenset(each.code for each in types if not _is_whole(each, readable))
    return Selection(types, guarded, readable)


def _is_whole(sample_type: SampleType, readable: frozenset[int]) -> bool:
    if sample_type.family is not Family.CORRELATION:
        return True
    known = map_sample_types()
    return all(known[member].code in readable for member in sample_type.members)
