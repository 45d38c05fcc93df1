"""One id, several contents: versions, repeats, conflicts, lenient batches."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from borvo.assembly import Platform
from tests.factories.samples import create_blood_pressure, create_body
from tests.functional.dataserver.conftest import ALL_SCOPES, Program


async def list_statuses(program: Program, *bodies: Any) -> list[str]:
    answer = await program.write([*bodies])
    assert answer.status_code == 200, answer.text
    return [each["status"] for each in answer.json()["samples"]]


async def list_values(program: Program, query: str = "types=body_mass") -> list[float]:
    page = (await program.read(query)).json()
    assert page["totalAvailable"] == page["count"]
    return [each["quantityValue"] for each in page["datas"]]


async def test_a_higher_version_replaces_and_a_lower_one_is_passed_over(
    program: Program, platform: Platform
) -> None:
    body = create_body(value=1, version=1, start="2023-01-31T08:30:00Z")
    first = (await program.write([body])).json()["samples"][0]
    newer = {**body, "quantityValue": 3, "version": 3} | create_dates("2023-02-02T10:00:00+02:00")
    answer = (await program.write([newer])).json()["samples"][0]
    assert answer == {**first, "status": "replaced"}
    assert await list_statuses(program, {**body, "quantityValue": 2, "version": 2}) == ["kept"]
    assert await list_values(program) == [3]
    # It moved to another day, which the counts by day tell.
    assert await list_values(program, "types=body_mass&StartDate.LowerBound=2023-02-01T00:00:00Z") == [3]
    assert await list_values(program, "types=body_mass&StartDate.UpperBound=2023-02-01T00:00:00Z") == []
    async with platform.database.connection() as connection:
        (past,) = await connection.fetch("select * from sample_past")
        (now,) = await connection.fetch("select * from sample")
    assert (past["value"], past["changed_position"]) == (1, 1)
    assert (now["id"], now["created_at"], now["created_position"]) == (past["id"], past["created_at"], 1)
    assert (now["changed_position"], now["version"]) == (past["ended_position"], 3)
    assert past["ended_position"] > past["changed_position"]
    assert not past["is_deleted"]


def create_dates(at: str) -> dict[str, Any]:
    return {"dateRange": {"lowerBound": at, "upperBound": at}}


async def test_equal_and_absent_versions_of_other_content_conflict(program: Program) -> None:
    body = create_body(value=1, version=1, clientAssignedId="mine")
    await program.write([body])
    for version in (1, None):
        for others in ([], [create_body()]):
            answer = await program.write([*others, {**body, "quantityValue": 2, "version": version}])
            assert answer.status_code == 409
            assert "mine" in answer.json()["detail"]
            (fault,) = answer.json()["faults"]
            assert (fault["index"], fault["pointer"]) == (len(others), f"/{len(others)}/clientAssignedId")
    assert await list_values(program) == [1]


async def test_the_same_content_of_a_higher_version_guards_against_those_between(program: Program) -> None:
    body = create_body(value=1, version=1)
    await program.write([body])
    assert await list_statuses(program, {**body, "version": 5}) == ["duplicate"]
    assert await list_statuses(program, {**body, "version": 3, "quantityValue": 2}) == ["kept"]
    assert await list_values(program) == [1]


async def test_a_replaced_correlation_has_the_children_of_its_new_content_only(
    program: Program, platform: Platform
) -> None:
    meal = create_body(
        "food", 0, version=1, correlationObjects=[create_body("dietary_iron") for _ in range(3)]
    )
    others = [create_blood_pressure(), create_body()]
    await program.write([meal, *others])
    newer = {**meal, "version": 2, "correlationObjects": [create_body("dietary_zinc", 2)]}
    assert await list_statuses(program, *others, newer) == ["duplicate", "duplicate", "replaced"]
    (stored,) = (await program.read("types=food")).json()["datas"]
    assert [each["type"] for each in stored["correlationObjects"]] == ["dietary_zinc"]
    async with platform.database.connection() as connection:
        rows = await connection.fetch("select position, ended_position from sample_past order by position")
    assert [tuple(row) for row in rows] == [(position, 2) for position in range(4)]


async def test_a_batch_may_create_replace_keep_and_repeat_at_once(program: Program) -> None:
    kept, replaced, repeated = (create_body(value=n, version=5) for n in (1, 2, 3))
    await program.write([kept, replaced, repeated])
    statuses = await list_statuses(
        program,
        create_body(value=4),
        {**kept, "quantityValue": 10, "version": 4},
        {**replaced, "quantityValue": 20, "version": 6},
        repeated,
        {**replaced, "quantityValue": 20, "version": 6},
    )
    assert statuses == ["created", "kept", "replaced", "duplicate", "duplicate"]
    assert sorted(await list_values(program)) == [1, 3, 4, 20]


async def test_of_parallel_versions_the_highest_stays_in_whatever_order_they_come(
    program: Program, platform: Platform
) -> None:
    body = create_body()
    versions = [{**body, "quantityValue": n, "version": n} for n in range(1, 16)]
    order = [versions[n * 7 % 15] for n in range(15)]
    answers = await asyncio.gather(*(program.write([create_body("height"), each]) for each in order))
    assert {answer.status_code for answer in answers} == {200}
    counted = Counter(answer.json()["samples"][1]["status"] for answer in answers)
    assert counted["created"] == 1
    assert set(counted) <= {"created", "replaced", "kept"}
    assert await list_values(program) == [15]
    async with platform.database.connection() as connection:
        past = await connection.fetch("select * from sample_past order by ended_position")
        (now,) = await connection.fetch("select * from sample where value = 15")
    # Each past content begins where the one before it ended.
    assert len(past) == counted["replaced"]
    begun = [row["changed_position"] for row in (*past, now)]
    assert begun[1:] == [row["ended_position"] for row in past]
    assert {row["created_position"] for row in (*past, now)} == {begun[0]}


async def test_an_id_repeated_with_other_content_is_a_fault_among_the_others(program: Program) -> None:
    body = create_body(clientAssignedId="mine")
    answer = await program.write([body, create_body("nothing"), {**body, "quantityValue": 1}])
    assert answer.status_code == 400
    pointers = [fault["pointer"] for fault in answer.json()["faults"]]
    assert pointers == ["/1/type", "/2/clientAssignedId"]


LENIENT = {"Prefer": "handling=lenient"}


async def test_a_lenient_batch_stores_the_good_and_reports_the_bad(program: Program) -> None:
    taken, there = create_body(value=1, clientAssignedId="taken"), create_body(value=4)
    await program.write([taken, there])
    good = create_body(value=2)
    bodies = [
        good,
        create_body("Height"),
        {**taken, "quantityValue": 5},
        create_body(value="x"),  # type: ignore[arg-type]
        {**good, "quantityValue": 3},
        there,
        7,
    ]
    answer = await program.write(bodies, **LENIENT)
    assert answer.status_code == 200
    assert answer.headers["preference-applied"] == "handling=lenient"
    statuses = [each["status"] for each in answer.json()["samples"]]
    assert statuses == ["created", *["refused"] * 4, "duplicate", "refused"]
    assert [each["id"] for each in answer.json()["samples"][1:5]] == [None] * 4
    pointers = [fault["pointer"] for fault in answer.json()["faults"]]
    assert pointers == ["/1/type", "/2/clientAssignedId", "/3/quantityValue", "/4/clientAssignedId", "/6"]
    assert answer.json()["moreFaults"] == 0
    assert sorted(await list_values(program)) == [1, 2, 4]


async def test_a_lenient_batch_of_nothing_but_faults_stores_nothing(program: Program) -> None:
    answer = await program.write([create_body("nothing")] * 150, **LENIENT)
    assert answer.status_code == 200
    assert (len(answer.json()["faults"]), answer.json()["moreFaults"]) == (100, 50)
    assert {each["status"] for each in answer.json()["samples"]} == {"refused"}


async def test_a_lenient_batch_refuses_what_the_token_may_not_write(program: Program) -> None:
    bodies = [create_body("height"), create_body(), create_blood_pressure()]
    answer = await program.narrow("write.height", "write.blood_pressure").write(bodies, **LENIENT)
    assert [each["status"] for each in answer.json()["samples"]] == ["created", "refused", "refused"]
    reasons = [fault["reason"] for fault in answer.json()["faults"]]
    assert "write.body_mass" in reasons[0]
    assert "write.blood_pressure.blood_pressure_systolic" in reasons[1]
    assert (await program.read()).json()["totalAvailable"] == 1


async def test_a_strict_batch_says_nothing_of_a_preference(program: Program) -> None:
    answer = await program.write([create_body()], Prefer="handling=strict")
    assert "preference-applied" not in answer.headers
    assert set(answer.json()) == {"samples"}


@pytest.mark.parametrize("missing", ["write.food", "write.food.dietary_iron"])
async def test_a_higher_version_replaces_nothing_that_the_token_may_not_write(
    program: Program, missing: str
) -> None:
    iron = create_body("food", 0, version=1, correlationObjects=[create_body("dietary_iron")])
    await program.write([iron])
    newer = {**create_body(version=2), "clientAssignedId": iron["clientAssignedId"]}
    narrow = program.narrow(*(ALL_SCOPES - {missing}))
    answer = await narrow.write([create_body(), newer])
    assert answer.status_code == 403
    assert f'scope="{missing}"' in answer.headers["www-authenticate"]
    assert [each["type"] for each in (await program.read()).json()["datas"]] == ["food"]
    lenient = (await narrow.write([create_body(), newer], prefer="handling=lenient")).json()
    assert [each["status"] for each in lenient["samples"]] == ["created", "refused"]
    assert missing in lenient["faults"][0]["reason"]
    kept = (await program.read()).json()["datas"]
    assert sorted(each["type"] for each in kept) == ["body_mass", "food"]
    assert await list_statuses(program, newer) == ["replaced"]
