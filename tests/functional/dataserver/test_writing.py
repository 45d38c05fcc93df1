"""Writing samples: contract sections 2.3, 2.4 and 7."""

import asyncio
import json
from collections.abc import AsyncIterator
from random import Random
from typing import Any

import pytest

from borvo.assembly import Platform
from borvo.catalogue.sample_types import Family, SampleType, list_sample_types
from borvo.dataserver import write_endpoints
from borvo.dataserver.batch import create_ids, gather_batch
from borvo.dataserver.bodies import parse_samples
from borvo.dataserver.rules import check_samples
from borvo.dataserver.write_store import WritableShelf
from tests.factories.samples import create_blood_pressure, create_body
from tests.functional.dataserver.conftest import Program

PARENT = "write.blood_pressure"
PARTS = (f"{PARENT}.blood_pressure_systolic", f"{PARENT}.blood_pressure_diastolic")


async def count_rows(platform: Platform) -> tuple[int, int]:
    """Rows of samples with children, and the sum of the counts by day."""
    async with platform.database.connection() as connection:
        rows = await connection.fetchval("select count(*) from sample")
        return rows, await connection.fetchval("select coalesce(sum(samples), 0) from sample_count")


def create_valid(sample_type: SampleType) -> dict[str, Any]:
    if sample_type.family is Family.QUANTITY:
        return create_body(sample_type.name, sample_type.code + 0.25, device="scales")
    if sample_type.family is Family.CATEGORY:
        return create_body(sample_type.name, None, categoryValue=sample_type.values[-1])
    children = [create_body(member) for member in sample_type.members]
    return create_body(sample_type.name, 0, correlationObjects=children)


async def test_all_types_come_back_as_they_were_written(program: Program) -> None:
    types = list_sample_types()
    assert len(types) == 89
    bodies = {each.name: create_valid(each) for each in types}
    receipts = (await program.write([*bodies.values()])).json()["samples"]
    assert [each["status"] for each in receipts] == ["created"] * 89
    for sample_type, receipt in zip(types, receipts, strict=True):
        (stored,) = (await program.read(f"types={sample_type.name}")).json()["datas"]
        body = bodies[sample_type.name]
        assert stored["id"] == receipt["id"]
        assert stored["type"] == sample_type.name
        expected = body["quantityValue"] if sample_type.family is Family.QUANTITY else None
        assert stored.get("quantityValue") == expected
        assert stored.get("categoryValue") == body.get("categoryValue")
        assert stored["device"] == body.get("device")
        assert [child["type"] for child in stored["correlationObjects"]] == list(sample_type.members)
    everything = (await program.read("take=1000")).json()
    assert (everything["totalAvailable"], everything["count"]) == (89, 89)


async def test_a_batch_sent_again_changes_nothing(program: Program, platform: Platform) -> None:
    bodies = [create_blood_pressure(), create_body()]
    first = (await program.write(bodies)).json()["samples"]
    bodies.append(create_body("height", 1.8))
    again = await program.write(bodies)
    assert again.status_code == 200
    assert [each["status"] for each in again.json()["samples"]] == ["duplicate", "duplicate", "created"]
    assert [each["id"] for each in again.json()["samples"][:2]] == [each["id"] for each in first]
    assert await count_rows(platform) == (5, 3)


async def test_other_content_under_the_same_id_is_a_conflict_and_stores_nothing(
    program: Program, platform: Platform
) -> None:
    body = create_body(clientAssignedId="mine")
    await program.write([body])
    answer = await program.write([create_body(), {**body, "quantityValue": 1}])
    assert answer.status_code == 409
    assert "mine" in answer.json()["detail"]
    assert await count_rows(platform) == (1, 1)


async def test_ids_belong_to_a_person_and_a_client(program: Program) -> None:
    body = create_body(clientAssignedId="mine")
    other = {**body, "quantityValue": 1}
    for caller in (program, program.become_other(), program.become_other(client=True)):
        answer = await caller.write([other if caller is program else body])
        assert answer.json()["samples"][0]["status"] == "created"


@pytest.mark.parametrize("name", [None, ""])
async def test_without_an_id_every_sample_is_new(program: Program, name: str | None) -> None:
    body = create_body(clientAssignedId=name)
    for _ in range(2):
        answer = await program.write([body, body])
        assert [each["status"] for each in answer.json()["samples"]] == ["created", "created"]
    assert (await program.read("types=body_mass")).json()["totalAvailable"] == 4


async def test_parallel_identical_writes_store_one(program: Program, platform: Platform) -> None:
    body = [create_blood_pressure()]
    answers = await asyncio.gather(*(program.write(body) for _ in range(20)))
    receipts = [answer.json()["samples"][0] for answer in answers]
    assert sorted(each["status"] for each in receipts) == ["created"] + ["duplicate"] * 19
    assert len({each["id"] for each in receipts}) == 1
    assert await count_rows(platform) == (3, 1)


async def test_writers_of_one_person_take_turns_so_that_none_blocks_another(
    program: Program, platform: Platform
) -> None:
    bodies = [create_body(clientAssignedId="first"), create_body(clientAssignedId="second")]
    caller = program.caller
    assert caller.person_id
    samples, _ = check_samples(parse_samples(json.dumps(bodies).encode())[0])
    async with platform.database.transaction() as connection:
        now = platform.clock()
        shelf = WritableShelf(connection, caller.person_id, caller, now)
        await shelf.add(gather_batch(samples[1:], create_ids(len(samples[1:]), now, platform.entropy))[0])
        writing = asyncio.create_task(program.write(bodies))
        for _ in range(500):
            if await connection.fetchval("select true from pg_locks where not granted limit 1"):
                break
            await asyncio.sleep(0.01)
        # Were rows stored before the turn is taken, each would now wait for the other.
        await shelf.add(gather_batch(samples[:1], create_ids(len(samples[:1]), now, platform.entropy))[0])
    answer = await writing
    assert [each["status"] for each in answer.json()["samples"]] == ["duplicate", "duplicate"]
    assert await count_rows(platform) == (2, 2)


async def test_parallel_batches_with_the_same_ids_in_any_order_all_succeed(
    program: Program, platform: Platform
) -> None:
    bodies = [create_body(clientAssignedId=f"name-{number}") for number in range(400)]
    order = Random(7)  # noqa: S311
    batches = [order.sample(bodies, 300) for _ in range(12)]
    answers = await asyncio.gather(*(program.write(batch) for batch in batches))
    assert [answer.status_code for answer in answers] == [200] * 12
    stored: dict[str, set[str]] = {}
    created: list[str] = []
    for batch, answer in zip(batches, answers, strict=True):
        receipts = answer.json()["samples"]
        names = [each["clientAssignedId"] for each in receipts]
        assert names == [each["clientAssignedId"] for each in batch]
        for name, receipt in zip(names, receipts, strict=True):
            stored.setdefault(name, set()).add(receipt["id"])
            created += [name] if receipt["status"] == "created" else []
    assert {len(ids) for ids in stored.values()} == {1}
    assert sorted(created) == sorted(stored)
    assert await count_rows(platform) == (len(stored), len(stored))


async def test_parallel_writes_of_many_days_are_all_counted(program: Program, platform: Platform) -> None:
    def create(reverse: bool) -> list[dict[str, Any]]:
        bodies = [create_body(start=f"2023-01-{day:02}T00:00:00Z") for day in range(1, 29)]
        return bodies[::-1] if reverse else bodies

    answers = await asyncio.gather(*(program.write(create(n % 2 == 0)) for n in range(10)))
    assert {answer.status_code for answer in answers} == {200}
    assert await count_rows(platform) == (280, 280)


async def test_the_largest_batch_is_stored_and_one_more_is_refused(
    program: Program, platform: Platform
) -> None:
    bodies = [create_body(value=n) for n in range(10_001)]
    refused = await program.write(bodies)
    assert (refused.status_code, refused.json()["title"]) == (413, "Too large")
    answer = await program.write(bodies[:10_000])
    assert len(answer.json()["samples"]) == 10_000
    assert await count_rows(platform) == (10_000, 10_000)
    page = (await program.read("types=body_mass&take=3&skip=5000")).json()
    # Samples of one instant keep the order in which they were written.
    assert [each["quantityValue"] for each in page["datas"]] == [5000, 5001, 5002]


async def test_a_body_beyond_ten_megabytes_is_refused(program: Program) -> None:
    answer = await program.write(b"[" + b" " * (10 * 2**20) + b"]")
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


async def test_an_empty_batch_is_accepted(program: Program) -> None:
    answer = await program.write([])
    assert (answer.status_code, answer.json()) == (200, {"samples": []})


async def test_a_correlation_needs_the_scopes_of_its_children(program: Program, platform: Platform) -> None:
    assert (await program.narrow(PARENT, *PARTS).write([create_blood_pressure()])).status_code == 200
    for held in ((PARENT, PARTS[0]), PARTS, ("read.blood_pressure",)):
        answer = await program.narrow(*held).write([create_blood_pressure()])
        missing = sorted({PARENT, *PARTS} - set(held))
        assert answer.status_code == 403
        assert answer.headers["www-authenticate"] == (
            f'Bearer error="insufficient_scope", scope="{" ".join(missing)}"'
        )
        assert all(scope in answer.json()["detail"] for scope in missing)
    assert await count_rows(platform) == (3, 1)


async def test_a_batch_with_one_fault_stores_nothing_and_names_it(
    program: Program, platform: Platform
) -> None:
    bad = create_blood_pressure()
    bad["correlationObjects"][0]["quantityValue"] = None
    answer = await program.write([create_body(), create_body(), create_body(), bad])
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(answer.json()) == {
        *("type", "title", "status", "detail", "instance", "errors", "faults", "moreFaults"),
    }
    (fault,) = answer.json()["faults"]
    assert (fault["index"], fault["pointer"]) == (3, "/3/correlationObjects/0/quantityValue")
    assert list(answer.json()["errors"]) == ["[3].correlationObjects[0].quantityValue"]
    assert await count_rows(platform) == (0, 0)


async def test_an_implausible_value_is_stored_with_a_warning(program: Program) -> None:
    pressure = create_blood_pressure(systolic=120, diastolic=10665.79)
    bodies = [create_body(), create_body(value=-3, clientAssignedId="mine"), pressure]
    receipts = (await program.write(bodies)).json()["samples"]
    assert [each["status"] for each in receipts] == ["created"] * 3
    assert "warnings" not in receipts[0]
    (warning,) = receipts[1]["warnings"]
    assert (warning["index"], warning["pointer"]) == (1, "/1/quantityValue")
    assert "kg" in warning["reason"]
    assert [each["pointer"] for each in receipts[2]["warnings"]] == ["/2/correlationObjects/0/quantityValue"]
    corrected = (await program.correct("mine", create_body(value=-4, clientAssignedId=None))).json()
    assert [each["pointer"] for each in corrected["warnings"]] == ["/quantityValue"]
    assert (await program.read("types=body_mass")).json()["totalAvailable"] == 2


async def test_at_most_a_hundred_faults_are_named(program: Program) -> None:
    answer = await program.write([create_body("nothing")] * 150)
    assert len(answer.json()["errors"]) == len(answer.json()["faults"]) == 100
    assert answer.json()["moreFaults"] == 50


async def test_writing_with_a_query_token_is_forbidden(program: Program) -> None:
    answer = await program.write([create_body()], **{"agency-query-token": "x"})
    assert (answer.status_code, answer.json()["status"]) == (403, 403)


async def test_a_token_without_a_person_may_neither_write_nor_read(program: Program) -> None:
    program.token = program.callers.add(has_person=False)
    for answer in (await program.write([create_body()]), await program.read()):
        assert (answer.status_code, answer.json()["title"]) == (403, "Not allowed")


async def test_without_a_token_nothing_is_written_or_read(program: Program) -> None:
    program.token = "unknown"
    for answer in (await program.write(b"no json"), await program.read("take=x")):
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.headers["content-type"] == "application/problem+json"


HUGE = b'[{"type":"height","quantityValue":%s,"dateRange":{"lowerBound":"2023-01-31T08:30:00Z"}}]'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"null",
        b"[null]",
        b"[[]]",
        b"[{}]",
        b'["text"]',
        b"[",
        b'[{"type":"height"},]',
        b"\xff\xfe[]",
        b'[{"type":"\xff"}]',
        b'[{"type":"\\ud800"}]',
        b'[{"device":"\\udc00\\ud800","type":"height"}]',
        b"[" * 200_000,
        b'[{"correlationObjects":' * 200_000,
        b'[{"x":' * 200_000,
        b'[{"X":' + b"[" * 900 + b"]" * 900 + b"}]",
        HUGE % b"NaN",
        HUGE % b"Infinity",
        HUGE % b"1e400",
        HUGE % b"-1e400",
        HUGE % (b"9" * 400),
        HUGE % b'"1"',
        json.dumps([create_body(device="\x00")]).encode(),
        json.dumps([create_body(clientAssignedId="a\x00")]).encode(),
        json.dumps([create_body("sleep_analysis", None, categoryValue="\x00")]).encode(),
        json.dumps([create_body("\x00")]).encode(),
        json.dumps([create_body(start="9999-12-31T23:59:59-14:00")]).encode(),
        json.dumps([create_body(start="0001-01-01T00:00:01+14:00")]).encode(),
    ],
    ids=lambda body: repr(body[:40]),
)
async def test_hostile_bodies_are_the_callers_fault(program: Program, body: bytes) -> None:
    answer = await program.write(body)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"]


async def read_positions(platform: Platform) -> list[tuple[int, int]]:
    """Created and changed position of each row, children included, and the person's own behind them."""
    async with platform.database.connection() as connection:
        rows = await connection.fetch("select created_position, changed_position from sample order by 1, 2")
        own = await connection.fetch("select position, position from sample_position")
        return [tuple(row) for row in (*rows, *own)]


async def test_each_batch_has_the_next_position_of_its_person(program: Program, platform: Platform) -> None:
    await program.write([create_body(), create_blood_pressure()])
    await program.write([create_body()])
    assert await read_positions(platform) == [(1, 1)] * 4 + [(2, 2)] * 2
    await program.become_other().write([create_body()])
    assert (await read_positions(platform)).count((1, 1)) == 6


async def test_parallel_batches_have_positions_without_a_gap(program: Program, platform: Platform) -> None:
    await asyncio.gather(*(program.write([create_body()]) for _ in range(20)))
    assert await read_positions(platform) == [(n, n) for n in range(1, 21)] + [(20, 20)]


async def test_a_refused_batch_leaves_no_position_behind(program: Program, platform: Platform) -> None:
    body = create_body()
    await program.write([body])
    assert (await program.write([create_body(), {**body, "quantityValue": 1}])).status_code == 409
    assert await read_positions(platform) == [(1, 1), (1, 1)]


async def test_dates_come_back_at_the_offset_at_which_they_were_written(program: Program) -> None:
    start, end = "2026-03-29T00:30:00+01:00", "2026-03-29T07:30:00+02:00"
    children = [
        create_body(member, start="2026-03-28T23:00:00-09:30")
        for member in ("blood_pressure_systolic", "blood_pressure_diastolic")
    ]
    bodies = [
        create_body("sleep_analysis", None, categoryValue="asleep", start=start, end=end),
        create_body("blood_pressure", 0, start="2026-03-29T08:00:00Z", correlationObjects=children),
    ]
    await program.write(bodies)
    night, pressure = (await program.read()).json()["datas"]
    assert night["dateRange"] == {"lowerBound": start, "upperBound": end}
    assert pressure["dateRange"]["lowerBound"] == "2026-03-29T08:00:00Z"
    parts = {part["dateRange"]["upperBound"] for part in pressure["correlationObjects"]}
    assert parts == {"2026-03-28T23:00:00-09:30"}


async def test_a_sample_from_before_offsets_were_kept_is_answered_in_utc(
    program: Program, platform: Platform
) -> None:
    await program.write([create_body(start="2026-03-29T00:30:00+01:00")])
    async with platform.database.connection() as connection:
        await connection.execute("update sample set start_offset = null, end_offset = null")
    (stored,) = (await program.read()).json()["datas"]
    assert stored["dateRange"]["lowerBound"] == "2026-03-28T23:30:00Z"


async def test_the_ends_of_time_and_odd_text_are_kept(program: Program) -> None:
    ends = {"lowerBound": "0001-01-01T00:00:00.000001Z", "upperBound": "9999-12-31T23:59:59.9999999Z"}
    body = create_body(dateRange=ends, device="\U0001f44d\u202e'\"\\ \u0001", value=-7.8e28)
    assert (await program.write([body])).status_code == 200
    page = (await program.read("types=body_mass")).json()
    (stored,) = page["datas"]
    assert page["totalAvailable"] == 1
    assert stored["device"] == body["device"]
    assert stored["quantityValue"] == -7.8e28
    assert stored["dateRange"] == {**ends, "upperBound": "9999-12-31T23:59:59.999998Z"}


async def test_a_token_that_ends_while_the_body_is_on_its_way_writes_nothing(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_endpoints, "_SOON", 0.0)
    body = json.dumps([create_body()]).encode()

    async def send() -> AsyncIterator[bytes]:
        yield body[:10]
        program.callers.ended.add(program.token)
        yield body[10:]

    headers = {**program.headers, "Content-Type": "application/json"}
    answer = await program.http.post("/sample/v1", headers=headers, content=send())
    assert answer.status_code == 401
    program.callers.ended.clear()
    assert (await program.read()).json()["totalAvailable"] == 0
