"""Two people change the same client: no value is lost without being shown."""

from hypothesis import given
from hypothesis import strategies as st

from borvo.portal.merging import merge_values, normalize, read_base, render_base
from borvo.web.forms import Form

NAMES = ("display_name", "redirect_uris", "grant_types", "client_uri")
VALUES = st.fixed_dictionaries(
    dict.fromkeys(NAMES, st.lists(st.sampled_from(["", "a", "b", "c"]), max_size=2))
)


def normal(values: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {name: normalize(name, each) for name, each in values.items()}


@given(VALUES, VALUES, VALUES)
def test_every_value_of_theirs_is_in_the_form_or_shown_as_replaced(
    base: dict[str, list[str]], mine: dict[str, list[str]], theirs: dict[str, list[str]]
) -> None:
    merge = merge_values(base, mine, theirs)
    begun, form, saved, typed = map(normal, (base, merge.values, theirs, mine))
    conflicts = {change.name for change in merge.changes if change.is_conflict}
    for name in NAMES:
        if form[name] != saved[name] and saved[name] != begun[name]:
            assert name in conflicts
        if typed[name] != begun[name]:
            assert form[name] == typed[name]


@given(VALUES, VALUES)
def test_who_changed_nothing_gets_theirs(base: dict[str, list[str]], theirs: dict[str, list[str]]) -> None:
    merge = merge_values(base, base, theirs)
    assert normal(merge.values) == normal(theirs)
    assert not any(change.is_conflict for change in merge.changes)


@given(VALUES, VALUES)
def test_without_a_base_every_difference_is_marked(
    mine: dict[str, list[str]], theirs: dict[str, list[str]]
) -> None:
    merge = merge_values(None, mine, theirs)
    differing = {name for name in NAMES if normal(mine)[name] != normal(theirs)[name]}
    assert {change.name for change in merge.changes} == differing
    assert all(change.is_conflict for change in merge.changes)


@given(VALUES)
def test_the_base_comes_back_as_it_went(values: dict[str, list[str]]) -> None:
    assert read_base(Form({"base": [render_base(values)]})) == values


@given(st.text())
def test_no_base_crashes_the_reading(text: str) -> None:
    read_base(Form({"base": [text]}))


def test_scopes_say_the_same_in_any_order() -> None:
    scopes = ["openid", "read.height", "read.blood_pressure"]
    assert normalize("scopes", scopes[::-1]) == normalize("scopes", [*scopes, "openid"])
