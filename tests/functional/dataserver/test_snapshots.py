"""The two-step query of the older contract: section 2.5."""

from datetime import datetime

import pytest

from borvo.assembly import Platform
from borvo.dataserver.public import clean_up
from tests.factories.samples import create_blood_pressure, create_body
from tests.functional.conftest import TestClock
from tests.functional.dataserver.conftest import Program
from tests.functional.dataserver.two_steps import ask, fetch, fetch_values, name

READ = "read.blood_pressure"
PARTS = (f"{READ}.blood_pressure_systolic", f"{READ}.blood_pressure_diastolic")


@pytest.mark.parametrize("path", ["/query/v1", "/api/query"])
async def test_a_query_is_asked_first_and_fetched_then(program: Program, path: str, clock: TestClock) -> None:
    await program.write([name(str(n), n, start=f"2026-01-0{n}T00:00:00Z") for n in (1, 2, 3)])
    answer = await ask(program, "types=body_mass&StartDate.LowerBound=2026-01-02T00:00:00Z", path)
    assert set(answer) == {"NumberOfResults", "ExpirationDate", "Key", "QueryKey"}
    assert (answer["NumberOfResults"], answer["Key"]) == (2, answer["QueryKey"])
    assert (datetime.fromisoformat(answer["ExpirationDate"]) - clock()).days == 30
    headers = {**program.headers, "api-version": "2.0"}
    for parameter in ("querykey", "QueryKey", "key"):
        page = await program.http.get(path, params={parameter: answer["Key"]}, headers=headers)
        assert [each["quantityValue"] for each in page.json()] == [2, 3]
        assert page.json()[0]["subject"] == str(program.caller.person_id)
    assert await fetch_values(program, answer["Key"], take=1, skip=1) == [3]
    assert await fetch_values(program, answer["Key"], skip=2) == []


async def test_the_query_may_come_as_json(program: Program) -> None:
    await program.write([name(str(n), n, start=f"2026-01-0{n}T00:00:00Z") for n in (1, 2, 3)])
    body = {
        "Types": ["body_mass", "height"],
        "StartDate": {"LowerBound": "2026-01-02T00:00:00+00:00", "UpperBound": None},
        "OrderDirection": "Descending",
        "Take": 1,
    }
    answer = await ask(program, "", json=body)
    assert await fetch_values(program, answer["Key"]) == [3, 2]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"[1]", "body"),
        (b"{", "body"),
        (b"[" * 5000, "body"),
        (b'{"Types": [["x"]]}', "Types"),
        (b'{"StartDate": {"LowerBound": {}}}', "StartDate.LowerBound"),
        (b'{"Types": ["Height"]}', "types"),
        (b'{"take": 0}', "take"),
    ],
)
async def test_a_faulty_query_is_named(program: Program, body: bytes, field: str) -> None:
    answer = await program.http.post("/query/v1", content=body, headers=program.headers)
    assert answer.status_code == 400
    assert [*answer.json()["errors"]] == [field]


async def test_later_writes_and_deletions_change_nothing(program: Program) -> None:
    await program.write([name(str(n), n, start=f"2026-01-0{n}T00:00:00Z") for n in (1, 2, 3, 4)])
    await program.correct("4", name("4", 40, start="2026-01-04T00:00:00Z"))
    pressure = create_blood_pressure(1, 2, instant="2026-01-05T00:00:00Z")
    await program.write([pressure])
    first = (await ask(program, "types=body_mass"))["Key"]
    whole = (await ask(program, "types=blood_pressure"))["Key"]
    named_none = (await ask(program, ""))["Key"]
    await program.correct("1", name("1", 10, start="2026-02-01T00:00:00Z"))
    await program.delete("2")
    await program.delete(pressure["clientAssignedId"])
    await program.write([name("5", 5, start="2026-01-01T00:00:00Z")])
    second = await ask(program, "types=body_mass")
    for _ in range(2):
        assert await fetch_values(program, first) == [1, 2, 3, 40]
        assert await fetch_values(program, first, take=2, skip=1) == [2, 3]
        assert await fetch_values(program, second["Key"]) == [5, 3, 40, 10]
        parts = (await fetch(program, whole)).json()[0]["correlationObjects"]
        assert [part["quantityValue"] for part in parts] == [1, 2]
        assert len((await fetch(program, named_none)).json()) == 5
        await program.correct("3", name("3", 30, start="2026-01-03T00:00:00Z"))
        second["Key"] = (await ask(program, "types=body_mass"))["Key"]
        await program.correct("3", name("3", 3, start="2026-01-03T00:00:00Z"))
        second["Key"] = (await ask(program, "types=body_mass"))["Key"]
    assert second["NumberOfResults"] == 4


async def test_results_are_for_their_maker_alone(program: Program, clock: TestClock) -> None:
    await program.write([name("a", 1)])
    key = (await ask(program))["Key"]
    expired = (await ask(program))["Key"]
    answers = [
        await fetch(program.become_other(), key),
        await fetch(program.become_other(client=True), key),
        *[await fetch(program, made_up) for made_up in ("x", "A" * 43, "§", key[:-1], "'--")],
    ]
    clock.advance(days=30)
    answers.append(await fetch(program, expired))
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.json()["detail"] for answer in answers}) == 1
    assert (await program.http.get("/query/v1", params={"key": key})).status_code == 401
    assert (await program.http.post("/query/v1")).status_code == 401


async def test_what_expired_is_deleted(program: Program, platform: Platform, clock: TestClock) -> None:
    await ask(program)
    clock.advance(days=29)
    await ask(program)
    clock.advance(days=1)
    await clean_up(platform.dataserver)
    async with platform.database.connection() as connection:
        assert await connection.fetchval("select count(*) from sample_snapshot") == 1


async def test_what_samples_were_is_deleted_in_time(
    program: Program, platform: Platform, clock: TestClock
) -> None:
    await program.write([name("a", 1), name("b", 1)])
    await program.delete("a")
    clock.advance(days=89)
    await program.correct("b", name("b", 2))
    clock.advance(days=2)
    await clean_up(platform.dataserver)
    async with platform.database.connection() as connection:
        assert await connection.fetch("select is_deleted from sample_past") == [(False,)]


async def test_the_key_is_stored_as_a_digest(program: Program, platform: Platform) -> None:
    key = (await ask(program))["Key"]
    async with platform.database.connection() as connection:
        stored = await connection.fetchval("select s::text from sample_snapshot s")
    assert key not in stored


async def test_scopes_are_judged_with_each_page(program: Program) -> None:
    await program.write([name("a", 1), create_blood_pressure()])
    answer = await program.http.post(
        "/query/v1?types=height", headers=program.narrow("read.body_mass").headers
    )
    assert answer.status_code == 403
    key = (await ask(program, "types=blood_pressure"))["Key"]
    for scopes, lacking in ((["read.body_mass"], READ), ([READ, PARTS[0]], PARTS[1])):
        answer = await fetch(program.narrow(*scopes), key)
        assert (answer.status_code, lacking in answer.json()["detail"]) == (403, True)
    assert (await fetch(program.narrow(READ, *PARTS), key)).status_code == 200


async def test_without_types_only_wholly_readable_rows_are_found(program: Program) -> None:
    foods = [
        create_body("food", 0, correlationObjects=[create_body(part) for part in parts])
        for parts in (["dietary_iron"], ["dietary_iron", "dietary_zinc"])
    ]
    await program.write([*foods, name("a", 1)])
    reader = program.narrow("read.food", "read.food.dietary_iron")
    answer = await ask(reader, "")
    assert answer["NumberOfResults"] == 1
    await program.delete(foods[1]["clientAssignedId"])
    assert len((await fetch(reader, answer["Key"])).json()) == 1


async def test_a_token_that_has_ended_fetches_nothing(program: Program) -> None:
    await program.write([name("a", 1)])
    key = (await ask(program))["Key"]
    program.callers.ended.add(program.caller.token_id)
    assert (await fetch(program, key)).status_code == 401
    assert (await fetch(program, "x")).status_code == 401
    assert (await program.http.post("/query/v1?take=0", headers=program.headers)).status_code == 401


async def test_consent_withdrawn_and_given_anew_does_not_bring_results_back(program: Program) -> None:
    await program.write([name("a", 1)])
    key = (await ask(program))["Key"]
    program.callers.consent_version = 2
    assert (await fetch(program, key)).status_code == 404
