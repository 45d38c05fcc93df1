"""Values that are written in other units: stored in the type's own, whatever they were written in."""

import pytest

from tests.factories.samples import create_blood_pressure, create_body
from tests.functional.dataserver.conftest import Program


async def test_a_value_is_stored_in_the_types_own_unit(program: Program) -> None:
    pressure = create_blood_pressure(120, 80)
    for part in pressure["correlationObjects"]:
        part["unit"] = "mm[Hg]"
    bodies = [
        create_body("body_temperature", 37, unit="Cel"),
        create_body("body_mass", 150, unit="[lb_av]"),
        create_body("heart_rate", 72, unit="{beats}/min"),
        create_body("blood_glucose", 5.5, unit="mmol/L"),
        create_body("height", 1.8, unit=None),
        pressure,
    ]
    answer = await program.write(bodies)
    assert answer.status_code == 200
    assert "warnings" not in answer.text
    datas = (await program.read()).json()["datas"]
    assert [each.get("quantityValue") for each in datas] == [310.15, 68.0388555, 1.2, 0.000990858, 1.8, None]
    parts = [each["quantityValue"] for each in datas[-1]["correlationObjects"]]
    assert parts == [15998.6864898, 10665.7909932]


async def test_the_same_value_in_another_unit_is_the_same_sample(program: Program) -> None:
    body = create_body("body_temperature", 37, unit="Cel")
    await program.write([body])
    again = {**body, "quantityValue": 310.15}
    del again["unit"]
    statuses = [
        each["status"]
        for sent in (body, again, {**body, "quantityValue": 98.6, "unit": "[degF]"})
        for each in (await program.write([sent])).json()["samples"]
    ]
    assert statuses == ["duplicate"] * 3


@pytest.mark.parametrize(
    ("type_", "unit", "named"),
    [("body_mass", "m", "[lb_av]"), ("heart_rate", "kg", "/min"), ("body_mass", "", "kg")],
)
async def test_a_unit_that_does_not_fit_is_refused_with_those_that_do(
    program: Program, type_: str, unit: str, named: str
) -> None:
    answer = await program.write([create_body(type_, 1, unit=unit)])
    assert answer.status_code == 400
    assert named in answer.text
    assert "unit" in answer.text
    assert (await program.read()).json()["totalAvailable"] == 0


async def test_what_is_too_large_in_the_stored_unit_is_refused(program: Program) -> None:
    answer = await program.write([create_body("distance_cycling", 1e28, unit="[mi_i]")])
    assert answer.status_code == 400


async def test_what_is_implausible_is_judged_in_the_stored_unit(program: Program) -> None:
    right = await program.write([create_body("body_temperature", 37, unit="Cel")])
    wrong = await program.write([create_body("body_temperature", 37)])
    assert "warnings" not in right.text
    assert "warnings" in wrong.text
