"""Two people change the same client: what became of each field. Pure rules on the values of the form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from borvo.portal.scope_choice import order_choice
from borvo.web.forms import Form

Values = Mapping[str, Sequence[str]]
_SEVERAL = frozenset({"grant_types", "scopes"})
_BASE_MAXIMUM = 60_000


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field that the other person changed. `is_conflict`: so did I, in another way."""

    name: str
    mine: tuple[str, ...]
    theirs: tuple[str, ...]
    is_conflict: bool


@dataclass(frozen=True, slots=True)
class Merge:
    """The form as it is shown again, and what the other person changed."""

    values: dict[str, list[str]]
    changes: list[FieldChange]


def normalize(name: str, values: Sequence[str]) -> tuple[str, ...]:
    """Two fields that say the same have the same normal form: lines of a text area, boxes in any order."""
    if name == "scopes":
        values = order_choice(values)
    if name in _SEVERAL:
        return tuple(sorted({value.strip() for value in values} - {""}))
    lines = [line.strip() for value in values for line in value.splitlines()]
    return tuple(line for line in lines if line)


def merge_values(base: Values | None, mine: Values, theirs: Values) -> Merge:
    """`base` is what I began with. What I left alone becomes theirs, what they left alone stays mine; where both
    changed, mine stays in the form and is marked. Without a base, every difference counts as changed by both."""
    values: dict[str, list[str]] = {}
    changes: list[FieldChange] = []
    for name, their_values in theirs.items():
        mine_now, theirs_now = normalize(name, mine.get(name, ())), normalize(name, their_values)
        begun = None if base is None else normalize(name, base.get(name, ()))
        is_untouched = mine_now in {begun, theirs_now}
        values[name] = [*(their_values if is_untouched else mine.get(name, ()))]
        if theirs_now not in {begun, mine_now}:
            changes.append(FieldChange(name, mine_now, theirs_now, is_conflict=not is_untouched))
    return Merge(values, changes)


def render_base(values: Values) -> str:
    """What a form began with, as it travels in a hidden field. It decides nothing but what is marked."""
    return msgspec.json.encode(dict(values)).decode()


def read_base(form: Form) -> dict[str, list[str]] | None:
    """None for what no form of ours sent."""
    text = form.raw("base")
    try:
        return msgspec.json.decode(text, type=dict[str, list[str]]) if len(text) <= _BASE_MAXIMUM else None
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None
