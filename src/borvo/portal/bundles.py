"""Scopes that are of use together only: a group of samples can be read only along with its members."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from borvo.catalogue.sample_types import Family, SampleType, list_sample_types, map_sample_types
from borvo.catalogue.scopes import map_scopes


@dataclass(frozen=True, slots=True)
class Bundle:
    """One check box of the picker that stands for several scopes."""

    value: str
    title: str
    scopes: frozenset[str]


def _describe(sample_type: SampleType) -> tuple[Bundle, Bundle]:
    types = [sample_type, *(map_sample_types()[name] for name in sample_type.members)]
    return (
        Bundle(
            f"bundle.{sample_type.read_scope}",
            f"Read {sample_type.label.lower()} with all its parts",
            frozenset(each.read_scope for each in types),
        ),
        Bundle(
            f"bundle.{sample_type.write_scope}",
            f"Write {sample_type.label.lower()} with all its parts",
            frozenset(each.write_scope for each in types),
        ),
    )


@cache
def list_bundles() -> tuple[Bundle, ...]:
    """Reading and writing of every type whose samples are groups of others."""
    groups = [each for each in list_sample_types() if each.family is Family.CORRELATION]
    return tuple(bundle for sample_type in groups for bundle in _describe(sample_type))


def expand_scopes(chosen: Iterable[str]) -> tuple[str, ...]:
    """Bundles become their scopes, known scopes come in the order of the picker, unknown ones last."""
    bundles = {bundle.value: bundle.scopes for bundle in list_bundles()}
    expanded: set[str] = set()
    for value in chosen:
        expanded |= bundles.get(value, frozenset({value}))
    known = [scope for scope in map_scopes() if scope in expanded]
    return (*known, *sorted(expanded.difference(known)))
