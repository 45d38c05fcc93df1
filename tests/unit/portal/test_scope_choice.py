"""What goes with a group of samples: its parts come along, and what breaks without one is said."""

from hypothesis import given
from hypothesis import strategies as st

from borvo.catalogue.scopes import map_scopes
from borvo.portal.scope_choice import (
    Access,
    find_gaps,
    find_new_gaps,
    list_settled,
    map_wholes,
    name_some,
    order_choice,
    take_parts,
)

READ = "read.blood_pressure"
SYSTOLIC = f"{READ}.blood_pressure_systolic"
DIASTOLIC = f"{READ}.blood_pressure_diastolic"
# Groups and parts often, so that they meet.
FAMILIES = [scope for whole in map_wholes().values() for scope in (whole.scope, *whole.parts)]
SCOPES = st.sets(st.sampled_from([*map_wholes(), *FAMILIES, *map_scopes()]), max_size=60)


def test_reading_blood_pressure_takes_both_its_readings_along() -> None:
    scopes, taken = take_parts(["openid", READ], [])
    assert scopes == ("openid", READ, SYSTOLIC, DIASTOLIC)
    assert [(whole.scope, whole.access) for whole in taken] == [(READ, Access.READ)]


def test_writing_takes_no_reading_along() -> None:
    scopes, _ = take_parts(["write.blood_pressure"], [])
    assert {scope.partition(".")[0] for scope in scopes} == {"write"}
    assert len(scopes) == 3


@given(SCOPES, SCOPES)
def test_nothing_is_ever_taken_away_and_only_parts_are_added(chosen: set[str], settled: set[str]) -> None:
    scopes, taken = take_parts(chosen, settled)
    parts = {part for whole in taken for part in whole.parts}
    assert chosen <= set(scopes) <= chosen | parts
    assert all(whole.scope in chosen - settled for whole in taken)


@given(SCOPES)
def test_a_choice_that_was_completed_has_no_gap_and_stays_as_it_is(chosen: set[str]) -> None:
    scopes, _ = take_parts(chosen, [])
    assert find_gaps(scopes) == []
    assert take_parts(scopes, []) == (scopes, ())


@given(SCOPES)
def test_what_was_shown_is_taken_at_its_word(chosen: set[str]) -> None:
    assert take_parts(chosen, list_settled(chosen)) == (order_choice(chosen), ())


@given(SCOPES)
def test_a_gap_is_a_group_without_a_part_and_its_words_name_both(chosen: set[str]) -> None:
    gaps = {gap.whole.scope: gap for gap in find_gaps(chosen)}
    for scope, whole in map_wholes().items():
        missing = set(whole.parts) - chosen
        assert (scope in gaps) == (scope in chosen and bool(missing))
        if scope in gaps:
            assert set(gaps[scope].missing) == missing
            assert str(whole.noun) in gaps[scope].words
            assert str(whole.parts[gaps[scope].missing[0]]) in gaps[scope].words


@given(SCOPES, SCOPES)
def test_only_what_grows_is_asked_about(chosen: set[str], saved: set[str]) -> None:
    assert find_new_gaps(chosen, chosen) == []
    assert find_new_gaps(chosen, set()) == find_gaps(chosen)
    known = {gap.whole.scope: set(gap.missing) for gap in find_gaps(saved)}
    for gap in find_gaps(chosen):
        is_known = set(gap.missing) <= known.get(gap.whole.scope, set())
        assert (gap in find_new_gaps(chosen, saved)) != is_known


@given(st.lists(st.sampled_from([*map_scopes()])))
def test_a_choice_comes_in_the_order_of_the_picker(chosen: list[str]) -> None:
    scopes = order_choice(chosen)
    assert list(scopes) == [scope for scope in map_scopes() if scope in set(chosen)]
    assert order_choice(scopes) == scopes


def test_an_unknown_scope_is_kept_for_the_rules_to_refuse() -> None:
    assert order_choice(["read.everything", "openid"]) == ("openid", "read.everything")


def test_a_long_list_is_cut_short_and_says_so() -> None:
    assert name_some(["a"]) == "a"
    assert name_some(["a", "b", "c"]) == "a, b and c"
    assert name_some(["a", "b", "c", "d"]) == "a, b, c and one other"
    assert name_some("abcdef") == "a, b, c and 3 others"
