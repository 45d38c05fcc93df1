"""Which scopes go together: a sample that holds others is of use only along with its parts. Pure rules."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from borvo.catalogue.sample_types import Family, SampleType, list_sample_types, map_sample_types
from borvo.catalogue.scopes import map_scopes, tell
from borvo.kernel.text import Text, gather, mark, say, say_count

_NAMED_AT_MOST = 3


class Access(StrEnum):
    """The two things that can be done with a type."""

    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Whole:
    """One access to a type whose samples hold others. `noun` is what these are called; `parts` are the scopes for the
    same access to each type that may be held, with what its samples are called."""

    scope: str
    noun: Text
    access: Access
    parts: Mapping[str, Text]

    @property
    def consequence(self) -> Text:
        """What happens to an app that has the whole and not every part (contract 2.3, 7): the rest of a sentence."""
        if self.access is Access.WRITE:
            return say(
                "sending %(noun)s with such a part is refused with 403, and the rest of its batch too.",
                noun=self.noun,
            )
        return say(
            "asking for %(noun)s by name is refused with 403 once a record has such a part, and those records are "
            "missing where no type is named.",
            noun=self.noun,
        )

    @property
    def taken_along(self) -> Text:
        """What was done when all its parts were ticked along with it; few are named."""
        is_read, count = self.access is Access.READ, len(self.parts)
        if count > _NAMED_AT_MOST:
            return say(_BROUGHT_MANY[is_read], noun=self.noun, count=count)
        return say(
            _BROUGHT_FEW[is_read], noun=self.noun, count=count, names=name_some([*self.parts.values()])
        )


# By whether it is read.
_BROUGHT_MANY = {
    True: mark("Reading %(noun)s brought its %(count)s parts along, without which it is refused."),
    False: mark("Writing %(noun)s brought its %(count)s parts along, without which it is refused."),
}
_BROUGHT_FEW = {
    True: mark("Reading %(noun)s brought its %(count)s parts along, without which it is refused: %(names)s."),
    False: mark(
        "Writing %(noun)s brought its %(count)s parts along, without which it is refused: %(names)s."
    ),
}


@dataclass(frozen=True, slots=True)
class Gap:
    """A whole that is chosen, and the scopes of its parts that are not."""

    whole: Whole
    missing: tuple[str, ...]

    @property
    def words(self) -> Text:
        """What breaks, for the developer."""
        return say("Without %(names)s, %(consequence)s", names=self.names, consequence=self.whole.consequence)

    @property
    def names(self) -> Text:
        """What is missing."""
        return name_some([self.whole.parts[scope] for scope in self.missing])


def name_some(names: Collection[str]) -> Text:
    """The first few, the others by their number."""
    named = [*names][:_NAMED_AT_MOST]
    if others := len(names) - len(named):
        named.append(say_count("one other", "%(count)s others", others))
    if len(named) == 1:
        return gather(named)
    return say("%(first)s and %(last)s", first=gather(named[:-1]), last=named[-1])


def _describe(sample_type: SampleType, access: Access) -> Whole:
    def find_scope(each: SampleType) -> str:
        return each.read_scope if access is Access.READ else each.write_scope

    types = [map_sample_types()[name] for name in sample_type.members]
    parts = {find_scope(each): tell(each.noun) for each in types}
    return Whole(find_scope(sample_type), tell(sample_type.noun), access, parts)


@cache
def map_wholes() -> Mapping[str, Whole]:
    """By scope."""
    types = [each for each in list_sample_types() if each.family is Family.CORRELATION]
    wholes = [_describe(each, access) for each in types for access in Access]
    return {whole.scope: whole for whole in wholes}


def order_choice(chosen: Iterable[str]) -> tuple[str, ...]:
    """Each once, the known ones in the order of the picker, unknown ones last."""
    named = set(chosen)
    known = [scope for scope in map_scopes() if scope in named]
    return (*known, *sorted(named.difference(known)))


def list_settled(chosen: Collection[str]) -> list[str]:
    """The wholes of a choice that was shown: what then lacks of their parts, the developer has unticked."""
    return [scope for scope in map_wholes() if scope in chosen]


def take_parts(chosen: Iterable[str], settled: Collection[str]) -> tuple[tuple[str, ...], tuple[Whole, ...]]:
    """Contract 4: who ticks blood pressure means its parts too. The choice with the parts of each whole that is not yet
    `settled`, and the wholes that brought some along. Nothing is ever taken away."""
    named = set(chosen)
    new = [whole for scope, whole in map_wholes().items() if scope in named and scope not in settled]
    taken = tuple(whole for whole in new if not named.issuperset(whole.parts))
    return order_choice(named.union(*(whole.parts for whole in taken))), taken


def find_gaps(chosen: Collection[str]) -> list[Gap]:
    """Those of all wholes that are chosen."""
    named = set(chosen)
    lacking = (
        Gap(whole, tuple(part for part in whole.parts if part not in named))
        for scope, whole in map_wholes().items()
        if scope in named
    )
    return [gap for gap in lacking if gap.missing]


def find_new_gaps(chosen: Collection[str], saved: Collection[str]) -> list[Gap]:
    """Those that were not saved before: what somebody has once decided is not asked again."""
    known = {gap.whole.scope: set(gap.missing) for gap in find_gaps(saved)}
    return [gap for gap in find_gaps(chosen) if not known.get(gap.whole.scope, set()).issuperset(gap.missing)]
