"""What the two-step query can say and in which forms it is answered, and how much of it there is at once."""

import csv
import io
from typing import Any

import msgspec
import pytest

from borvo.assembly import Platform
from borvo.dataserver.snapshots import store
from tests.factories.clients import register_client
from tests.factories.samples import create_blood_pressure, create_body
from tests.functional.conftest import TestClock
from tests.functional.dataserver.conftest import Program
from tests.functional.dataserver.two_steps import ask, fetch, fetch_values, name

PARTS_NAMES = ("blood_pressure_diastolic", "blood_pressure_systolic")


async def test_a_query_that_stays_says_all_that_a_page_of_samples_can(
    program: Program, platform: Platform
) -> None:
    client_id = await register_client(platform, client_key=program.caller.client_key)
    mine = create_body("body_mass", 1000.0, device="scale, in the bath", clientAssignedId="a")
    await program.write([mine, create_body("body_mass", 2.0, device="other")])
    await program.become_other(client=True).write([create_body("body_mass", 3.0, device=mine["device"])])
    query = f"types=body_mass&device=scale,+in+the+bath&client={client_id}"
    shown = "unit=g&fields=quantityValue,clientAssignedId,type"
    answer = await ask(program, f"{query}&{shown}")
    assert answer["NumberOfResults"] == 1
    await program.correct("a", {**mine, "device": "other"})
    page = (await fetch(program, answer["Key"])).json()
    assert page == [{"type": "body_mass", "clientAssignedId": "a", "quantityValue": 1_000_000.0, "unit": "g"}]
    as_json = {"Types": ["body_mass"], "Device": [mine["device"], "third"], "Unit": "body_mass:g"}
    both = (await ask(program, "", json=as_json))["Key"]
    assert sorted(await fetch_values(program, both)) == [3_000.0]
    assert (await ask(program, "client=demo.nobody"))["NumberOfResults"] == 0


@pytest.mark.parametrize("fault", ["unit=furlong", "unit=height:kg", "fields=secret", "device=%00"])
async def test_what_a_page_of_samples_refuses_a_query_that_stays_refuses_alike(
    program: Program, fault: str
) -> None:
    query = f"types=body_mass&{fault}"
    page = await program.read(query)
    answer = await program.http.post(f"/query/v1?{query}", headers=program.headers)
    assert (answer.status_code, page.status_code) == (400, 400)
    assert answer.json()["errors"] == page.json()["errors"]


async def test_results_that_stay_have_no_cursor(program: Program) -> None:
    answer = await program.http.post("/query/v1?cursor=x", headers=program.headers)
    assert (answer.status_code, [*answer.json()["errors"]]) == (400, ["cursor"])


async def test_results_come_as_lines_and_as_a_table_too(program: Program) -> None:
    pressure = create_blood_pressure(1, 2)
    await program.write([pressure, name("=a", 3)])
    key = (await ask(program, "fields=type,correlationObjects"))["Key"]
    address = f"/query/v1?querykey={key}"
    lines, table = [
        await program.http.get(address, headers={**program.headers, "Accept": accept})
        for accept in ("application/x-ndjson", "text/csv")
    ]
    assert [each.headers["content-type"].partition(";")[0] for each in (lines, table)] == [
        "application/x-ndjson",
        "text/csv",
    ]
    assert [msgspec.json.decode(line) for line in lines.content.splitlines()] == (
        await fetch(program, key)
    ).json()
    rows = [*csv.DictReader(io.StringIO(table.text))]
    assert sorted(row["type"] for row in rows) == ["blood_pressure", *sorted(PARTS_NAMES), "body_mass"]
    assert {row["clientAssignedId"] for row in rows} >= {"'=a"}


async def test_a_known_page_of_results_is_not_sent_again_while_it_may_be_read(
    program: Program, clock: TestClock
) -> None:
    await program.write([name("a", 1), name("b", 2)])
    key = (await ask(program))["Key"]
    page = await fetch(program, key, take=1)
    tag = page.headers["etag"]

    async def ask_again(reader: Program, accept: str = "*/*", **changes: Any) -> int:
        headers = {**reader.headers, "If-None-Match": tag, "Accept": accept}
        query = {"querykey": key, "take": 1, **changes}
        answer = await program.http.get("/query/v1", params=query, headers=headers)
        assert (answer.status_code != 304) or (answer.content, answer.headers["etag"]) == (b"", tag)
        return answer.status_code

    await program.delete("a")
    assert await ask_again(program) == 304
    # Another page, form or reader has another.
    assert [await ask_again(program, take=2), await ask_again(program, skip=1)] == [200, 200]
    assert [await ask_again(program, "text/csv"), await ask_again(program.narrow("read.body_mass"))] == [
        200,
        200,
    ]
    # Knowing the tag opens nothing.
    assert await ask_again(program.narrow("read.height")) == 403
    assert [await ask_again(program.become_other()), await ask_again(program.become_other(client=True))] == [
        404,
        404,
    ]
    clock.advance(days=30)
    assert await ask_again(program) == 404


async def test_a_maker_has_one_turn_and_is_told_when_to_come_back(
    program: Program, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    making, caller = platform.dataserver.making, str(program.caller.person_id)
    monkeypatch.setattr(making, "_patience", 0)
    async with making.take(caller):
        refused = [await program.http.post("/query/v1", headers=program.headers)]
        await ask(program.become_other())
        async with making.take("one"), making.take("two"):
            refused.append(await program.http.post("/query/v1", headers=program.become_other().headers))
    assert [(each.status_code, each.headers["retry-after"]) for each in refused] == [(429, "2"), (503, "2")]
    await ask(program)


async def test_nobody_waits_for_a_long_erasure_with_a_connection(
    program: Program, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_WAIT", "1ms")
    async with platform.database.transaction() as connection:
        await store.halt_making(connection)
        answer = await program.http.post("/query/v1", headers=program.headers)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    monkeypatch.undo()
    await ask(program)


async def test_results_that_were_asked_for_before_they_could_say_more_are_still_read(
    program: Program, platform: Platform
) -> None:
    await program.write([name("a", 1)])
    key = (await ask(program))["Key"]
    await platform.database.pool.execute(
        "update sample_snapshot set query = query - 'devices' - 'units' - 'fields' - 'clients'"
    )
    assert await fetch_values(program, key) == [1]
