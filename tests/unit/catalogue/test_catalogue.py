"""The catalogue is whole: every scope has words, every member exists."""

from borvo.catalogue.sample_types import Family, list_sample_types, map_sample_type_codes, map_sample_types
from borvo.catalogue.scopes import describe_scopes, group_scopes, list_consent_lines, map_scopes
from borvo.kernel.scopes import is_scope_token


def test_names_and_codes_are_unique_and_codes_count_from_one() -> None:
    types = list_sample_types()
    assert len(map_sample_types()) == len(types) == len(map_sample_type_codes())
    assert sorted(map_sample_type_codes()) == list(range(1, len(types) + 1))


def test_every_type_can_be_asked_for_in_words() -> None:
    for sample_type in list_sample_types():
        for scope in (sample_type.read_scope, sample_type.write_scope):
            assert is_scope_token(scope)
            assert map_scopes()[scope].sentence


def test_the_members_of_a_correlation_are_types() -> None:
    for sample_type in list_sample_types():
        assert bool(sample_type.members) == (sample_type.family is Family.CORRELATION)
        assert set(sample_type.members) <= set(map_sample_types())


def test_groups_hold_every_scope_once() -> None:
    grouped = [words.scope for group in group_scopes().values() for words in group]
    assert sorted(grouped) == sorted(map_scopes())


def test_unknown_scopes_have_no_words() -> None:
    assert describe_scopes(["nonsense"]) == []
    assert describe_scopes(["openid"])[0].title == "Sign-in"


def test_consent_names_the_members_of_a_group_on_its_line() -> None:
    child = "read.blood_pressure.blood_pressure_systolic"
    (line,) = list_consent_lines(["read.blood_pressure", child])
    assert (line.sentence, line.members) == ("read your blood pressure records", ("Systolic blood pressure",))


def test_consent_hides_no_scope_whose_group_is_not_asked_for_in_the_same_way() -> None:
    child = "read.blood_pressure.blood_pressure_systolic"
    lines = list_consent_lines(["write.blood_pressure", child])
    assert [line.sentence for line in lines] == [
        "add to your blood pressure records",
        "read your systolic blood pressure",
    ]
    assert len(list_consent_lines([child])) == 1


def test_consent_explains_what_a_type_is_once() -> None:
    lines = list_consent_lines(["openid", "read.heart_rate", "write.heart_rate"])
    assert [line.about for line in lines] == ["", "How fast your heart beats.", ""]


def test_what_is_read_has_an_example() -> None:
    lines = list_consent_lines(["openid", "read.heart_rate", "write.heart_rate"])
    assert [line.example for line in lines] == ["", "68 beats a minute on 3 March at 14:05", ""]
