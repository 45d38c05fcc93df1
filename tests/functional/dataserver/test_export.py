"""A person takes all her samples with her."""

import csv
import io
import json
import re
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import pytest

from borvo.assembly import Platform
from borvo.dataserver.export import store, worker
from borvo.dataserver.export.model import ATTEMPTS_MAXIMUM, KEPT_MAXIMUM
from borvo.dataserver.public import clean_up, erase_person
from borvo.kernel.ids import PersonId
from borvo.settings import Settings
from borvo.storage.security_events.log import list_events_of
from tests.factories.samples import Body, create_blood_pressure, create_body
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.dataserver.conftest import Callers, Program
from tests.functional.dataserver.export_process import PART, kill_in_the_middle

PAGE = "/account/export"


@pytest.fixture
async def owner(ada: Browser, platform: Platform, program: Program, callers: Callers) -> Program:  # noqa: ARG001
    """A program that writes Ada's samples."""
    return replace(program, token=callers.add(person_id=await find_ada(platform)))


async def find_ada(platform: Platform) -> PersonId:
    async with platform.database.connection() as connection:
        return PersonId(await connection.fetchval("select id from person order by created_at limit 1"))


async def make(browser: Browser, platform: Platform, format_: str = "json") -> str:
    """The address of the finished download."""
    page = await browser.open(PAGE)
    answer = await browser.submit(page, PAGE, format=format_)
    assert answer.status_code == 200, answer.text
    while await worker.make_next(platform.dataserver):
        pass
    return await find_download(browser)


async def find_download(browser: Browser) -> str:
    page = (await browser.open(PAGE)).text
    return page.split('class="btn btn-primary" href="')[1].split('"')[0]


def list_bodies() -> list[Body]:
    return [
        create_blood_pressure(1, 2),
        create_body(
            "body_mass",
            70.5,
            clientAssignedId="=1+1",
            device='the "big", one',
            start="2026-01-02T10:00:00+02:00",
        ),
        create_body("sleep_analysis", None, categoryValue="asleep"),
    ]


async def list_kinds(platform: Platform) -> list[str]:
    async with platform.database.connection() as connection:
        events = await list_events_of(connection, await find_ada(platform), most=10)
    return [event.kind for event in events if "export" in event.kind or "erased" in event.kind]


async def test_a_person_downloads_all_her_samples_as_json(
    ada: Browser, owner: Program, platform: Platform
) -> None:
    await owner.write(list_bodies())
    answer = await ada.open(await make(ada, platform))
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["content-disposition"] == 'attachment; filename="samples-2026-01-15.json"'
    assert answer.headers["content-length"] == str(len(answer.content))
    datas = (await owner.read("take=1000")).json()["datas"]
    assert sorted(json.loads(answer.text), key=str) == sorted(datas, key=str)
    # Of one moment, so in no order.
    assert sorted(await list_kinds(platform)) == ["export_downloaded", "export_requested"]


async def test_a_person_downloads_all_her_samples_as_csv(
    ada: Browser, owner: Program, platform: Platform
) -> None:
    await owner.write(list_bodies())
    answer = await ada.open(await make(ada, platform, "csv"))
    rows = [*csv.DictReader(io.StringIO(answer.text))]
    assert [row["type"] for row in rows] == [
        "blood_pressure",
        "blood_pressure_systolic",
        "blood_pressure_diastolic",
        "body_mass",
        "sleep_analysis",
    ]
    assert [row["part"] for row in rows] == ["", "1", "2", "", ""]
    assert len({row["id"] for row in rows[:3]}) == 1
    mass = rows[3]
    assert (mass["value"], mass["unit"], mass["start"]) == ("70.5", "kg", "2026-01-02T10:00:00+02:00")
    # What would run in a spreadsheet is text.
    assert (mass["clientAssignedId"], mass["device"]) == ("'=1+1", 'the "big", one')
    assert rows[4]["category"] == "asleep"


@pytest.mark.parametrize("format_", ["json", "csv"])
async def test_nobody_without_samples_gets_a_broken_file(
    ada: Browser, platform: Platform, format_: str
) -> None:
    text = (await ada.open(await make(ada, platform, format_))).text
    assert text.split() == ["[", "]"] if format_ == "json" else text.startswith("id,type,unit")


async def test_a_file_shows_what_was_there_when_it_was_asked_for(
    ada: Browser, owner: Program, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "PART", 3)
    await owner.write([create_body("height", n, clientAssignedId=str(n)) for n in range(9)])
    page = await ada.open(PAGE)
    await ada.submit(page, PAGE, format="json")
    server = platform.dataserver
    async with platform.database.transaction() as connection:
        export = await store.claim_export(connection, platform.clock())
    assert export
    export = await worker.make_part(server, export)
    assert export
    assert "3 of 9 samples" in (await ada.open(PAGE)).text
    await owner.correct("7", create_body("height", 70, clientAssignedId="7"))
    await owner.delete("8")
    await owner.write([create_body("height", 10)])
    # The worker dies, and another goes on; what the first one still does is of no effect.
    clock = platform.clock
    assert isinstance(clock, TestClock)
    assert not await worker.make_next(server)
    clock.advance(minutes=3)
    assert await worker.make_next(server)
    assert await worker.make_part(server, export) is None
    answer = await ada.open(await find_download(ada))
    assert [each["quantityValue"] for each in json.loads(answer.text)] == [*range(9)]


async def test_a_worker_that_is_killed_leaves_nothing_half_done_and_another_ends_it(
    ada: Browser,
    owner: Program,
    platform: Platform,
    settings: Settings,
    clock: TestClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await owner.write([create_body("height", n, clientAssignedId=str(n)) for n in range(10)])
    await ada.submit(await ada.open(PAGE), PAGE, format="json")
    await kill_in_the_middle(settings, platform)
    async with platform.database.connection() as connection:
        row = await connection.fetchrow("select id, parts, written, finished_at from sample_export")
    assert row
    assert (row["parts"], row["written"], row["finished_at"]) == (2, 6, None)
    # What is there is not offered, nor found by whoever knows its address.
    assert "samples" not in [link.rpartition("/")[2] for link in find_links(await ada.open(PAGE))]
    assert (await ada.open(f"{PAGE}/{row['id']}/samples")).status_code == 404
    assert not await worker.make_next(platform.dataserver)
    clock.advance(minutes=3)
    monkeypatch.setattr(worker, "PART", PART)
    assert await worker.make_next(platform.dataserver)
    answer = await ada.open(await find_download(ada))
    assert answer.headers["content-length"] == str(len(answer.content))
    assert [each["quantityValue"] for each in json.loads(answer.text)] == [*range(10)]
    assert await count_rows(platform, "sample_export_part") == 4


def find_links(page: httpx.Response) -> list[str]:
    return re.findall(r'href="([^"]*)"', page.text)


async def test_an_export_that_ends_every_worker_is_given_up(
    ada: Browser, platform: Platform, clock: TestClock
) -> None:
    await ada.submit(await ada.open(PAGE), PAGE, format="json")
    for _ in range(ATTEMPTS_MAXIMUM):
        async with platform.database.transaction() as connection:
            assert await store.claim_export(connection, clock())
        clock.advance(minutes=3)
    assert await worker.make_next(platform.dataserver)
    assert not await worker.make_next(platform.dataserver)
    await ada.sign_in("ada@example.org")
    assert "could not be made" in (await ada.open(PAGE)).text


async def test_a_download_is_for_its_owner_who_has_just_signed_in(
    ada: Browser, owner: Program, platform: Platform, clock: TestClock, http: Any
) -> None:
    await owner.write(list_bodies())
    address = await make(ada, platform)
    assert (await http.get(address)).headers["location"].startswith("/account/sign-in")
    stranger = Browser(http)
    await stranger.sign_up("eve@example.org")
    assert (await stranger.open(address)).status_code == 404
    clock.advance(minutes=16)
    answer = await ada.open(address)
    assert "Sign in" in answer.text
    assert "return_to=%2Faccount%2Fexport" in str(answer.url)
    await ada.sign_in("ada@example.org")
    assert json.loads((await ada.open(address)).text)


@pytest.mark.parametrize("id_", ["x", str(UUID(int=0)), str(UUID(int=7))])
async def test_an_unknown_export_is_not_found(ada: Browser, id_: str) -> None:
    assert (await ada.open(f"{PAGE}/{id_}/samples")).status_code == 404


async def test_one_export_is_made_at_a_time_and_a_few_are_kept(ada: Browser, platform: Platform) -> None:
    page = await ada.open(PAGE)
    await ada.submit(page, PAGE, format="json")
    waiting = await ada.open(PAGE)
    assert waiting.headers["refresh"] == f"5; url={PAGE}"
    refused = await ada.submit(page, PAGE, format="json")
    assert (refused.status_code, "already" in refused.text) == (409, True)
    await worker.make_next(platform.dataserver)
    assert "refresh" not in (await ada.open(PAGE)).headers
    for _ in range(KEPT_MAXIMUM - 1):
        await make(ada, platform)
    refused = await ada.submit(page, PAGE, format="json")
    assert (refused.status_code, "Delete one" in refused.text) == (409, True)
    id_ = (await find_download(ada)).split("/")[3]
    page = await ada.open(PAGE)
    await ada.submit(page, f"{PAGE}/delete", export=id_)
    assert (await ada.open(f"{PAGE}/{id_}/samples")).status_code == 404
    await ada.submit(page, f"{PAGE}/delete", export="x")
    await ada.submit(page, PAGE, format="pdf")


async def count_rows(platform: Platform, *tables: str) -> int:
    async with platform.database.connection() as connection:
        return sum([await connection.fetchval(f"select count(*) from {table}") for table in tables])


async def test_an_export_expires_and_is_erased(ada: Browser, platform: Platform, clock: TestClock) -> None:
    address = await make(ada, platform)
    clock.advance(days=7)
    await ada.sign_in("ada@example.org")
    assert (await ada.open(address)).status_code == 404
    await clean_up(platform.dataserver)
    assert await count_rows(platform, "sample_export", "sample_export_part") == 0


async def test_everything_of_a_person_is_erased_at_once_and_that_is_written_down(
    ada: Browser, owner: Program, program: Program, platform: Platform
) -> None:
    await program.write([create_body("height", 1, clientAssignedId="other")])
    await owner.write([*list_bodies(), create_body("height", 1, clientAssignedId="h")])
    await owner.correct("h", create_body("height", 2, clientAssignedId="h"))
    await owner.delete("h")
    await owner.http.post("/query/v1?types=body_mass", headers=owner.headers)
    await program.http.post("/query/v1?types=height", headers=program.headers)
    await make(ada, platform)
    person_id = await find_ada(platform)
    async with platform.database.transaction() as connection:
        await erase_person(platform.dataserver, connection, person_id, actor="support command")
    tables = (
        "sample",
        "sample_past",
        "sample_count",
        "sample_snapshot",
        "sample_export",
        "sample_export_part",
    )
    async with platform.database.connection() as connection:
        for table in tables:
            assert not await connection.fetch(f"select from {table} where person_id = $1", person_id), table
        (event,) = [
            each
            for each in await list_events_of(connection, person_id, most=10)
            if each.kind == "samples_erased"
        ]
    assert (event.actor, event.detail) == ("support command", {"samples": 3, "snapshots": 1, "exports": 1})
    # Nobody else's is touched.
    assert await count_rows(platform, "sample", "sample_snapshot") == 2
