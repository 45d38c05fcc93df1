"""Correcting and deleting a sample by its client's own id."""

import asyncio
import gzip
import json
from typing import Any
from urllib.parse import quote

import pytest

from borvo.assembly import Platform
from borvo.dataserver.write_store import erase_samples
from tests.factories.samples import create_blood_pressure, create_body
from tests.functional.dataserver.conftest import ALL_SCOPES, Program

NAMES = [
    "mine",
    "a/b",
    "/",
    "//",
    "a b+c",
    "ä\U0001f44d",
    "..%2F",
    "?x=1&y",
    "a;b",
    "%2e%2e",
    "'\" or 1=1",
    "x" * 200,
]


async def list_past(platform: Platform) -> list[tuple[Any, ...]]:
    async with platform.database.connection() as connection:
        rows = await connection.fetch(
            "select position, ended_position, is_deleted from sample_past order by ended_position, position"
        )
    return [tuple(row) for row in rows]


@pytest.mark.parametrize("name", NAMES)
async def test_any_id_can_be_corrected_and_deleted(program: Program, name: str) -> None:
    body = create_body(clientAssignedId=name)
    created = (await program.write([body])).json()["samples"][0]
    answer = await program.correct(name, {**body, "quantityValue": 2})
    assert (answer.status_code, answer.json()) == (200, {**created, "status": "replaced"})
    assert [each["quantityValue"] for each in (await program.read()).json()["datas"]] == [2]
    gone = await program.delete(name)
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await program.read()).json()["totalAvailable"] == 0
    assert (await program.delete(name)).status_code == 404
    assert (await program.correct(name, body)).status_code == 404


@pytest.mark.parametrize("name", [".", "..", "a\n", "mine"])
async def test_an_id_that_no_path_can_hold_comes_as_a_parameter(program: Program, name: str) -> None:
    body = create_body(clientAssignedId=name)
    await program.write([body])
    address = f"/sample/v1?clientAssignedId={quote(name, safe='')}"
    newer = {**body, "quantityValue": 2}
    answer = await program.http.put(address, headers=program.headers, json=newer)
    assert answer.json()["status"] == "replaced"
    assert (await program.http.delete(address, headers=program.headers)).status_code == 204


async def test_children_and_counts_follow_a_correction_and_a_deletion(
    program: Program, platform: Platform
) -> None:
    body, other = create_blood_pressure(1), create_blood_pressure(2)
    await program.write([body, other])
    newer = create_blood_pressure(3) | {"clientAssignedId": None}
    assert (await program.correct(body["clientAssignedId"], newer)).json()["status"] == "replaced"
    assert await list_past(platform) == [(position, 2, False) for position in range(3)]
    page = (await program.read("types=blood_pressure")).json()
    systolic = sorted(each["correlationObjects"][0]["quantityValue"] for each in page["datas"])
    assert (page["totalAvailable"], systolic) == (2, [2, 3])
    await program.delete(body["clientAssignedId"])
    assert await list_past(platform) == [
        (position, ended, ended == 3) for ended in (2, 3) for position in range(3)
    ]
    assert (await program.read("types=blood_pressure")).json()["totalAvailable"] == 1


async def test_other_people_and_other_clients_learn_nothing(program: Program) -> None:
    body = create_body(clientAssignedId="mine")
    await program.write([body])
    unknown = (await program.correct("nothing", body | {"clientAssignedId": None})).json()
    for caller in (program.become_other(), program.become_other(client=True)):
        for answer in (await caller.correct("mine", body), await caller.delete("mine")):
            assert answer.status_code == 404
            assert {**answer.json(), "instance": ""} == {**unknown, "instance": ""}
    assert (await program.read()).json()["totalAvailable"] == 1


@pytest.mark.parametrize("missing", ["write.food", "write.food.dietary_iron", "write.food.dietary_zinc"])
async def test_scopes_of_the_sample_stored_and_of_the_new_one_are_needed(
    program: Program, missing: str
) -> None:
    iron = create_body("food", 0, correlationObjects=[create_body("dietary_iron")])
    zinc = create_body("food", 0, correlationObjects=[create_body("dietary_zinc")]) | {
        "clientAssignedId": None
    }
    await program.write([iron])
    narrow = program.narrow(*(ALL_SCOPES - {missing}))
    answer = await narrow.correct(iron["clientAssignedId"], zinc)
    assert answer.status_code == 403
    assert f'scope="{missing}"' in answer.headers["www-authenticate"]
    status = (await narrow.delete(iron["clientAssignedId"])).status_code
    assert status == (204 if missing == "write.food.dietary_zinc" else 403)


async def test_a_condition_guards_against_changes_of_others(program: Program) -> None:
    body = create_body(clientAssignedId="mine", value=1)
    tag = (await program.write([body])).headers["etag"]
    newer = {**body, "quantityValue": 2}
    answer = await program.correct("mine", newer, **{"If-Match": f'"x", {tag}'})
    assert answer.status_code == 200
    for stale in (tag, f"W/{answer.headers['etag']}", '"x"', ""):
        for refused in (
            await program.correct("mine", body, **{"If-Match": stale}),
            await program.delete("mine", **{"If-Match": stale}),
        ):
            assert refused.status_code == 412, stale
            assert refused.headers["content-type"] == "application/problem+json"
    assert (await program.correct("mine", newer, **{"If-Match": "*"})).json()["status"] == "duplicate"
    assert (await program.delete("mine", **{"If-Match": answer.headers["etag"]})).status_code == 204
    assert (await program.delete("mine", **{"If-Match": "*"})).status_code == 404


async def test_a_correction_keeps_to_versions(program: Program) -> None:
    body = create_body(clientAssignedId="mine", value=1, version=5)
    await program.write([body])
    for version, status in ((4, 409), (5, 409), (6, 200), (None, 200)):
        answer = await program.correct("mine", {**body, "quantityValue": version or 7, "version": version})
        assert answer.status_code == status, version
    # A correction without a version does not let older writes in.
    late = (await program.write([{**body, "quantityValue": 9}])).json()["samples"][0]
    assert late["status"] == "kept"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (create_body(clientAssignedId="other"), "/clientAssignedId"),
        (create_body("Height", clientAssignedId="mine"), "/type"),
        (create_body(value="x", clientAssignedId="mine"), "/quantityValue"),  # type: ignore[arg-type]
        (create_body(start="2023-01-31", clientAssignedId="mine"), "/dateRange/lowerBound"),
        (7, ""),
    ],
)
async def test_the_faults_of_a_correction_are_named_from_its_top(
    program: Program, body: Any, pointer: str
) -> None:
    await program.write([create_body(clientAssignedId="mine")])
    answer = await program.correct("mine", body)
    assert answer.status_code == 400
    assert answer.json()["faults"][0]["pointer"] == pointer
    assert "index" not in answer.json()["faults"][0]


@pytest.mark.parametrize("body", [b"", b"[]", b"{},{}", b"{", b"\xff", b"[" * 100_000])
async def test_what_is_not_one_sample_corrects_nothing(program: Program, body: bytes) -> None:
    await program.write([create_body(clientAssignedId="mine")])
    answer = await program.correct("mine", body)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


@pytest.mark.parametrize("path", ["%ff", "%00", "x" * 201, "a%00b"])
async def test_what_can_be_no_id_is_not_there(program: Program, path: str) -> None:
    answer = await program.http.delete(f"/sample/v1/{path}", headers=program.headers)
    assert answer.status_code == 404
    answer = await program.http.put(f"/sample/v1/{path}", headers=program.headers, json=create_body())
    assert answer.status_code in {400, 404}


async def test_nobody_else_may_correct_or_delete(program: Program) -> None:
    body = create_body(clientAssignedId="mine")
    await program.write([body])
    for answer in (
        await program.correct("mine", body, **{"agency-query-token": "x"}),
        await program.delete("mine", **{"agency-query-token": "x"}),
    ):
        assert answer.status_code == 403
    for token, status in (("unknown", 401), (program.callers.add(has_person=False), 403)):
        headers = {"Authorization": f"Bearer {token}"}
        for answer in (
            await program.correct("mine", body, **headers),
            await program.delete("mine", **headers),
        ):
            assert answer.status_code == status
    program.callers.ended.add(program.token)
    assert (await program.delete("mine")).status_code == 401


async def test_a_deleted_sample_sent_again_stays_deleted(program: Program, platform: Platform) -> None:
    body = create_body(clientAssignedId="mine", version=1)
    first = (await program.write([body])).json()["samples"][0]
    await program.delete("mine")
    for others in ([], [create_body("height")]):
        answer = (await program.write([*others, body])).json()["samples"][-1]
        assert answer == {**first, "status": "deleted"}
    assert (await program.read("types=body_mass")).json()["totalAvailable"] == 0
    newer = {**body, "version": 2}
    again = (await program.write([newer, create_body("height")])).json()["samples"][0]
    assert again["status"] == "created"
    assert again["id"] != first["id"]
    assert (await program.read("types=body_mass")).json()["totalAvailable"] == 1
    # The tombstone stays, for readers that have not seen it, and stands in nobody's way.
    assert (await program.write([newer])).json()["samples"][0]["status"] == "duplicate"
    assert [row for row in await list_past(platform) if row[2]] == [(0, 2, True)]
    await program.delete("mine")
    assert (await program.write([newer])).json()["samples"][0]["status"] == "deleted"


async def test_the_tombstone_of_a_child_stands_in_nobodys_way(program: Program) -> None:
    pressure = create_blood_pressure()
    await program.write([pressure])
    await program.delete(pressure["clientAssignedId"])
    child = pressure["correlationObjects"][0]["clientAssignedId"]
    answer = await program.write([create_body(clientAssignedId=child)])
    assert answer.json()["samples"][0]["status"] == "created"


async def test_a_write_that_waits_for_a_deletion_does_not_undo_it(
    program: Program, platform: Platform
) -> None:
    """It began before the deletion was committed, so at first it sees neither the sample nor a tombstone."""
    body = create_body(clientAssignedId="mine")
    await program.write([body])
    person = program.caller.person_id
    async with platform.database.transaction() as connection:
        await connection.execute("select from sample_position where person_id = $1 for update", person)
        deleting = asyncio.create_task(program.delete("mine"))
        await wait_for_waiting(connection, 1)
        writing = [
            asyncio.create_task(program.write(batch)) for batch in ([body], [create_body("height"), body])
        ]
        await wait_for_waiting(connection, 3)
    assert (await deleting).status_code == 204
    for answer in await asyncio.gather(*writing):
        assert answer.json()["samples"][-1]["status"] == "deleted"
    assert (await program.read("types=body_mass")).json()["totalAvailable"] == 0


async def wait_for_waiting(connection: Any, count: int) -> None:
    for _ in range(1000):
        # Whoever waits for the row holds or awaits the lock that queues for it.
        waiting = await connection.fetchval("select count(distinct pid) from pg_locks where not granted")
        if waiting >= count:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("nobody waits")


async def test_parallel_corrections_and_deletions_leave_one_history(
    program: Program, platform: Platform
) -> None:
    body = create_body(clientAssignedId="mine")
    await program.write([body])
    answers = await asyncio.gather(
        *(program.correct("mine", {**body, "quantityValue": n}) for n in range(10)),
        *(program.delete("mine") for _ in range(3)),
    )
    assert sorted(answer.status_code for answer in answers).count(204) == 1
    past = await list_past(platform)
    assert [row[2] for row in past] == [False] * (len(past) - 1) + [True]
    assert len({row[1] for row in past}) == len(past)
    assert (await program.read()).json()["totalAvailable"] == 0


async def test_erasing_leaves_nothing_of_a_person_and_everything_of_others(
    program: Program, platform: Platform
) -> None:
    other = program.become_other()
    for caller in (program, other):
        await caller.write([create_blood_pressure(), create_body(clientAssignedId="mine")])
        await caller.delete("mine")
    person = program.caller.person_id
    assert person
    async with platform.database.transaction() as connection:
        await erase_samples(connection, person)
        for table in ("sample", "sample_past", "sample_count"):
            people = await connection.fetch(f"select distinct person_id from {table}")
            assert [row["person_id"] for row in people] == [other.caller.person_id]


async def test_a_compressed_correction_is_read(program: Program) -> None:
    body = create_body(clientAssignedId="mine")
    await program.write([body])
    content = gzip.compress(json.dumps({**body, "quantityValue": 2}).encode())
    answer = await program.correct("mine", content, **{"Content-Encoding": "gzip"})
    assert answer.json()["status"] == "replaced"
    lines = await program.correct(
        "mine", json.dumps(body).encode(), **{"Content-Type": "application/x-ndjson"}
    )
    assert lines.status_code == 415
