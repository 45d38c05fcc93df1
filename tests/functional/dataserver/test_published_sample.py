"""The exact requests of the published samples: contract sections 2.1 to 2.3."""

import json
from urllib.parse import quote

from tests.factories.samples import create_blood_pressure, create_body
from tests.functional.dataserver.conftest import Program

MYBP_SCOPES = [
    f"{deed}.{name}"
    for deed in ("read", "write")
    for name in (
        "blood_pressure",
        "blood_pressure.blood_pressure_systolic",
        "blood_pressure.blood_pressure_diastolic",
    )
]
MYBP_TYPES = "types=blood_pressure&types=blood_pressure_diastolic&types=blood_pressure_systolic"
MINIMUM = quote("0001-01-01T00:00:00.0000000+00:00", safe="")
INSTANT = "2023-01-31T08:30:00.1234567+01:00"


def _bound(name: str, text: str) -> str:
    return f"{name}={quote(text, safe='')}"


async def test_mybp_finds_what_it_wrote(program: Program) -> None:
    mybp = program.narrow(*MYBP_SCOPES)
    body = create_blood_pressure(15998.686513157, 10665.791008771, instant=INSTANT)
    answer = await mybp.write(
        json.dumps([body]).encode(), **{"Content-Type": "application/json; charset=utf-8"}
    )
    assert answer.status_code == 200
    receipt = answer.json()["samples"][0]
    assert (receipt["status"], receipt["clientAssignedId"]) == ("created", body["clientAssignedId"])

    query = "&".join(
        [
            MYBP_TYPES,
            _bound("RangeOfStartDate.LowerBound", "2023-01-31T00:00:00.0000000+00:00"),
            _bound("RangeOfStartDate.UpperBound", "2023-02-01T00:00:00.0000000+00:00"),
            *(
                f"RangeOf{name}Date.{bound}Bound={MINIMUM}"
                for name in ("End", "Creation")
                for bound in ("Lower", "Upper")
            ),
            "take=100",
        ]
    )
    page = (await mybp.read(query)).json()
    dates = dict.fromkeys(("lowerBound", "upperBound"), "2023-01-31T08:30:00.123456+01:00")
    subject = str(program.caller.person_id)

    def expect_child(index: int, name: str, value: float) -> dict[str, object]:
        return {
            "type": name,
            "subject": subject,
            "device": None,
            "clientAssignedId": body["correlationObjects"][index]["clientAssignedId"],
            "dateRange": dates,
            "correlationObjects": [],
            "quantityValue": value,
        }

    assert page == {
        "totalAvailable": 1,
        "count": 1,
        "datas": [
            {
                "type": "blood_pressure",
                "subject": subject,
                "device": None,
                "clientAssignedId": body["clientAssignedId"],
                "dateRange": dates,
                "correlationObjects": [
                    expect_child(0, "blood_pressure_systolic", 15998.686513157),
                    expect_child(1, "blood_pressure_diastolic", 10665.791008771),
                ],
                "id": receipt["id"],
            }
        ],
    }


async def test_of_a_doubled_key_the_first_real_value_counts(program: Program) -> None:
    await program.write([create_body(end="2023-01-31T09:00:00Z"), create_body(end="2023-01-31T11:00:00Z")])
    real = _bound("RangeOfEndDate.LowerBound", "2023-01-31T10:00:00.0000000+00:00")
    query = f"types=body_mass&{real}&RangeOfEndDate.LowerBound={MINIMUM}&RangeOfEndDate.UpperBound={MINIMUM}"
    page = (await program.read(query)).json()
    assert [each["dateRange"]["upperBound"] for each in page["datas"]] == ["2023-01-31T11:00:00Z"]


async def test_the_minimum_date_is_not_given_in_any_offset(program: Program) -> None:
    await program.write([create_body()])
    for date in ("0001-01-01T00:00:00.0000000+14:00", "0001-01-01T00:00:00-05:00", "0001-01-01T00:00:00Z"):
        for encoded in (quote(date, safe=""), date):
            page = await program.read(f"types=body_mass&RangeOfStartDate.UpperBound={encoded}")
            assert page.json()["count"] == 1, date


async def test_the_clinician_reads_the_newest_first(program: Program) -> None:
    await program.write([create_body("heart_rate", n, start=f"2023-01-3{n}T00:00:00Z") for n in (0, 1)])
    query = (
        "types=heart_rate&RangeOfStartDate.LowerBound=2023-01-30T00%3A00%3A00.0000000%2B00%3A00"
        "&orderProperty=EndDate&orderDirection=Descending&take=100"
    )
    page = (await program.read(query)).json()
    # The lower bound belongs to the range, so the sample at midnight is there (contract 7).
    assert [each["quantityValue"] for each in page["datas"]] == [1, 0]
    assert all("categoryValue" not in each for each in page["datas"])


async def test_names_are_read_in_any_case_with_and_without_prefix(program: Program) -> None:
    await program.write([create_body(start=f"2023-01-0{day}T00:00:00Z", value=day) for day in (1, 2, 3)])
    query = "Types=body_mass&StartDate.LowerBound=2023-01-02T00:00:00%2B00:00&TAKE=1&Skip=1&OrderProperty=startdate"
    page = (await program.read(query)).json()
    assert (page["totalAvailable"], page["count"], page["datas"][0]["quantityValue"]) == (2, 1, 3)


async def test_a_plus_that_was_not_encoded_is_understood(program: Program) -> None:
    await program.write([create_body(start="2023-01-02T00:00:00Z")])
    page = await program.read("types=body_mass&RangeOfStartDate.UpperBound=2023-01-02T01:00:00+01:00")
    assert page.json()["count"] == 1


async def test_pascal_case_and_unknown_members_are_read(program: Program) -> None:
    body = {
        "Type": "blood_pressure",
        "ClientAssignedId": "one",
        "Extra": {"deep": [1]},
        "DateRange": {"LowerBound": INSTANT, "UPPERBOUND": INSTANT, "x": 1},
        "CorrelationObjects": [
            {
                "Type": name,
                "QuantityValue": 1,
                "dateRange": {"lowerBound": INSTANT, "upperBound": INSTANT},
            }
            for name in ("blood_pressure_diastolic", "blood_pressure_systolic")
        ],
    }
    answer = await program.write([body])
    assert answer.json()["samples"][0]["clientAssignedId"] == "one"
    (stored,) = (await program.read("types=blood_pressure")).json()["datas"]
    assert [child["type"] for child in stored["correlationObjects"]] == [
        "blood_pressure_diastolic",
        "blood_pressure_systolic",
    ]


async def test_the_older_addresses_serve_the_same(program: Program) -> None:
    headers = {**program.headers, "api-version": "2.0"}
    for count, path in enumerate(("/sample/v1", "/api/sample", "/sample", "/sample//v1"), start=1):
        answer = await program.http.post(path, json=[create_body()], headers=headers)
        assert answer.status_code == 200
        page = await program.http.get(
            path, params={"types": "body_mass", "api-version": "2.0"}, headers=headers
        )
        assert page.json()["totalAvailable"] == count
