"""What makes a sample valid: contract sections 2.2, 2.3 and 7."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borvo.catalogue.sample_types import Family, SampleType, list_sample_types
from borvo.dataserver.bodies import parse_samples
from borvo.dataserver.model import Sample
from borvo.dataserver.rules import check_samples
from tests.factories.samples import create_blood_pressure, create_body


def check(*bodies: Any) -> tuple[list[Sample], dict[str, str]]:
    parsed, misread = parse_samples(json.dumps(bodies).encode())
    samples, faults = check_samples(parsed)
    assert len(samples) == len(bodies)
    return [sample for sample in samples if sample], dict([*misread, *faults])


def create_valid(sample_type: SampleType) -> dict[str, Any]:
    if sample_type.family is Family.QUANTITY:
        return create_body(sample_type.name, 1.5)
    if sample_type.family is Family.CATEGORY:
        return create_body(sample_type.name, None, categoryValue=sample_type.values[-1])
    children = [create_body(member) for member in sample_type.members]
    return create_body(sample_type.name, 0, correlationObjects=children, categoryValue=None)


@pytest.mark.parametrize("sample_type", list_sample_types(), ids=lambda each: str(each.name))
def test_every_type_has_a_valid_sample(sample_type: SampleType) -> None:
    (sample,), faults = check(create_valid(sample_type))
    assert not faults
    assert sample.sample_type is sample_type
    assert len(sample.children) == len(sample_type.members)


def test_nulls_and_defaults_of_dotnet_are_tolerated() -> None:
    quantity = create_body(categoryValue=None, correlationObjects=[], device=None, subject=None)
    category = create_body("sleep_analysis", 0, categoryValue="asleep", correlationObjects=[])
    samples, faults = check(quantity, category, create_blood_pressure())
    assert not faults
    assert [sample.value for sample in samples] == [70.5, None, None]


PARTS = create_blood_pressure()["correlationObjects"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (create_body("Height"), "type"),  # contract 6, row 14
        (create_body("height "), "type"),
        (create_body(type=None), "type"),
        (create_body(value=None), "quantityValue"),
        (create_body(value="70"), "quantityValue"),  # type: ignore[arg-type]
        (create_body(value=True), "quantityValue"),
        (create_body(value=7.9e28), "quantityValue"),
        (create_body(value=-7.9e28), "quantityValue"),
        (create_body(categoryValue="asleep"), "categoryValue"),
        (create_body(correlationObjects=[create_body()]), "correlationObjects"),
        (create_body("sleep_analysis", None), "categoryValue"),
        (create_body("sleep_analysis", None, categoryValue="Asleep"), "categoryValue"),
        (create_body("sleep_analysis", 3, categoryValue="asleep"), "quantityValue"),
        (create_blood_pressure() | {"quantityValue": 1}, "quantityValue"),
        (create_blood_pressure() | {"correlationObjects": PARTS[:1]}, "correlationObjects"),
        (create_blood_pressure() | {"correlationObjects": [PARTS[0], PARTS[0]]}, "correlationObjects"),
        (create_blood_pressure() | {"correlationObjects": [*PARTS, PARTS[0]]}, "correlationObjects"),
        (create_blood_pressure() | {"correlationObjects": None}, "correlationObjects"),
        (create_body("food", 0, correlationObjects=[]), "correlationObjects"),
        (create_body("food", 0, correlationObjects=[create_body("height")]), "correlationObjects"),
        (
            create_body("food", 0, correlationObjects=[create_body("dietary_iron")] * 101),
            "correlationObjects",
        ),
        (create_body(dateRange=None), "dateRange"),
        (create_body(start="2023-01-31T08:30:00"), "dateRange.lowerBound"),
        (create_body(start="0001-01-01T00:00:00+00:00"), "dateRange.lowerBound"),
        (create_body(end="soon"), "dateRange.upperBound"),
        (create_body(start="2023-01-31T08:30:00Z", end="2023-01-31T08:29:00Z"), "dateRange"),
        (create_body(device="a\x00b"), "device"),
        (create_body(device=1), "device"),
        (create_body(clientAssignedId="x" * 201), "clientAssignedId"),
        (create_body(version=-1), "version"),
        (create_body(version=2**31), "version"),
        (create_body(version="2"), "version"),
        (create_body(version=1.5), "version"),
        (create_body(version=1, clientAssignedId=None), "version"),
    ],
)
def test_a_fault_is_named_by_its_path(body: dict[str, Any], field: str) -> None:
    samples, faults = check(body)
    assert not samples
    assert f"[0].{field}" in faults


def test_an_id_may_have_two_hundred_characters() -> None:
    (sample,), faults = check(create_body(clientAssignedId="\U0001f44d" * 200, version=2**31 - 1))
    assert not faults
    assert sample.version == 2**31 - 1


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Height", "height"),
        ("BodyMass", "body_mass"),
        ("body-mass", "body_mass"),
        ("weight", "body_mass"),
        ("blood_pressure.blood_pressure_systolic", "blood_pressure_systolic"),
        ("SLEEP_ANALYSIS ", "sleep_analysis"),
    ],
)
def test_a_type_in_another_spelling_is_suggested(written: str, meant: str) -> None:
    _, faults = check(create_body(written))
    assert faults["[0].type"].endswith(f"Did you mean {meant}?")


def test_a_type_that_is_anybodys_guess_is_not_suggested() -> None:
    _, faults = check(create_body("x" * 1_000_000), create_body(""))
    assert "mean" not in "".join(faults.values())


def test_the_child_that_does_not_belong_is_named() -> None:
    _, faults = check(
        create_body("food", 0, correlationObjects=[create_body("dietary_iron"), create_body("height")])
    )
    assert faults["[0].correlationObjects"].endswith("not 'height'.")


def test_faults_in_children_and_in_several_samples_are_all_named() -> None:
    bad = create_blood_pressure()
    bad["correlationObjects"][1]["quantityValue"] = None
    _, faults = check(create_body(), bad, create_body("nothing"))
    assert set(faults) == {"[1].correlationObjects[1].quantityValue", "[2].type"}


def test_faults_of_json_and_of_meaning_are_named_together() -> None:
    samples, faults = check(create_body("nothing"), create_body(value="x"), create_body())  # type: ignore[arg-type]
    assert set(faults) == {"[0].type", "[1].quantityValue"}
    assert len(samples) == 1


def test_json_of_the_wrong_kind_is_named_for_each_sample() -> None:
    bad = create_blood_pressure()
    bad["correlationObjects"][0]["quantityValue"] = "1"
    _, faults = check(bad, 7, create_body(value="x"))  # type: ignore[arg-type]
    assert set(faults) == {"[0].correlationObjects[0].quantityValue", "[1]", "[2].quantityValue"}


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_kept_as_it_is_or_refused(value: float) -> None:
    samples, faults = check(create_body(value=value))
    if abs(value) < 7.9e28:
        assert samples[0].value == value
    else:
        assert "[0].quantityValue" in faults


CASES = st.sampled_from([str.lower, str.upper, str.title, str.swapcase])


@given(st.data())
def test_names_may_be_written_in_any_case(data: st.DataObject) -> None:
    def rename(value: Any) -> Any:
        if isinstance(value, list):
            return [rename(each) for each in value]
        if isinstance(value, dict):
            return {data.draw(CASES)(name): rename(each) for name, each in value.items()}
        return value

    body = create_blood_pressure()
    assert check(rename(body)) == check(body)
