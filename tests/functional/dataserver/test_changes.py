"""Keeping a copy in step: each change is told once, whoever writes meanwhile."""

import asyncio
from typing import Any
from urllib.parse import urlencode

import pytest

from borvo.assembly import Platform
from tests.factories.samples import Body, create_blood_pressure, create_body
from tests.functional.conftest import TestClock
from tests.functional.dataserver.conftest import Program

CHANGES = "/sample/v1/changes"
READ = "read.blood_pressure"
PARTS = (f"{READ}.blood_pressure_systolic", f"{READ}.blood_pressure_diastolic")


async def ask(program: Program, since: str | None = None, **query: Any) -> dict[str, Any]:
    given = {**({"since": since} if since else {}), **query}
    answer = await program.http.get(CHANGES, params=given, headers=program.headers)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


async def refuse(program: Program, status: int, **query: Any) -> dict[str, Any]:
    answer = await program.http.get(f"{CHANGES}?{urlencode(query)}", headers=program.headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    return problem


class Copy:
    """What a client that keeps a copy holds, by id. It stumbles over whatever does not fit."""

    def __init__(self, program: Program, take: int = 1000, **query: str) -> None:
        self.program = program
        self.take = take
        self.query = query
        self.token: str | None = None
        self.samples: dict[str, dict[str, Any]] = {}

    async def follow(self) -> None:
        """One round, to its end."""
        told: set[str] = set()
        while True:
            page = await ask(self.program, self.token, take=self.take, **self.query)
            for each in (*page["added"], *page["changed"], *page["deleted"]):
                assert each["id"] not in told, "a sample was told of twice in one round"
                told.add(each["id"])
            self._apply(page)
            self.token = page["next"]
            if not page["hasMore"]:
                return

    def _apply(self, page: dict[str, Any]) -> None:
        for each in page["added"]:
            assert each["id"] not in self.samples, "added although it was there"
            self.samples[each["id"]] = each
        for each in page["changed"]:
            assert each["id"] in self.samples, "changed although it was not there"
            self.samples[each["id"]] = each
        for each in page["deleted"]:
            assert self.samples.pop(each["id"])["clientAssignedId"] == each["clientAssignedId"]

    @property
    def values(self) -> dict[str, float]:
        return {each["clientAssignedId"]: each["quantityValue"] for each in self.samples.values()}


def name(id_: str, value: float, **members: Any) -> Body:
    return create_body("body_mass", value, clientAssignedId=id_, **members)


async def read_everything(program: Program) -> dict[str, float]:
    datas = (await program.read("types=body_mass&take=1000")).json()["datas"]
    return {each["clientAssignedId"]: each["quantityValue"] for each in datas}


async def test_additions_changes_and_deletions_are_told_once(program: Program) -> None:
    await program.write([name("a", 1), name("b", 2), name("c", 3)])
    first = await ask(program)
    assert [each["clientAssignedId"] for each in first["added"]] == ["a", "b", "c"]
    assert (first["changed"], first["deleted"], first["hasMore"]) == ([], [], False)

    await program.correct("a", name("a", 10))
    await program.delete("b")
    await program.write([name("d", 4)])
    second = await ask(program, first["next"])
    assert [(each["clientAssignedId"], each["quantityValue"]) for each in second["added"]] == [("d", 4)]
    assert [(each["id"], each["quantityValue"]) for each in second["changed"]] == [
        (first["added"][0]["id"], 10)
    ]
    assert second["deleted"] == [
        {"id": first["added"][1]["id"], "type": "body_mass", "clientAssignedId": "b"}
    ]

    third = await ask(program, second["next"])
    assert (third["added"], third["changed"], third["deleted"]) == ([], [], [])
    # Asked again, as after an answer that was lost, the same is told.
    again = await ask(program, first["next"])
    assert {key: again[key] for key in ("added", "changed", "deleted")} == {
        key: second[key] for key in ("added", "changed", "deleted")
    }


async def test_what_came_and_went_between_is_not_told(program: Program) -> None:
    token = (await ask(program))["next"]
    await program.write([name("a", 1), name("b", 1)])
    await program.correct("b", name("b", 2))
    await program.correct("b", name("b", 3))
    await program.delete("a")
    page = await ask(program, token)
    assert [each["quantityValue"] for each in page["added"]] == [3]
    assert (page["changed"], page["deleted"]) == ([], [])


async def test_a_sample_of_another_type_leaves_one_copy_and_enters_another(program: Program) -> None:
    await program.write([name("a", 1), name("b", 1)])
    mass, height = Copy(program, types="body_mass"), Copy(program, types="height")
    for copy in (mass, height):
        await copy.follow()
    await program.correct("a", create_body("height", 1.8, clientAssignedId="a"))
    for copy in (mass, height):
        await copy.follow()
    assert (mass.values, height.values) == ({"b": 1}, {"a": 1.8})


async def test_pages_of_one_round_show_one_state(program: Program) -> None:
    await program.write([name(str(n), n) for n in range(10)])
    page = await ask(program, take=3)
    seen = [each["clientAssignedId"] for each in page["added"]]
    # Written while the client pages: what it has had, what it has not had yet, and something new.
    await program.correct(seen[0], name(seen[0], 100))
    await program.correct("9", name("9", 900))
    await program.delete("8")
    await program.write([name("new", 1)])
    told = {each["clientAssignedId"]: each["quantityValue"] for each in page["added"]}
    while page["hasMore"]:
        page = await ask(program, page["next"], take=3)
        assert (page["changed"], page["deleted"]) == ([], [])
        told |= {each["clientAssignedId"]: each["quantityValue"] for each in page["added"]}
    assert told == {str(n): n for n in range(10)}
    after = await ask(program, page["next"])
    assert {each["clientAssignedId"] for each in after["changed"]} == {seen[0], "9"}
    assert [each["clientAssignedId"] for each in after["deleted"]] == ["8"]
    assert [each["clientAssignedId"] for each in after["added"]] == ["new"]


async def test_one_may_begin_now(program: Program) -> None:
    await program.write([name("a", 1)])
    page = await ask(program, "now")
    assert (page["added"], page["hasMore"]) == ([], False)
    await program.write([name("b", 2)])
    assert [each["clientAssignedId"] for each in (await ask(program, page["next"]))["added"]] == ["b"]


async def test_correlations_come_with_their_parts_as_they_were(program: Program) -> None:
    body = create_blood_pressure(1, 2)
    await program.write([body, name("a", 1)])
    page = await ask(program, take=1)
    changed = {**create_blood_pressure(3, 4), "clientAssignedId": body["clientAssignedId"]}
    assert (await program.correct(body["clientAssignedId"], changed)).status_code == 200
    parts = [child["quantityValue"] for child in page["added"][0]["correlationObjects"]]
    rest = await ask(program, page["next"])
    if not parts:
        parts = [child["quantityValue"] for child in rest["added"][0]["correlationObjects"]]
    assert parts == [1, 2]
    after = await ask(program, rest["next"])
    assert [child["quantityValue"] for child in after["changed"][0]["correlationObjects"]] == [3, 4]


async def test_a_named_correlation_is_never_told_in_part(program: Program) -> None:
    await program.write([create_blood_pressure()])
    reader = program.narrow(READ, PARTS[0])
    problem = await refuse(reader, 403, types="blood_pressure")
    assert PARTS[1] in problem["detail"]
    # Without naming it, one that may not be readable as a whole is left out.
    assert (await ask(program.narrow(READ, "read.body_mass")))["added"] == []
    assert len((await ask(program.narrow(READ, *PARTS)))["added"]) == 1


async def test_a_token_serves_its_person_and_client_only(program: Program) -> None:
    await program.write([name("a", 1)])
    token = (await ask(program))["next"]
    foreign = [
        await refuse(caller, 400, since=token)
        for caller in (program.become_other(), program.become_other(client=True))
    ]
    made_up = [
        await refuse(program, 400, since=each) for each in ("x", token[:-2], "A" * 2000, "§", token + "A")
    ]
    assert len({str(problem["errors"]) for problem in (*foreign, *made_up)}) == 1
    assert (await ask(program, token))["added"] == []


async def test_a_scope_that_was_lost_ends_the_telling(program: Program) -> None:
    await program.write([name("a", 1)])
    token = (await ask(program, types="body_mass,height"))["next"]
    problem = await refuse(program.narrow("read.body_mass"), 403, since=token)
    assert "read.height" in problem["detail"]
    assert "types" in (await refuse(program, 400, since=token, types="height"))["errors"]
    assert (await ask(program, token, types="height,body_mass"))["added"] == []
    program.callers.ended.add(program.caller.token_id)
    await refuse(program, 401, since=token)
    await refuse(program, 401)
    await refuse(program, 401, since="x")
    assert (await program.http.get(CHANGES)).status_code == 401


async def test_an_old_token_is_gone(program: Program, clock: TestClock) -> None:
    await program.write([name("a", 1), name("b", 1)])
    token = (await ask(program))["next"]
    midway = (await ask(program, take=1))["next"]
    clock.advance(days=88)
    fresh = (await ask(program, token))["next"]
    assert len((await ask(program, midway))["added"]) == 1
    clock.advance(days=2)
    for each in (token, midway):
        assert "begin anew" in (await refuse(program, 410, since=each))["detail"]
    assert (await ask(program, fresh))["added"] == []


async def test_nothing_is_told_by_a_token_from_before_everything_was_erased(
    program: Program, platform: Platform
) -> None:
    await program.write([name("a", 1)])
    token = (await ask(program))["next"]
    async with platform.database.connection() as connection:
        for table in ("sample", "sample_past", "sample_count", "sample_position"):
            await connection.execute(f"delete from {table}")
    await refuse(program, 410, since=token)


@pytest.mark.parametrize("query", [{"types": "Height"}, {"take": "0"}, {"take": "x"}])
async def test_a_wrong_parameter_is_named(program: Program, query: dict[str, str]) -> None:
    assert [*(await refuse(program, 400, **query))["errors"]] == [*query]


async def test_a_reader_among_writers_misses_nothing_and_is_told_nothing_twice(program: Program) -> None:
    """Five writers add, correct and delete; three copies, by pages of several sizes, follow all the while."""
    copies = [Copy(program, take) for take in (1, 7, 1000)]
    is_over = asyncio.Event()

    async def write(writer: int) -> None:
        names = [f"{writer}-{n}" for n in range(8)]
        for turn in range(4):
            bodies = [name(each, turn * 100 + n, version=turn + 1) for n, each in enumerate(names)]
            await program.write(bodies[turn:])
            await program.correct(names[turn], name(names[turn], 1000 + turn))
            await program.delete(names[7 - turn])

    async def follow(copy: Copy) -> None:
        while not is_over.is_set():
            await copy.follow()

    following = [asyncio.create_task(follow(copy)) for copy in copies]
    await asyncio.gather(*(write(writer) for writer in range(5)))
    is_over.set()
    await asyncio.gather(*following)
    expected = await read_everything(program)
    assert expected
    for copy in copies:
        await copy.follow()
        assert copy.values == expected
