"""The catalogue as clients read it."""

import pytest

from borvo.catalogue.sample_types import list_sample_types
from tests.functional.dataserver.conftest import Program

PATH = "/sample/v1/types"


async def test_anybody_reads_the_types(program: Program) -> None:
    answer = await program.http.get(PATH)
    assert answer.status_code == 200
    assert answer.headers["cache-control"].startswith("public, max-age=")
    types = {each["type"]: each for each in answer.json()["types"]}
    assert len(types) == len(list_sample_types())
    weight = types["body_mass"]
    assert weight == {
        "type": "body_mass",
        "label": "Weight",
        "description": "How much you weigh.",
        "family": "quantity",
        "group": "body",
        "readScope": "read.body_mass",
        "writeScope": "write.body_mass",
        "codes": {
            "loinc": "29463-7",
            "healthkit": "HKQuantityTypeIdentifierBodyMass",
            "healthConnect": "WeightRecord",
        },
        "unit": {
            "name": "Kilogram",
            "ucum": "kg",
            "accepted": ["kg", "g", "mg", "ug", "[lb_av]", "[oz_av]", "[stone_av]"],
        },
        "plausible": {"low": 0.1, "high": 800.0, "because": weight["plausible"]["because"]},
    }
    assert types["sleep_analysis"]["values"] == ["in_bed", "asleep", "awake"]
    assert types["blood_pressure"]["members"] == ["blood_pressure_systolic", "blood_pressure_diastolic"]
    assert "unit" not in types["food"]


@pytest.mark.parametrize("known", ["{}", 'W/{}, "other"', '"other", {}', "*"])
async def test_a_known_catalogue_is_not_sent_again(program: Program, known: str) -> None:
    tag = (await program.http.get(PATH)).headers["etag"]
    answer = await program.http.get(PATH, headers={"If-None-Match": known.format(tag)})
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    other = await program.http.get(PATH, headers={"If-None-Match": '"other"'})
    assert other.status_code == 200
