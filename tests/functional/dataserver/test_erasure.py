"""Erasing a person's samples while others write, ask and export: nothing of what came too late is left."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest

from borvo.assembly import Platform
from borvo.dataserver.export import store as exports
from borvo.dataserver.export import worker
from borvo.dataserver.public import erase_person
from borvo.dataserver.snapshots import store as snapshots
from borvo.kernel.ids import PersonId
from borvo.storage.database import Connection
from tests.factories.samples import Body, create_body
from tests.functional.browser import Browser
from tests.functional.dataserver.conftest import Program
from tests.functional.dataserver.test_export import PAGE, find_ada, owner
from tests.functional.locks import wait_until_blocked

__all__ = ["owner"]

TABLES = (
    "sample",
    "sample_past",
    "sample_count",
    "sample_snapshot",
    "sample_export",
    "sample_export_part",
)


def name(id_: str, value: float = 1) -> Body:
    return create_body("body_mass", value, clientAssignedId=id_)


async def count_left(platform: Platform) -> int:
    async with platform.database.connection() as connection:
        return sum([await connection.fetchval(f"select count(*) from {table}") for table in TABLES])


async def erase(platform: Platform, connection: Connection, *, is_closing: bool = False) -> PersonId:
    person_id = await find_ada(platform)
    await erase_person(platform.dataserver, connection, person_id)
    if is_closing:
        await connection.execute("update person set closed_at = now() where id = $1", person_id)
    return person_id


async def begin_erasing(platform: Platform) -> "asyncio.Task[None]":
    """It waits for what is under way."""

    async def work() -> None:
        async with platform.database.transaction() as connection:
            await erase(platform, connection)

    erasing = asyncio.create_task(work())
    await wait_until_blocked(platform)
    return erasing


@pytest.mark.parametrize(("is_closing", "status"), [(True, 401), (False, 409)])
async def test_what_is_being_written_meanwhile_is_refused(
    owner: Program, platform: Platform, is_closing: bool, status: int
) -> None:
    await owner.write([name("old")])
    bodies: list[Any] = [[name("new")], [name("old")], [name("a"), create_body("height", 1), name("b")]]
    async with platform.database.transaction() as connection:
        await erase(platform, connection, is_closing=is_closing)
        writing = [asyncio.create_task(owner.write(body)) for body in bodies]
        others = [
            asyncio.create_task(owner.correct("old", name("old", 2))),
            asyncio.create_task(owner.delete("old")),
        ]
        await wait_until_blocked(platform, 5)
    assert [(await each).status_code for each in writing] == [status] * 3
    assert [(await each).status_code for each in others] == [404, 404]
    assert await count_left(platform) == 0


async def test_who_was_let_in_before_and_writes_after_finds_the_account_closed(
    owner: Program, platform: Platform
) -> None:
    await owner.write([name("old")])
    async with platform.database.transaction() as connection:
        person_id = await erase(platform, connection, is_closing=True)
    for body in ([name("new")], [name("a"), name("b")]):
        answer = await owner.write(body)
        assert (answer.status_code, "invalid_token" in answer.headers["www-authenticate"]) == (401, True)
    assert await count_left(platform) == 0
    # If she is still there, she begins anew.
    await platform.database.pool.execute("update person set closed_at = null where id = $1", person_id)
    assert (await owner.write([name("old")])).json()["samples"][0]["status"] == "created"
    assert (await owner.write([name("new")])).status_code == 200
    assert (await owner.read("types=body_mass")).json()["totalAvailable"] == 2


async def test_a_copy_from_before_is_void_however_much_is_written_after(
    owner: Program, platform: Platform
) -> None:
    await owner.write([name("old"), name("older")])
    first = (await owner.http.get("/sample/v1/changes?take=1", headers=owner.headers)).json()
    second = (await owner.http.get("/sample/v1/changes", headers=owner.headers)).json()
    async with platform.database.transaction() as connection:
        await erase(platform, connection)
    for number in range(5):
        assert (await owner.write([name(f"new {number}")])).status_code == 200
    for token in (first["next"], second["next"]):
        answer = await owner.http.get(f"/sample/v1/changes?since={token}", headers=owner.headers)
        assert answer.status_code == 410
    anew = (await owner.http.get("/sample/v1/changes", headers=owner.headers)).json()
    assert len(anew["added"]) == 5
    assert (await owner.read("types=body_mass")).json()["totalAvailable"] == 5


@pytest.mark.parametrize("way", ["erase", "delete"])
async def test_a_part_that_is_being_stored_goes_with_its_export(
    ada: Browser, owner: Program, platform: Platform, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    await owner.write([name(str(number)) for number in range(5)])
    await ada.submit(await ada.open(PAGE), PAGE, format="json")
    add_part, begun, ended = exports.add_part, asyncio.Event(), asyncio.Event()

    async def add_slowly(connection: Connection, *arguments: Any) -> bool:
        async with connection.transaction():
            is_kept = await add_part(connection, *arguments)
            begun.set()
            await ended.wait()
        return is_kept

    monkeypatch.setattr(worker, "PART", 2)
    monkeypatch.setattr(exports, "add_part", add_slowly)
    making = asyncio.create_task(worker.make_next(platform.dataserver))
    await begun.wait()
    export_id = await platform.database.pool.fetchval("select id from sample_export")
    removing: Awaitable[Any]
    if way == "erase":
        removing = await begin_erasing(platform)
    else:
        page = await ada.open(PAGE)
        removing = asyncio.create_task(ada.submit(page, f"{PAGE}/delete", export=str(export_id)))
        await wait_until_blocked(platform)
    ended.set()
    await removing
    await making
    assert await platform.database.pool.fetchval("select count(*) from sample_export_part") == 0
    assert await platform.database.pool.fetchval("select count(*) from sample_export") == 0


async def test_results_and_exports_that_are_being_asked_for_are_waited_for(
    ada: Browser, owner: Program, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    await owner.write([name("old")])
    begun, ended = asyncio.Event(), asyncio.Event()
    insert_snapshot, insert_export = snapshots.insert_snapshot, exports.insert_export

    async def make_slowly(*arguments: Any) -> None:
        await insert_snapshot(*arguments)
        begun.set()
        await ended.wait()

    async def ask_slowly(*arguments: Any) -> None:
        await insert_export(*arguments)
        begun.set()
        await ended.wait()

    page = await ada.open(PAGE)
    monkeypatch.setattr(snapshots, "insert_snapshot", make_slowly)
    monkeypatch.setattr(exports, "insert_export", ask_slowly)
    for is_export in (False, True):
        begun.clear()
        ended.clear()
        asking = asyncio.create_task(
            ada.submit(page, PAGE, format="json")
            if is_export
            else owner.http.post("/query/v1?types=body_mass", headers=owner.headers)
        )
        await begun.wait()
        erasing = await begin_erasing(platform)
        ended.set()
        await asyncio.gather(asking, erasing)
        assert await count_left(platform) == 0
