"""What the picker shows, what a choice from it means, and the page that people would read."""

import pytest

from borvo.catalogue.sample_types import list_sample_types
from borvo.catalogue.scopes import list_consent_lines, map_scopes
from borvo.portal.consent_preview import NAMELESS, build_question
from borvo.portal.scope_picker import build_picker, build_taken_query, describe_picker, settle_scopes
from borvo.web.forms import Form

READ = "read.blood_pressure"
SYSTOLIC = f"{READ}.blood_pressure_systolic"
DIASTOLIC = f"{READ}.blood_pressure_diastolic"


def test_the_groups_are_those_of_the_platform_in_their_order() -> None:
    titles = [group.title.split()[0] for group in build_picker([])]
    assert titles == [
        "Basic", "Correlation", "Body", "Fitness", "Vitals", "Results", "Nutrition", "UV", "Category",
    ]  # fmt: skip


def test_every_scope_has_one_box_with_the_words_that_people_read() -> None:
    groups = build_picker([])
    boxes = [box for group in groups for box in group.boxes]
    boxes += [box for group in groups for row in group.rows for box in row.boxes]
    assert sorted(box.scope for box in boxes) == sorted(map_scopes())
    for box in boxes:
        assert box.sentence == list_consent_lines([box.scope])[0].sentence
    for row in (row for group in groups for row in group.rows):
        assert row.about == list_consent_lines([row.read.scope])[0].about


def test_every_type_is_one_row_and_says_what_its_value_is() -> None:
    rows = {row.name: row for group in build_picker([]) for row in group.rows}
    assert rows.keys() == {each.name for each in list_sample_types()}
    assert rows["body_mass"].value == "Kilogram (kg)"
    assert rows["menstrual_flow"].value == "One of unspecified, light, medium, heavy"
    assert rows["blood_pressure"].value == "Holds systolic blood pressure and diastolic blood pressure"
    assert rows["dietary_water"].parents == {"food": "food"}


def test_a_group_counts_what_is_chosen_in_it() -> None:
    counts = {group.title: group.count for group in build_picker(["openid", "email", READ])}
    assert {title: count for title, count in counts.items() if count} == {"Basic": 2, "Correlation": 1}


def test_what_breaks_stands_beside_the_group_and_beside_the_part() -> None:
    rows = {row.name: row for group in build_picker([READ, SYSTOLIC]) for row in group.rows}
    (words,) = rows["blood_pressure"].read.gaps
    assert words.startswith("Without diastolic blood pressure, ")
    (words,) = rows["blood_pressure_diastolic"].read.gaps
    assert words.startswith("Without it, ")
    assert rows["blood_pressure_systolic"].read.gaps == ()
    assert rows["blood_pressure"].write.gaps == ()


def settle(scopes: list[str], saved: tuple[str, ...] = (), **fields: list[str]) -> Form:
    form = Form({"scopes": scopes, **fields})
    settle_scopes(form, saved)
    return form


def test_a_group_ticked_by_itself_brings_its_parts_and_the_next_page_is_told() -> None:
    form = settle(["openid", READ])
    assert form.texts("scopes") == ["openid", READ, SYSTOLIC, DIASTOLIC]
    assert form.is_valid
    assert build_taken_query(form) == f"&taken={READ}"
    assert [whole.scope for whole in describe_picker(form)["taken"]] == [READ]


def test_a_part_that_was_unticked_is_a_fault_until_it_is_meant() -> None:
    form = settle([READ, SYSTOLIC], settled_scopes=[READ])
    assert form.texts("scopes") == [READ, SYSTOLIC]
    assert "Without diastolic blood pressure" in form.errors["scopes"][0]
    assert build_taken_query(form) == ""
    assert [gap.whole.scope for gap in describe_picker(form)["new_gaps"]] == [READ]
    meant = settle([READ, SYSTOLIC], settled_scopes=[READ], accepted_gaps=[READ])
    assert meant.is_valid
    assert meant.texts("scopes") == [READ, SYSTOLIC]


def test_what_was_saved_without_a_part_is_not_asked_about_again() -> None:
    saved = (READ, SYSTOLIC)
    assert settle([READ, SYSTOLIC], saved, settled_scopes=[READ]).is_valid
    assert not settle([READ, DIASTOLIC], saved, settled_scopes=[READ]).is_valid


def test_what_claims_to_have_come_along_is_shown_only_where_it_is_chosen() -> None:
    form = Form({"scopes": ["openid"], "taken_scopes": [READ, "<b>"]})
    assert describe_picker(form)["taken"] == []


TYPED = {
    "display_name": ["Heart Helper"],
    "description": ["One\r\ntwo"],
    "client_uri": ["https://App.example.org/"],
    "policy_uri": ["https://app.example.org/privacy"],
    "tos_uri": ["javascript:alert(1)"],
    "grant_types": ["authorization_code"],
    "scopes": ["email", "openid", "nonsense"],
}


def test_the_preview_says_what_is_typed_as_far_as_it_could_be_saved() -> None:
    asked = build_question(Form(TYPED), "ab" * 32)
    assert asked is not None
    assert (asked.client.display_name, asked.client.client_uri) == ("Heart Helper", "https://app.example.org")
    assert asked.presentation.description == "One\ntwo"
    assert asked.presentation.policy_uri == "https://app.example.org/privacy"
    assert asked.presentation.tos_uri == ""
    assert asked.presentation.logo == "ab" * 32
    assert asked.scopes == ("openid", "email")
    assert not asked.request_id


@pytest.mark.parametrize("changes", [{"scopes": []}, {"grant_types": ["client_credentials"]}])
def test_where_nobody_is_asked_there_is_no_page(changes: dict[str, list[str]]) -> None:
    assert build_question(Form({**TYPED, **changes})) is None


def test_an_app_without_a_name_is_shown_all_the_same() -> None:
    asked = build_question(Form({**TYPED, "display_name": [" "], "grant_types": []}))
    assert asked is not None
    assert asked.client.display_name == NAMELESS
