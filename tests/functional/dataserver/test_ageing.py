"""What samples were lies in parts by time, and goes away by parts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import pyrage
import pytest
from litestar import Litestar
from sqlalchemy import make_url

from borvo.assembly import Platform
from borvo.assembly.upkeep import build_lifespan
from borvo.dataserver.ageing import service as ageing
from borvo.dataserver.ageing import store
from borvo.dataserver.ageing.model import DEFAULT_PART, Part
from borvo.dataserver.public import age_past, erase_person
from borvo.storage.backup import create_identity, dump_database, load_database, read_recipient
from borvo.storage.database import Connection, Database
from tests.databases import execute, replace_database
from tests.functional.conftest import TestClock
from tests.functional.dataserver import test_changes as changes
from tests.functional.dataserver.conftest import Program
from tests.functional.dataserver.two_steps import ask, fetch_values, name
from tests.functional.locks import wait_until_blocked

_TRIES = 6000


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is, a change of the table gets its turn."""
    monkeypatch.setattr(ageing, "_WAIT", "60s")


async def list_parts(platform: Platform) -> list[Part]:
    async with platform.database.connection() as connection:
        return await store.list_parts(connection)


async def find_rows(platform: Platform) -> dict[str, str]:
    """In which part the tombstone of each sample lies."""
    async with platform.database.connection() as connection:
        rows = await connection.fetch("select client_assigned_id, tableoid::regclass::text from sample_past")
    return dict(map(tuple, rows))


async def pass_days(platform: Platform, clock: TestClock, days: int) -> None:
    """With a round of the job each day."""
    for _ in range(days):
        clock.advance(days=1)
        await age_past(platform.dataserver)


async def delete_in_turn(program: Program, platform: Platform, clock: TestClock, *pauses: int) -> None:
    """Samples `0`, `1` and so on, each so many days after the one before."""
    await program.write([name(str(number), number) for number, _ in enumerate(pauses)])
    for number, days in enumerate(pauses):
        await pass_days(platform, clock, days)
        assert (await program.delete(str(number))).status_code == 204


async def test_a_worker_makes_a_part_when_it_starts(platform: Platform) -> None:
    async with build_lifespan(platform)(Litestar([])):
        for _ in range(_TRIES):
            if await list_parts(platform):
                return
            await asyncio.sleep(0.01)
    raise AssertionError("nobody made a part")


async def test_old_parts_go_as_a_whole_and_what_is_younger_stays(
    program: Program, platform: Platform, clock: TestClock
) -> None:
    await age_past(platform.dataserver)
    (first,) = await list_parts(platform)
    await delete_in_turn(program, platform, clock, 0, 5, 40)
    lying = await find_rows(platform)
    assert (lying["0"], lying["1"]) == (DEFAULT_PART, first.name)
    assert lying["2"] not in {DEFAULT_PART, first.name}
    clock.now = first.end + platform.dataserver.retention.past - timedelta(seconds=1)
    await age_past(platform.dataserver)
    assert set(await find_rows(platform)) == {"1", "2"}
    clock.advance(seconds=1)
    await age_past(platform.dataserver)
    assert set(await find_rows(platform)) == {"2"}
    assert first not in await list_parts(platform)


async def test_a_write_for_which_there_is_no_part_is_kept_and_goes_in_time(
    program: Program, platform: Platform, clock: TestClock
) -> None:
    await age_past(platform.dataserver)
    # Nobody does the job.
    clock.advance(days=200)
    await delete_in_turn(program, platform, clock, 0)
    assert await find_rows(platform) == {"0": DEFAULT_PART}
    assert (await program.write([name("0", 1)])).json()["samples"][0]["status"] == "deleted"
    await pass_days(platform, clock, 89)
    assert await find_rows(platform) == {"0": DEFAULT_PART}
    await pass_days(platform, clock, 2)
    assert await find_rows(platform) == {}


async def test_rows_where_a_part_should_be_leave_it_out_until_later(
    program: Program, platform: Platform, clock: TestClock
) -> None:
    """A worker's clock was weeks ahead."""
    clock.advance(days=10)
    await delete_in_turn(program, platform, clock, 0)
    clock.advance(days=-10)
    await age_past(platform.dataserver)
    assert (await list_parts(platform), await find_rows(platform)) == ([], {"0": DEFAULT_PART})
    await pass_days(platform, clock, 9)
    (part,) = await list_parts(platform)
    assert part.start > clock()


async def test_workers_that_make_and_drop_parts_at_once_do_it_once(
    platform: Platform, clock: TestClock
) -> None:
    for days in (0, 31, 200):
        clock.advance(days=days)
        await asyncio.gather(*(age_past(platform.dataserver) for _ in range(6)))
        parts = await list_parts(platform)
        # Whoever comes later finds nothing to do.
        await age_past(platform.dataserver)
        assert await list_parts(platform) == parts
        assert [part.end > clock() for part in parts][-1]


@asynccontextmanager
async def read_for_long(platform: Platform) -> AsyncIterator[Connection]:
    """A transaction that has read and goes on, as a backup does."""
    async with (
        platform.database.connection() as connection,
        connection.transaction(isolation="repeatable_read"),
    ):
        await connection.fetch("select from sample_past")
        yield connection


async def test_a_reader_keeps_its_parts_and_nobody_waits_behind_the_change(
    program: Program, platform: Platform, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await age_past(platform.dataserver)
    await delete_in_turn(program, platform, clock, 5, 1)
    before = await list_parts(platform)
    clock.advance(days=200)
    async with read_for_long(platform) as connection:
        monkeypatch.setattr(ageing, "_WAIT", "1ms")
        # The job waits for the reader, and gives up: whoever came behind it goes on.
        await age_past(platform.dataserver)
        assert await list_parts(platform) == before
        monkeypatch.setattr(ageing, "_WAIT", "60s")
        changing = asyncio.create_task(age_past(platform.dataserver))
        await wait_until_blocked(platform)
        assert await connection.fetchval("select count(*) from sample_past") == 2
    await changing
    assert await find_rows(platform) == {}
    assert not {*before} & {*await list_parts(platform)}


async def test_results_and_bookmarks_read_over_all_parts_while_old_ones_go(
    program: Program, platform: Platform, clock: TestClock
) -> None:
    await age_past(platform.dataserver)
    await delete_in_turn(program, platform, clock, 3)
    await program.write([name(letter, number) for number, letter in enumerate("abc")])
    clock.advance(days=60)
    copy = changes.Copy(program)
    await copy.follow()
    key = (await ask(program))["Key"]
    for letter in "abc":
        await pass_days(platform, clock, 9)
        await program.correct(letter, name(letter, 10))
        await program.delete(letter)
    assert "0" in await find_rows(platform)
    clock.advance(days=1)
    oldest = min(part.end for part in await list_parts(platform))
    assert await fetch_values(program, key) == [0, 1, 2]
    clock.now = max(clock(), oldest + timedelta(days=90)) - timedelta(hours=1)
    midway = await changes.ask(program, copy.token, take=1)
    clock.advance(hours=2)
    await age_past(platform.dataserver)
    assert "0" not in await find_rows(platform)
    rest = await changes.ask(program, midway["next"])
    told = [each["clientAssignedId"] for each in (*midway["deleted"], *rest["deleted"])]
    assert told == [*"abc"]


async def test_erasing_a_person_reaches_every_part(
    program: Program, platform: Platform, clock: TestClock
) -> None:
    other = program.become_other()
    await age_past(platform.dataserver)
    await delete_in_turn(program, platform, clock, 0, 5, 40)
    await delete_in_turn(other, platform, clock, 1)
    person_id = program.caller.person_id
    assert person_id
    async with platform.database.transaction() as connection:
        await erase_person(platform.dataserver, connection, person_id)
        assert await connection.fetch("select person_id from sample_past") == [(other.caller.person_id,)]


async def test_a_backup_brings_the_parts_back_with_their_rows(
    program: Program,
    platform: Platform,
    clock: TestClock,
    server_url: str,
    database_url: str,
    tmp_path: Path,
) -> None:
    await age_past(platform.dataserver)
    await delete_in_turn(program, platform, clock, 0, 5, 40)
    secret, recipient = create_identity()
    dump_database(database_url, tmp_path / "backup", [read_recipient(recipient)])
    twin = f"restored_{uuid4().hex}"
    url = replace_database(server_url, twin)
    await execute(server_url, f'create database "{twin}"')
    try:
        load_database(url, tmp_path / "backup", pyrage.x25519.Identity.from_str(secret))
        connection = await asyncpg.connect(url)
        assert await store.list_parts(connection) == await list_parts(platform)
        rows = await connection.fetch("select client_assigned_id, tableoid::regclass::text from sample_past")
        assert dict(map(tuple, rows)) == await find_rows(platform)
        await connection.close()
    finally:
        await execute(server_url, f'drop database "{twin}" with (force)')


@asynccontextmanager
async def become_guest(platform: Platform, settings_url: str) -> AsyncIterator[Database]:
    """The database as a role that may use all tables and owns none."""
    role = f"guest_{uuid4().hex}"
    url = make_url(settings_url).set(username=role, password=role).render_as_string(hide_password=False)
    database = Database(url, size=2)
    await platform.database.pool.execute(f"create role {role} login password '{role}'")
    try:
        await platform.database.pool.execute(f"grant select, delete on sample_past to {role}")
        await database.open()
        yield database
    finally:
        await database.close()
        await platform.database.pool.execute(f"drop owned by {role}; drop role {role}")


async def test_a_role_that_does_not_own_the_tables_deletes_by_row(
    program: Program, platform: Platform, clock: TestClock, database_url: str
) -> None:
    await age_past(platform.dataserver)
    await delete_in_turn(program, platform, clock, 0, 5, 90)
    parts = await list_parts(platform)
    clock.advance(days=40)
    async with become_guest(platform, database_url) as database:
        await age_past(replace(platform.dataserver, database=database))
    assert set(await find_rows(platform)) == {"2"}
    assert await list_parts(platform) == parts


async def test_parts_are_made_also_where_deleting_rows_takes_too_long(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def time_out(*_: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(store, "delete_stray", time_out)
    await age_past(platform.dataserver)
    assert await list_parts(platform)
