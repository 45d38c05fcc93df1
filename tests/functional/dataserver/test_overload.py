"""More than can be done at once is refused in words, and what was begun is done."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from borvo.assembly import Platform
from borvo.dataserver import intake
from borvo.dataserver.intake import Intake
from borvo.dataserver.preparation import Preparation
from borvo.storage import waiting_line
from tests.factories.samples import create_body
from tests.functional.application import build_app_for
from tests.functional.conftest import ISSUER
from tests.functional.dataserver.conftest import Callers, Program
from tests.functional.locks import wait_until_blocked

ROOM = 600_000


def check_refused(answer: httpx.Response) -> None:
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.fixture
async def narrow(platform: Platform, callers: Callers) -> AsyncIterator[Program]:
    """With room for two large bodies, and one place to work on them."""
    server = replace(platform.dataserver, verify=callers.verify, intake=Intake(room=ROOM, places=1))
    app = build_app_for(replace(platform, dataserver=server), part="callers")
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=ISSUER) as client:
        yield Program(client, callers, callers.add())


def create_large() -> bytes:
    return json.dumps([create_body(device="x" * 900) for _ in range(250)]).encode()


async def test_a_large_body_is_read_beside_the_event_loop(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[int] = []

    def watch(preparation: Preparation) -> None:
        threads.append(threading.get_ident())
        original(preparation)

    original = Preparation.begin
    monkeypatch.setattr(Preparation, "begin", watch)
    for body in (json.dumps([create_body()]).encode(), create_large()):
        assert (await program.write(body)).status_code == 200
    small, large = threads
    assert small == threading.get_ident() != large


async def test_large_bodies_beyond_the_room_are_refused_and_the_others_stored(
    narrow: Program, platform: Platform
) -> None:
    bodies = [create_large() for _ in range(4)]
    assert 256_000 < len(bodies[0]) < ROOM / 2
    async with platform.database.transaction() as connection:
        # All writers of the person wait while this one has the turn.
        await connection.execute(
            "insert into sample_position (person_id, position) values ($1, 1)", narrow.caller.person_id
        )
        under_way = [asyncio.create_task(narrow.write(body)) for body in bodies[:2]]
        await wait_until_blocked(platform)
        for body in bodies[2:]:
            check_refused(await narrow.write(body))
        # Of another person, a small one still finds room.
        assert (await narrow.become_other().write([create_body()])).status_code == 200
    assert [answer.status_code for answer in await asyncio.gather(*under_way)] == [200, 200]
    assert (await narrow.read("types=body_mass&take=1")).json()["totalAvailable"] == 500
    # What was refused is taken when it is sent again.
    assert (await narrow.write(bodies[2])).status_code == 200


async def test_a_large_body_whose_turn_does_not_come_is_refused(
    narrow: Program, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "_PATIENCE", 0.05)
    async with platform.database.transaction() as connection:
        await connection.execute(
            "insert into sample_position (person_id, position) values ($1, 1)", narrow.caller.person_id
        )
        first = asyncio.create_task(narrow.write(create_large()))
        await wait_until_blocked(platform)
        check_refused(await narrow.write(create_large()))
    monkeypatch.undo()
    assert (await first).status_code == 200
    # Its place and its room are free again.
    assert (await narrow.write(create_large())).status_code == 200


async def test_room_is_given_back_by_what_is_refused(narrow: Program) -> None:
    for _ in range(5):
        assert (await narrow.write(b"[" + b" " * 300_000)).status_code == 400
        assert (await narrow.correct("nothing", b" " * 300_000)).status_code == 400
    assert (await narrow.write(create_large())).status_code == 200


async def test_a_body_that_never_ends_is_given_up(narrow: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "_READ_WITHIN", 0.05)

    async def trickle() -> AsyncIterator[bytes]:
        yield b"["
        await asyncio.sleep(30)

    headers = {**narrow.headers, "Content-Length": "100"}
    answer = await narrow.http.post("/sample/v1", headers=headers, content=trickle())
    assert (answer.status_code, answer.headers["content-type"]) == (408, "application/problem+json")
    monkeypatch.undo()
    assert (await narrow.write(create_large())).status_code == 200


async def occupy(platform: Platform, free: asyncio.Event) -> None:
    async with platform.database.connection():
        await free.wait()


async def wait_for_wanted(platform: Platform, count: int) -> None:
    """Until so many connections are in use or waited for."""
    async with asyncio.timeout(30):
        while platform.database._in_use + len(platform.database._line) < count:  # noqa: ASYNC110  (nobody tells)
            await asyncio.sleep(0.01)


@pytest.fixture
async def busy(platform: Platform) -> AsyncIterator[asyncio.Event]:
    """All connections are taken until the event is set."""
    free = asyncio.Event()
    count = platform.settings.database_connections
    tasks = [asyncio.create_task(occupy(platform, free)) for _ in range(count)]
    await wait_for_wanted(platform, count)
    yield free
    free.set()
    await asyncio.gather(*tasks)


async def test_when_all_connections_are_taken_some_wait_and_the_rest_is_refused(
    program: Program, platform: Platform, busy: asyncio.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_line, "_WAITING", 2)
    waiting = [asyncio.create_task(program.write([create_body()])) for _ in range(2)]
    await wait_for_wanted(platform, platform.settings.database_connections + 2)
    for _ in range(3):
        check_refused(await program.write([create_body()]))
        check_refused(await program.read())
    busy.set()
    assert [answer.status_code for answer in await asyncio.gather(*waiting)] == [200, 200]
    assert (await program.read()).json()["totalAvailable"] == 2


async def test_whoever_has_waited_too_long_for_a_connection_is_refused(
    program: Program, busy: asyncio.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_line, "_PATIENCE", 0.05)
    check_refused(await program.write([create_body()]))
    monkeypatch.undo()
    busy.set()
    assert (await program.write([create_body()])).status_code == 200
