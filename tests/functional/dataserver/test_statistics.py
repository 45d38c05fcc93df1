"""Statistics on the server: what is gathered where, and what counts."""

from typing import Any
from urllib.parse import urlencode

import pytest

from borvo.assembly import Platform
from borvo.dataserver.turns import Turns
from tests.factories.samples import create_blood_pressure, create_body
from tests.functional.dataserver.conftest import Program

SYSTOLIC = "read.blood_pressure.blood_pressure_systolic"


async def aggregate(program: Program, type_: str, first: str, last: str, **query: Any) -> dict[str, Any]:
    bounds = {"RangeOfStartDate.LowerBound": first, "RangeOfStartDate.UpperBound": last}
    answer = await program.http.get(
        "/sample/v1/statistics",
        params={"type": type_, **bounds, **query},
        headers=program.headers,
    )
    assert answer.status_code == 200, answer.text
    figures: dict[str, Any] = answer.json()
    return figures


async def refuse(program: Program, status: int, **query: Any) -> dict[str, Any]:
    given = {
        "type": "heart_rate",
        "StartDate.LowerBound": "2026-01-01T00:00:00Z",
        "StartDate.UpperBound": "2026-02-01T00:00:00Z",
        **query,
    }
    answer = await program.http.get(
        f"/sample/v1/statistics?{urlencode({k: v for k, v in given.items() if v is not None}, doseq=True)}",
        headers=program.headers,
    )
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    return problem


async def test_readings_are_counted_averaged_and_ranked(program: Program) -> None:
    values = [1.0, 2.0, 3.0, 4.0, 10.0]
    await program.write(
        [create_body("heart_rate", value, start=f"2026-01-02T0{n}:30:00Z") for n, value in enumerate(values)]
    )
    await program.write([create_body("heart_rate", 7, start="2026-01-03T00:00:00Z")])
    answer = await aggregate(
        program,
        "heart_rate",
        "2026-01-01T00:00:00Z",
        "2026-01-31T00:00:00Z",
        timezone="UTC",
        percentile="50,95",
    )
    assert (answer["type"], answer["unit"], answer["bucket"]) == ("heart_rate", "{count}/s", "day")
    first, second = answer["buckets"]
    assert (first["start"], first["end"]) == ("2026-01-02T00:00:00+00:00", "2026-01-03T00:00:00+00:00")
    assert (first["count"], first["min"], first["max"], first["avg"]) == (5, 1, 10, 4)
    assert first["stddev"] == pytest.approx(3.5355339059)
    assert first["percentile"] == {"50": 3, "95": pytest.approx(8.8)}
    assert "sum" not in first
    assert (second["count"], second["stddev"]) == (1, None)


async def test_only_what_was_asked_for_is_answered(program: Program) -> None:
    await program.write([create_body("heart_rate", 1, start="2026-01-02T00:00:00Z")])
    answer = await aggregate(
        program,
        "heart_rate",
        "2026-01-02T00:00:00Z",
        "2026-01-02T00:00:00Z",
        functions="max,count",
        timezone="UTC",
    )
    assert answer["buckets"] == [
        {"start": "2026-01-02T00:00:00+00:00", "end": "2026-01-03T00:00:00+00:00", "count": 1, "max": 1}
    ]


async def test_local_days_hold_across_summer_time(program: Program) -> None:
    # Every half hour of three days in London, the middle one 23 hours long.
    await program.write(
        [
            create_body("heart_rate", 1, start=f"2026-03-{27 + n // 48}T{n // 2 % 24:02}:{n % 2 * 30:02}:00Z")
            for n in range(48 * 4)
        ]
    )
    answer = await aggregate(
        program,
        "heart_rate",
        "2026-03-28T00:00:00+00:00",
        "2026-03-30T23:59:59.999+01:00",
        timezone="Europe/London",
        functions="count",
    )
    assert [(each["start"], each["count"]) for each in answer["buckets"]] == [
        ("2026-03-28T00:00:00+00:00", 48),
        ("2026-03-29T00:00:00+00:00", 46),
        ("2026-03-30T00:00:00+01:00", 48),
    ]


async def test_without_a_zone_the_offset_of_the_sample_says_its_day(program: Program) -> None:
    bodies = [
        create_body("heart_rate", 1, start="2026-01-02T23:30:00-08:00"),
        create_body("heart_rate", 2, start="2026-01-03T00:30:00+09:00"),
        create_body("heart_rate", 3, start="2026-01-02T12:00:00Z"),
    ]
    await program.write(bodies)
    range_ = ("2026-01-01T00:00:00Z", "2026-01-05T00:00:00Z")
    answer = await aggregate(program, "heart_rate", *range_, functions="count,max")
    assert answer["timezone"] is None
    assert answer["buckets"] == [
        {"start": "2026-01-02T00:00:00", "end": "2026-01-03T00:00:00", "count": 2, "max": 3},
        {"start": "2026-01-03T00:00:00", "end": "2026-01-04T00:00:00", "count": 1, "max": 2},
    ]


async def test_a_night_lies_on_the_local_day_on_which_it_ends(program: Program) -> None:
    night = [("in_bed", "22:30", "07:00"), ("asleep", "23:00", "03:00"), ("awake", "03:00", "03:10")]
    bodies = [
        create_body(
            "sleep_analysis",
            None,
            categoryValue=word,
            start=f"2026-01-02T{start}:00-05:00" if start > "12" else f"2026-01-03T{start}:00-05:00",
            end=f"2026-01-03T{end}:00-05:00",
        )
        for word, start, end in night
    ]
    await program.write(bodies)
    answer = await aggregate(program, "sleep_analysis", "2026-01-01T00:00:00Z", "2026-01-10T00:00:00Z")
    assert answer["buckets"] == [
        {
            "start": "2026-01-03T00:00:00",
            "end": "2026-01-04T00:00:00",
            "count": 3,
            "values": {
                "in_bed": {"count": 1, "duration": 8.5 * 3600},
                "asleep": {"count": 1, "duration": 4 * 3600},
                "awake": {"count": 1, "duration": 600},
            },
        }
    ]
    hours = await aggregate(
        program,
        "sleep_analysis",
        "2026-01-03T00:00:00Z",
        "2026-01-04T00:00:00Z",
        bucket="hour",
        timezone="America/New_York",
        functions="duration",
    )
    assert [each["values"].get("in_bed", {}).get("duration") for each in hours["buckets"]] == [1800.0] + [
        3600.0
    ] * 8
    assert hours["buckets"][0]["start"] == "2026-01-02T22:00:00-05:00"


async def test_an_hour_that_ends_at_midnight_belongs_to_its_day(program: Program) -> None:
    stood = create_body(
        "apple_stand_hour",
        None,
        categoryValue="stood",
        start="2026-01-02T23:00:00Z",
        end="2026-01-03T00:00:00Z",
    )
    await program.write([stood])
    answer = await aggregate(
        program, "apple_stand_hour", "2026-01-01T00:00:00Z", "2026-01-05T00:00:00Z", timezone="UTC"
    )
    assert [each["start"] for each in answer["buckets"]] == ["2026-01-02T00:00:00+00:00"]


async def test_steps_that_two_devices_counted_count_once(program: Program) -> None:
    def steps(device: str | None, value: float, start: str, end: str) -> dict[str, Any]:
        return create_body(
            "step_count", value, device=device, start=f"2026-01-02T{start}:00Z", end=f"2026-01-02T{end}:00Z"
        )

    await program.write(
        [
            steps("phone", 100, "10:00", "11:00"),
            steps("watch", 90, "10:30", "11:30"),
            steps(None, 60, "11:00", "12:00"),
        ]
    )
    range_ = ("2026-01-02T00:00:00Z", "2026-01-02T23:59:59Z")
    answer = await aggregate(program, "step_count", *range_, timezone="UTC")
    # By name the phone comes first, and what names no device last.
    assert answer["devices"] == ["phone", "watch", None]
    assert answer["buckets"][0]["sum"] == 100 + 45 + 30
    answer = await aggregate(program, "step_count", *range_, timezone="UTC", devices="watch")
    assert answer["devices"] == ["watch", "phone", None]
    assert answer["buckets"][0]["sum"] == 90 + 50 + 30
    assert answer["buckets"][0]["count"] == 3


async def test_the_same_device_told_of_by_two_clients_counts_once(program: Program) -> None:
    body = create_body(
        "step_count", 100, device="phone", start="2026-01-02T10:00:00Z", end="2026-01-02T11:00:00Z"
    )
    for caller in (program, program.become_other(client=True)):
        await caller.write([body])
    answer = await aggregate(program, "step_count", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z")
    assert (answer["buckets"][0]["sum"], answer["buckets"][0]["count"]) == (100, 1)


async def test_what_lasts_over_midnight_is_divided(program: Program) -> None:
    body = create_body("step_count", 300, start="2026-01-02T23:40:00Z", end="2026-01-03T00:10:00Z")
    await program.write([body])
    whole = ("2026-01-01T00:00:00Z", "2026-01-05T00:00:00Z")
    answer = await aggregate(program, "step_count", *whole, timezone="UTC", functions="sum")
    assert [each["sum"] for each in answer["buckets"]] == [200, 100]
    # A bucket is the same however much lies around it.
    later = ("2026-01-03T00:00:00Z", "2026-01-05T00:00:00Z")
    assert (await aggregate(program, "step_count", *later, timezone="UTC", functions="sum"))[
        "buckets"
    ] == answer["buckets"][1:]


async def test_statistics_look_inside_correlations(program: Program) -> None:
    await program.write(
        [
            create_blood_pressure(16000, 10000, instant="2026-01-02T08:00:00Z"),
            create_blood_pressure(18000, 12000, instant="2026-01-02T20:00:00Z"),
            create_body("blood_pressure_systolic", 17000, start="2026-01-02T12:00:00Z"),
        ]
    )
    range_ = ("2026-01-02T00:00:00Z", "2026-01-02T23:00:00Z")
    systolic = (await aggregate(program, "blood_pressure_systolic", *range_, functions="count,avg"))[
        "buckets"
    ]
    assert [(each["count"], each["avg"]) for each in systolic] == [(3, 17000)]
    diastolic = (await aggregate(program, "blood_pressure_diastolic", *range_, functions="count,avg"))[
        "buckets"
    ]
    assert [(each["count"], each["avg"]) for each in diastolic] == [(2, 11000)]
    whole = (await aggregate(program, "blood_pressure", *range_))["buckets"]
    assert [each["count"] for each in whole] == [2]


async def test_looking_inside_needs_both_scopes(program: Program) -> None:
    await program.write([create_blood_pressure(instant="2026-01-02T08:00:00Z")])
    for scopes, lacking in ((["read.blood_pressure"], SYSTOLIC), ([SYSTOLIC], "read.blood_pressure")):
        problem = await refuse(program.narrow(*scopes), 403, type="blood_pressure_systolic")
        assert lacking in problem["detail"]
    both = program.narrow("read.blood_pressure", SYSTOLIC)
    answer = await aggregate(both, "blood_pressure_systolic", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z")
    assert answer["buckets"][0]["count"] == 1


async def test_nobody_learns_anything_of_anothers_samples(program: Program) -> None:
    await program.write([create_body("heart_rate", 1, start="2026-01-02T00:00:00Z")])
    range_ = ("2026-01-01T00:00:00Z", "2026-01-05T00:00:00Z")
    assert (await aggregate(program.become_other(), "heart_rate", *range_))["buckets"] == []
    await refuse(program.narrow("read.height"), 403)
    await refuse(program.narrow(), 403, type="step_count")
    without = program.http.get("/sample/v1/statistics", params={"type": "heart_rate"})
    assert (await without).status_code == 401
    program.callers.ended.add(program.caller.token_id)
    for type_ in ("heart_rate", "step_count", "nonsense"):
        assert (await refuse(program, 401, type=type_))["status"] == 401


@pytest.mark.parametrize(
    ("query", "field", "words"),
    [
        ({"functions": "sum"}, "functions", "does not add up"),
        ({"functions": "duration"}, "functions", "no duration"),
        ({"type": "step_count", "functions": "avg"}, "functions", "how often"),
        ({"type": "sleep_analysis", "functions": "max"}, "functions", "words"),
        ({"type": "blood_pressure", "functions": "avg"}, "functions", "blood_pressure_systolic"),
        ({"functions": "median"}, "functions", "no function"),
        ({"type": "Height"}, "type", "case-sensitive"),
        ({"type": None}, "type", "one type"),
        ({"type": "height,heart_rate"}, "type", "one type"),
        ({"bucket": "year"}, "bucket", "hour, day"),
        ({"timezone": "Mars/Olympus"}, "timezone", "IANA"),
        ({"timezone": "../../etc/passwd"}, "timezone", "IANA"),
        ({"percentile": "101"}, "percentile", "0 to 100"),
        ({"percentile": "nan"}, "percentile", "0 to 100"),
        ({"percentile": "x"}, "percentile", "0 to 100"),
        ({"StartDate.UpperBound": None}, "RangeOfStartDate", "Both bounds"),
        ({"StartDate.UpperBound": "2025-01-01T00:00:00Z"}, "RangeOfStartDate", "after"),
        ({"StartDate.LowerBound": "1700-01-01T00:00:00Z"}, "RangeOfStartDate", "1800"),
        ({"StartDate.UpperBound": "2046-01-01T00:00:00Z"}, "RangeOfStartDate", "3700 days"),
        ({"bucket": "hour", "StartDate.UpperBound": "2028-01-01T00:00:00Z"}, "bucket", "10000"),
        ({"EndDate.LowerBound": "2026-01-01T00:00:00Z"}, "RangeOfEndDate", "one range"),
        ({"type": "step_count", "devices": [str(n) for n in range(101)]}, "devices", "100"),
        ({"type": "step_count", "devices": "a\x00b"}, "devices", "100"),
    ],
)
async def test_what_makes_no_sense_is_named(
    program: Program, query: dict[str, Any], field: str, words: str
) -> None:
    problem = await refuse(program, 400, **query)
    assert words in problem["errors"][field][0]
    assert len(problem["errors"]) == 1


async def test_the_range_of_the_end_dates_will_do(program: Program) -> None:
    await program.write([create_body("heart_rate", 1, start="2026-01-02T00:00:00Z")])
    answer = await program.http.get(
        "/sample/v1/statistics?type=heart_rate&EndDate.LowerBound=2026-01-01T00:00:00Z"
        "&RangeOfEndDate.UpperBound=2026-01-03T00:00:00Z",
        headers=program.headers,
    )
    assert [each["count"] for each in answer.json()["buckets"]] == [1]


JANUARY = ("2026-01-01T00:00:00Z", "2026-01-31T00:00:00Z")


async def test_figures_come_in_the_unit_asked_for(program: Program) -> None:
    at = "2026-01-02T08:00:00Z"
    warm = [create_body("body_temperature", value, unit="Cel", start=at) for value in (36.5, 37.0, 37.5)]
    others = [create_body("dietary_water", 0.5, start=at), create_body("heart_rate", 1.2, start=at)]
    await program.write([*warm, *others])
    asked = {"timezone": "UTC", "percentile": "0,50,100"}
    answer = await aggregate(program, "body_temperature", *JANUARY, unit="Cel", **asked)
    (bucket,) = answer["buckets"]
    figures = {name: bucket[name] for name in ("count", "min", "max", "avg", "stddev", "percentile")}
    assert figures == {
        "count": 3,
        "min": 36.5,
        "max": 37.5,
        "avg": pytest.approx(37.0, abs=1e-9),
        "stddev": pytest.approx(0.5, abs=1e-9),
        "percentile": {"0": 36.5, "50": 37.0, "100": 37.5},
    }
    assert answer["unit"] == "Cel"
    answer = await aggregate(program, "dietary_water", *JANUARY, unit="dietary_water:mL")
    assert (answer["unit"], answer["buckets"][0]["sum"]) == ("mL", 500)
    answer = await aggregate(program, "heart_rate", *JANUARY, unit="/min")
    assert (answer["buckets"][0]["avg"], answer["buckets"][0]["stddev"]) == (72, None)
    for type_, units in (("heart_rate", "kg"), ("sleep_analysis", "h"), ("heart_rate", ["/min", "Hz"])):
        assert [*(await refuse(program, 400, type=type_, unit=units))["errors"]] == ["unit"]


async def test_a_caller_has_only_so_many_at_once_and_is_told_when_to_come_back(
    program: Program, platform: Platform
) -> None:
    turns = platform.dataserver.turns
    async with turns.take(str(program.caller.person_id)), turns.take(str(program.caller.person_id)):
        impatient = Turns(places=0, patience=0)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(turns, "_patience", 0)
            assert (await refuse(program, 429))["status"] == 429
            # Somebody else is answered meanwhile.
            await aggregate(program.become_other(), "heart_rate", *JANUARY)
            patch.setattr(turns, "_places", impatient._places)
            answer = await program.http.get("/sample/v1/statistics", headers=program.become_other().headers)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    await aggregate(program, "heart_rate", *JANUARY)
