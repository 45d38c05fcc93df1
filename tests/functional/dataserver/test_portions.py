"""A large batch is checked and stored portion by portion, and is all or nothing nevertheless."""

from typing import Any

import pytest

from borvo.assembly import Platform
from borvo.dataserver import preparation
from tests.factories.samples import create_blood_pressure, create_body
from tests.functional.dataserver.conftest import Program
from tests.functional.dataserver.test_writing import count_rows, read_positions


@pytest.fixture(autouse=True)
def _small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparation, "_PORTION", 2)


async def list_statuses(program: Program, bodies: list[dict[str, Any]]) -> list[str]:
    answer = await program.write(bodies)
    assert answer.status_code == 200, answer.text
    return [each["status"] for each in answer.json()["samples"]]


async def test_portions_are_one_change_in_the_order_sent(program: Program, platform: Platform) -> None:
    bodies = [create_body(value=float(n), device=f"{n}") for n in range(6)] + [create_blood_pressure()]
    assert await list_statuses(program, bodies) == ["created"] * 7
    assert await read_positions(platform) == [(1, 1)] * 10
    assert await count_rows(platform) == (9, 7)
    datas = (await program.read("types=body_mass")).json()["datas"]
    assert [each["device"] for each in datas] == [f"{n}" for n in range(6)]
    assert await list_statuses(program, bodies) == ["duplicate"] * 7


async def test_a_fault_in_the_last_portion_stores_nothing_and_is_named(
    program: Program, platform: Platform
) -> None:
    bodies = [create_body() for _ in range(7)]
    bodies[6]["type"] = "none"
    answer = await program.write(bodies)
    assert answer.status_code == 400
    assert [each["index"] for each in answer.json()["faults"]] == [6]
    assert await read_positions(platform) == []


async def test_faults_of_all_portions_are_named_together(program: Program, platform: Platform) -> None:
    bodies = [create_body() for _ in range(7)]
    for index in (0, 3, 6):
        bodies[index]["quantityValue"] = None
    answer = await program.write(bodies)
    assert [each["index"] for each in answer.json()["faults"]] == [0, 3, 6]
    assert await read_positions(platform) == []


async def test_a_scope_missing_in_the_last_portion_stores_nothing(
    program: Program, platform: Platform
) -> None:
    narrow = program.narrow("write.body_mass")
    answer = await narrow.write([*(create_body() for _ in range(4)), create_body("height", 1.8)])
    assert (answer.status_code, "write.height" in answer.text) == (403, True)
    assert await read_positions(platform) == []


async def test_an_id_repeated_in_another_portion_is_one_sample(program: Program) -> None:
    bodies = [create_body(value=float(n)) for n in range(5)]
    assert await list_statuses(program, [*bodies, {**bodies[0], "version": 3}]) == ["created"] * 5 + [
        "duplicate"
    ]
    answer = await program.write([*bodies[1:], {**bodies[0], "quantityValue": 9.0}, bodies[0]])
    assert answer.status_code == 400


async def test_what_was_there_before_is_dealt_with_in_every_portion(
    program: Program, platform: Platform
) -> None:
    deleted, replaced, repeated = (create_body(value=float(n), version=1) for n in (1, 2, 3))
    assert await list_statuses(program, [deleted, replaced]) == ["created"] * 2
    await program.write([repeated])
    await program.delete(deleted["clientAssignedId"])
    bodies = [
        create_body(),
        repeated,
        {**replaced, "quantityValue": 4.0, "version": 2},
        create_body(),
        deleted,
    ]
    expected = ["created", "duplicate", "replaced", "created", "deleted"]
    assert await list_statuses(program, bodies) == expected
    # Ids taken, deleted, added and replaced: one position each.
    assert (await read_positions(platform))[-1] == (4, 4)
    conflict = {**repeated, "quantityValue": 9.0}
    assert (await program.write([create_body(), create_body(), create_body(), conflict])).status_code == 409
    assert (await read_positions(platform))[-1] == (4, 4)


async def test_warnings_name_the_place_in_the_batch(program: Program) -> None:
    bodies = [create_body() for _ in range(5)]
    bodies[4]["quantityValue"] = 5000.0
    receipts = (await program.write(bodies)).json()["samples"]
    assert [each.get("warnings", [{}])[0].get("index") for each in receipts] == [None] * 4 + [4]
