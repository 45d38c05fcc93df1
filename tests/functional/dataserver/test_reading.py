"""Reading samples: contract sections 2.1, 2.2, 2.4 and 7."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import httpx
import pytest

from tests.factories.samples import create_blood_pressure, create_body
from tests.functional.conftest import TestClock
from tests.functional.dataserver.conftest import Program

READ = "read.blood_pressure"
PARTS = (f"{READ}.blood_pressure_systolic", f"{READ}.blood_pressure_diastolic")


def get_values(answer: httpx.Response) -> list[float]:
    return [each["quantityValue"] for each in answer.json()["datas"]]


async def test_nobody_sees_another_persons_samples(program: Program) -> None:
    body = create_blood_pressure()
    await program.write([body, create_body()])
    other = program.become_other()
    for query in ("", "types=body_mass", "types=blood_pressure", "take=1000&skip=1"):
        page = (await other.read(query)).json()
        assert page == {"totalAvailable": 0, "count": 0, "datas": []}
    assert (await program.become_other(client=True).read()).json()["totalAvailable"] == 2


async def test_a_named_type_needs_its_scope(program: Program) -> None:
    answer = await program.narrow("read.height").read("types=height&types=body_mass")
    assert answer.status_code == 403
    assert answer.headers["www-authenticate"] == 'Bearer error="insufficient_scope", scope="read.body_mass"'
    assert answer.json()["title"] == "Not allowed"


async def test_a_child_without_scope_fails_the_request(program: Program) -> None:
    await program.write([create_blood_pressure()])
    reader = program.narrow(READ, PARTS[0])
    assert (
        await reader.read("types=blood_pressure&RangeOfStartDate.LowerBound=2024-01-01T00:00:00Z")
    ).json()["datas"] == []
    answer = await reader.read("types=blood_pressure")
    assert answer.status_code == 403
    assert PARTS[1] in answer.json()["detail"]
    assert (await program.narrow(READ, *PARTS).read("types=blood_pressure")).status_code == 200


async def test_only_children_that_are_stored_need_a_scope(program: Program) -> None:
    food = create_body("food", 0, correlationObjects=[create_body("dietary_iron")])
    assert (await program.write([food])).status_code == 200
    reader = program.narrow("read.food", "read.food.dietary_iron")
    assert (await reader.read("types=food")).json()["count"] == 1
    assert (await reader.read()).json()["count"] == 1


async def test_without_types_only_wholly_readable_rows_are_found(program: Program) -> None:
    foods = [
        create_body("food", 0, correlationObjects=[create_body(name) for name in names])
        for names in (["dietary_iron"], ["dietary_iron", "dietary_zinc"])
    ]
    await program.write([*foods, create_blood_pressure(), create_body(), create_body("height")])
    reader = program.narrow("read.food", "read.food.dietary_iron", "read.height", READ, PARTS[0])
    page = (await reader.read()).json()
    assert [each["type"] for each in page["datas"]] == ["food", "height"]
    assert page["totalAvailable"] == 2


async def test_a_token_that_reads_nothing_is_refused(program: Program) -> None:
    answer = await program.narrow("openid", "write.height").read()
    assert answer.status_code == 403
    assert "insufficient_scope" in answer.headers["www-authenticate"]


async def test_types_of_children_find_samples_that_stand_alone(program: Program) -> None:
    await program.write([create_blood_pressure(), create_body("blood_pressure_systolic", 1)])
    page = await program.read("types=blood_pressure_systolic")
    assert get_values(page) == [1]
    assert page.json()["totalAvailable"] == 1


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("", [1, 2, 3]),
        ("orderProperty=StartDate&orderDirection=Descending", [3, 2, 1]),
        ("orderProperty=enddate&orderDirection=ascending", [2, 3, 1]),
        ("orderProperty=EndDate&orderDirection=DESCENDING", [1, 3, 2]),
        ("orderProperty=CreationDate", [3, 1, 2]),
        ("orderDirection=Descending", [3, 2, 1]),
    ],
)
async def test_samples_come_in_the_order_asked_for(
    program: Program, clock: TestClock, order: str, expected: list[int]
) -> None:
    ends = {1: 9, 2: 5, 3: 7}
    for value in (3, 1, 2):
        start, end = f"2023-01-0{value}T00:00:00Z", f"2023-02-0{ends[value]}T00:00:00Z"
        type_ = "height" if value == 2 else "body_mass"
        await program.write([create_body(type_, value, start=start, end=end)])
        clock.advance(minutes=1)
    for types in ("types=height,body_mass", ""):
        assert get_values(await program.read(f"{types}&{order}")) == expected


async def test_pages_follow_each_other_without_gap_or_repeat(program: Program) -> None:
    types = ("height", "body_mass", "step_count")
    await program.write([create_body(types[n % 3], n) for n in range(50)])
    for direction in ("Ascending", "Descending"):
        found: list[float] = []
        for skip in range(0, 70, 7):
            query = f"types={','.join(types)}&take=7&skip={skip}&orderDirection={direction}"
            answer = await program.read(query)
            assert answer.json()["totalAvailable"] == 50
            found += get_values(answer)
        assert found == sorted(range(50), reverse=direction == "Descending")


async def test_a_hundred_come_by_default_and_a_thousand_at_most(program: Program) -> None:
    await program.write([create_body(value=n) for n in range(1001)])
    assert len(get_values(await program.read("types=body_mass"))) == 100
    page = (await program.read("types=body_mass&take=5000")).json()
    assert (page["count"], len(page["datas"]), page["totalAvailable"]) == (1000, 1000, 1001)
    page = (await program.read("types=body_mass&skip=99999999999999999999")).json()
    assert page == {"totalAvailable": 1001, "count": 0, "datas": []}


async def test_ranges_of_all_three_dates_hold_their_bounds(program: Program, clock: TestClock) -> None:
    for day in range(1, 6):
        clock.now = datetime(2025, 3, day, 12, tzinfo=UTC)
        body = create_body(value=day, start=f"2023-01-0{day}T12:00:00Z", end=f"2023-02-0{day}T12:00:00Z")
        await program.write([body])
    for name, month in (("StartDate", "2023-01"), ("EndDate", "2023-02"), ("CreationDate", "2025-03")):
        bounds = {
            f"{name}.LowerBound": f"{month}-02T12:00:00Z",
            f"{name}.UpperBound": f"{month}-04T12:00:00Z",
        }
        for given, expected in (
            (bounds, [2, 3, 4]),
            (dict([*bounds.items()][:1]), [2, 3, 4, 5]),
            (dict([*bounds.items()][1:]), [1, 2, 3, 4]),
            ({**bounds, "types": "body_mass"}, [2, 3, 4]),
        ):
            answer = await program.read(urlencode(given))
            assert get_values(answer) == expected
            assert answer.json()["totalAvailable"] == len(expected)


async def test_the_total_equals_the_count_of_rows_for_any_range(program: Program) -> None:
    chance = random.Random(7)  # noqa: S311  (no secret)
    start = datetime(2023, 1, 1, tzinfo=UTC)
    moments = [
        start + timedelta(seconds=chance.choice([0, 1, 43_200, 86_399]) + 86_400 * n // 20)
        for n in range(200)
    ]
    types = ("height", "body_mass")
    bodies = [create_body(types[n % 2], n, start=moment.isoformat()) for n, moment in enumerate(moments)]
    await asyncio.gather(*(program.write(bodies[n : n + 20]) for n in range(0, 200, 10)))
    for _ in range(60):
        lower, upper = sorted(chance.choices(moments, k=2))
        upper += timedelta(microseconds=chance.choice([0, -1, 999_999])) if upper > lower else timedelta()
        named = chance.choice([types, types[:1], types[1:]])
        query = {
            "types": ",".join(named),
            "StartDate.LowerBound": lower.isoformat(),
            "StartDate.UpperBound": upper.isoformat(),
        }
        for left_out in (None, "StartDate.LowerBound", "StartDate.UpperBound"):
            given = {name: value for name, value in query.items() if name != left_out}
            page = (await program.read(urlencode({**given, "take": 1000}))).json()
            assert page["totalAvailable"] == len(page["datas"]), given
            short = (await program.read(urlencode({**given, "take": 1, "skip": 1}))).json()
            assert short["totalAvailable"] == page["totalAvailable"]


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
async def test_the_first_and_the_last_day_are_counted(program: Program, day: str) -> None:
    await program.write([create_body(start=f"{day}T12:00:00Z")])
    for lower in ("", f"{day}T00:00:00.000001Z", f"{day}T00:00:00Z"):
        for upper in ("", f"{day}T23:59:59.9999999Z", f"{day}T12:00:00Z"):
            query = urlencode(
                {"types": "body_mass", "StartDate.LowerBound": lower, "StartDate.UpperBound": upper}
            )
            page = (await program.read(query)).json()
            assert (page["count"], page["totalAvailable"]) == (1, 1), query


async def test_a_query_token_is_known_to_nobody_yet(program: Program) -> None:
    answer = await program.read("types=height", **{"agency-query-token": "x"})
    assert (answer.status_code, answer.json()["title"]) == (403, "Not allowed")


@pytest.mark.parametrize(
    "query", ["take=0", "skip=-1", "types=Height", "StartDate.LowerBound=x", "orderProperty=x", "types=%00"]
)
async def test_a_wrong_parameter_is_named(program: Program, query: str) -> None:
    answer = await program.read(query)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.json()["errors"]) == 1


async def test_samples_are_kept_by_no_cache(program: Program) -> None:
    assert (await program.read()).headers["cache-control"] == "no-store"


async def test_the_description_of_the_api_knows_parameters_and_answers(program: Program) -> None:
    schema = (await program.http.get("/openapi.json")).json()
    read, write = (schema["paths"]["/sample/v1"][method] for method in ("get", "post"))
    names = {each["name"] for each in read["parameters"]}
    assert {"types", "RangeOfStartDate.LowerBound", "orderProperty", "take", "skip"} <= names
    assert set(read["responses"]) >= {"200", "400", "401", "403"}
    assert set(write["responses"]) >= {"200", "400", "401", "403", "409", "413"}
    assert "quantityValue" in str(write["requestBody"])


@pytest.mark.parametrize("query", ["", "types=height", "skip=100", "take=0", "types=nonsense"])
async def test_a_token_that_has_ended_is_told_so_whatever_it_asks(program: Program, query: str) -> None:
    await program.write([create_body()])
    program.callers.ended.add(program.caller.token_id)
    assert (await program.read(query)).status_code == 401
    assert (await program.narrow("read.height").read(query)).status_code != 401


async def test_a_token_that_has_ended_writes_nothing(program: Program) -> None:
    program.callers.ended.add(program.caller.token_id)
    assert (await program.write([create_body()])).status_code == 401
    program.callers.ended.clear()
    assert (await program.read()).json()["totalAvailable"] == 0
