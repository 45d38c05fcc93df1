"""The picker of scopes: what its rows show, and what a choice that comes from it means."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from borvo.catalogue.sample_types import Family, SampleType, list_sample_types, map_sample_types
from borvo.catalogue.scopes import ScopeWords, group_scopes, map_scopes, tell
from borvo.kernel.text import Text, gather, say
from borvo.portal.scope_choice import (
    Gap,
    Whole,
    find_gaps,
    find_new_gaps,
    list_settled,
    map_wholes,
    name_some,
    order_choice,
    take_parts,
)
from borvo.web.forms import Form

SETTLED = "settled_scopes"
ACCEPTED = "accepted_gaps"
TAKEN = "taken_scopes"


@dataclass(frozen=True, slots=True)
class ScopeBox:
    """One check box. `gaps` says what breaks because it, or a part of it, is not ticked."""

    scope: str
    title: str
    sentence: str
    is_chosen: bool
    whole: Whole | None = None
    gaps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TypeRow:
    """One type of sample: reading and writing side by side. `noun` is its label within a sentence; `value` is its unit
    (`is_unit`), as the API writes it, or its words, or what it holds; `about` is what people are told beside the
    question; `parents` are the types that may hold it, by their names what they are called."""

    name: str
    label: Text
    noun: Text
    value: str
    is_unit: bool
    about: Text
    parents: Mapping[str, Text]
    read: ScopeBox
    write: ScopeBox

    @property
    def boxes(self) -> tuple[ScopeBox, ScopeBox]:
        return self.read, self.write


@dataclass(frozen=True, slots=True)
class PickerGroup:
    """A group of the contract: single boxes for what is no type, rows for types."""

    title: str
    boxes: tuple[ScopeBox, ...]
    rows: tuple[TypeRow, ...]

    @property
    def count(self) -> int:
        """How many are chosen."""
        every = [*self.boxes, *(box for row in self.rows for box in row.boxes)]
        return sum(box.is_chosen for box in every)


def describe_value(sample_type: SampleType) -> str:
    """What a sample's value is."""
    if sample_type.family is Family.CORRELATION:
        members = [tell(map_sample_types()[name].noun) for name in sample_type.members]
        return say("Holds %(names)s", names=name_some(members))
    if sample_type.family is Family.CATEGORY:
        return say("One of %(values)s", values=gather(sample_type.values))
    return f"{sample_type.unit} ({sample_type.ucum})"


def _describe_box(words: ScopeWords, chosen: Collection[str], gaps: Iterable[Gap]) -> ScopeBox:
    whole = map_wholes().get(words.scope)
    broken = [gap.words for gap in gaps if gap.whole is whole]
    broken += [
        say("Without it, %(consequence)s", consequence=gap.whole.consequence)
        for gap in gaps
        if words.scope in gap.missing
    ]
    return ScopeBox(words.scope, words.title, words.sentence, words.scope in chosen, whole, tuple(broken))


def _map_parents(sample_type: SampleType) -> dict[str, Text]:
    parents = [each for each in list_sample_types() if sample_type.name in each.members]
    return {each.name: tell(each.noun) for each in parents}


def _list_rows(scopes: Collection[str], chosen: Collection[str], gaps: list[Gap]) -> Iterator[TypeRow]:
    for each in list_sample_types():
        if each.read_scope in scopes:
            read, write = map_scopes()[each.read_scope], map_scopes()[each.write_scope]
            yield TypeRow(
                each.name,
                tell(each.label),
                tell(each.noun),
                describe_value(each),
                each.unit is not None,
                tell(each.about),
                _map_parents(each),
                _describe_box(read, chosen, gaps),
                _describe_box(write, chosen, gaps),
            )


def build_picker(chosen: Collection[str]) -> list[PickerGroup]:
    """All groups in the order of contract section 4, with what is chosen."""
    gaps = find_gaps(chosen)
    groups = []
    for title, words in group_scopes().items():
        scopes = {each.scope for each in words}
        rows = tuple(_list_rows(scopes, chosen, gaps))
        of_types = {box.scope for row in rows for box in row.boxes}
        single = [each for each in words if each.scope not in of_types]
        groups.append(PickerGroup(title, tuple(_describe_box(each, chosen, gaps) for each in single), rows))
    return groups


def settle_scopes(form: Form, saved: Collection[str] = ()) -> None:
    """What came from a picker becomes what it means: wholes that were ticked since the page was shown bring their
    parts, and parts that were unticked are a fault until the developer says that the app does without them. `saved` is
    what the client has."""
    scopes, taken = take_parts(form.texts("scopes"), form.text(SETTLED).split())
    form.put("scopes", scopes)
    form.put(TAKEN, [whole.scope for whole in taken])
    accepted = form.texts(ACCEPTED)
    for gap in find_new_gaps(scopes, saved):
        if gap.whole.scope not in accepted:
            form.add_error(
                "scopes",
                say("%(words)s Tick it again, or say below that the app does without.", words=gap.words),
            )


def build_taken_query(form: Form) -> str:
    """Carries to the next page what came along; empty when nothing did."""
    return "".join(f"&taken={scope}" for scope in form.texts(TAKEN))


def describe_picker(form: Form, saved: Collection[str] = ()) -> dict[str, Any]:
    """What the template of the picker needs."""
    chosen, brought = order_choice(form.texts("scopes")), set(form.texts(TAKEN))
    return {
        "picker": build_picker(chosen),
        "settled_scopes": " ".join(list_settled(chosen)),
        "new_gaps": find_new_gaps(chosen, saved),
        "accepted_gaps": form.texts(ACCEPTED),
        "taken": [whole for scope, whole in map_wholes().items() if scope in brought.intersection(chosen)],
    }
