"""How a client proves at the token endpoint who it is."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest
from asyncpg.connection import LoggedQuery

from borvo.assembly import Platform, build_app, build_platform
from borvo.settings import Settings
from tests.factories.clients import SECRET, register_client
from tests.functional.conftest import ISSUER, TestClock, reuse_key
from tests.functional.identity.flows import build_basic, execute

SERVICE = "demo.service"
GRANT = {"grant_type": "client_credentials", "scope": "agency_api"}


@asynccontextmanager
async def run_another(
    platform: Platform, settings: Settings, clock: TestClock
) -> AsyncIterator[httpx.AsyncClient]:
    """Another process on the same database, as far as memory is concerned."""
    twin = build_platform(settings, clock=clock, passwords=platform.accounts.passwords, generate=reuse_key)
    await twin.database.open()
    transport = httpx.ASGITransport(app=build_app(twin))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=ISSUER) as client:
        yield client
    await twin.database.close()


@pytest.fixture
async def service(platform: Platform) -> str:
    return await register_client(platform, SERVICE, grant_types=["client_credentials"], scopes=["agency_api"])


async def _ask(
    http: httpx.AsyncClient, headers: dict[str, str] | None = None, **fields: str
) -> httpx.Response:
    return await http.post("/connect/token", data={**GRANT, **fields}, headers=headers)


@pytest.mark.spec("RFC 6749", "2.3.1")
async def test_a_secret_is_taken_from_the_header_or_from_the_body(
    http: httpx.AsyncClient, service: str
) -> None:
    assert (await _ask(http, build_basic(service, SECRET))).status_code == 200
    assert (await _ask(http, client_id=service, client_secret=SECRET)).status_code == 200
    assert (await _ask(http, build_basic(service, SECRET), client_id=service)).status_code == 200


@pytest.mark.spec("RFC 6749", "2.3.1")
async def test_a_form_encoded_secret_in_the_header_is_decoded(
    platform: Platform, http: httpx.AsyncClient
) -> None:
    secret = "a:secret%with+é & more"
    await register_client(
        platform, SERVICE, grant_types=["client_credentials"], scopes=["agency_api"], secret=secret
    )
    assert (await _ask(http, build_basic(SERVICE, secret))).status_code == 200
    assert (await _ask(http, client_id=SERVICE, client_secret=secret)).status_code == 200


@pytest.mark.spec("RFC 6749", "5.2")
@pytest.mark.parametrize(
    ("client_id", "secret"), [(SERVICE, "wrong"), ("demo.nobody", SECRET), (SERVICE, "")]
)
async def test_a_wrong_secret_and_an_unknown_client_are_refused_alike(
    http: httpx.AsyncClient, service: str, client_id: str, secret: str
) -> None:
    assert service == SERVICE
    in_header = await _ask(http, build_basic(client_id, secret))
    assert in_header.status_code == 401
    assert in_header.json()["error"] == "invalid_client"
    assert in_header.headers["www-authenticate"].startswith("Basic")
    in_body = await _ask(http, client_id=client_id, client_secret=secret)
    assert (in_body.status_code, in_body.json()["error"]) == (401, "invalid_client")


@pytest.mark.spec("RFC 6749", "2.3")
async def test_two_ways_at_once_are_refused(http: httpx.AsyncClient, service: str) -> None:
    answer = await _ask(http, build_basic(service, SECRET), client_secret=SECRET)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    answer = await _ask(http, build_basic(service, SECRET), client_id="demo.other")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.spec("RFC 6749", "2.3.1")
async def test_a_secret_in_the_address_counts_for_nothing(http: httpx.AsyncClient, service: str) -> None:
    url = f"/connect/token?client_id={service}&client_secret={SECRET}"
    assert (await http.post(url, data=GRANT)).status_code == 401


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"!!!",
        b"\xff\xfe",
        base64.b64encode(b"no colon"),
        base64.b64encode(b"\xff:\xff"),
        base64.b64encode(b"a\x00:b\x00"),
        base64.b64encode(b":"),
        base64.b64encode(b"%ff%00:%ed%a0%80"),
        b"A" * 100_000,
    ],
)
async def test_an_unreadable_header_is_a_fault_of_the_client(http: httpx.AsyncClient, value: bytes) -> None:
    answer = await http.post(
        "/connect/token",
        content=b"grant_type=client_credentials",
        headers={
            b"authorization": b"Basic " + value,
            b"content-type": b"application/x-www-form-urlencoded",
        },
    )
    assert answer.status_code in {400, 401}
    assert answer.json()["error"] in {"invalid_request", "invalid_client"}


async def test_no_credentials_at_all_are_refused(http: httpx.AsyncClient, service: str) -> None:
    assert (await _ask(http)).status_code == 401
    assert (await _ask(http, client_id=service)).status_code == 401
    assert (await _ask(http, {"Authorization": "Bearer x"}, client_id=service)).status_code == 401


async def test_a_disabled_client_and_a_removed_secret_stop_at_once(
    http: httpx.AsyncClient, platform: Platform, service: str
) -> None:
    assert (await _ask(http, build_basic(service, SECRET))).status_code == 200
    await execute(platform, "update client set disabled_at = $1", platform.clock())
    assert (await _ask(http, build_basic(service, SECRET))).status_code == 401
    await execute(platform, "update client set disabled_at = null")
    await execute(platform, "delete from client_secret")
    assert (await _ask(http, build_basic(service, SECRET))).status_code == 401


async def test_guesses_count_over_all_processes_and_no_right_one_slips_through(
    platform: Platform, http: httpx.AsyncClient, service: str, settings: Settings, clock: TestClock
) -> None:
    async with run_another(platform, settings, clock) as other:
        for _ in range(25):
            for process in (http, other):
                assert (await _ask(process, build_basic(service, "wrong"))).status_code == 401
        for process in (other, http):
            assert (await _ask(process, build_basic(service, SECRET))).status_code == 429
        clock.advance(minutes=16)
        for process in (other, http):
            assert (await _ask(process, build_basic(service, SECRET))).status_code == 200


async def test_guesses_that_come_together_are_all_counted(
    platform: Platform, http: httpx.AsyncClient, service: str
) -> None:
    answers = await asyncio.gather(*(_ask(http, build_basic(service, "wrong")) for _ in range(80)))
    assert sum(answer.status_code == 401 for answer in answers) == 50
    assert sum(answer.status_code == 429 for answer in answers) == 30
    assert await platform.database.pool.fetchval("select max(attempts) from attempt_counter") >= 50


async def test_a_right_secret_costs_no_statement_for_the_limit(
    platform: Platform, http: httpx.AsyncClient, service: str
) -> None:
    await _ask(http, build_basic(service, SECRET))
    statements: list[str] = []

    def note(query: LoggedQuery) -> None:
        statements.append(query.query)

    async with AsyncExitStack() as stack:
        for _ in range(platform.database.pool.get_size()):
            connection = await stack.enter_async_context(platform.database.connection())
            connection.add_query_logger(note)
    assert (await _ask(http, build_basic(service, SECRET))).status_code == 200
    assert len(statements) == 1


async def test_who_guesses_is_held_up_and_nobody_else(
    platform: Platform, http: httpx.AsyncClient, service: str, clock: TestClock
) -> None:
    other = await register_client(
        platform, "demo.other", grant_types=["client_credentials"], scopes=["agency_api"]
    )
    for _ in range(51):
        answer = await _ask(http, build_basic(service, "wrong"))
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    held_up = await _ask(http, build_basic(service, SECRET))
    assert (held_up.status_code, held_up.json()["error"]) == (429, "invalid_client")
    assert (await _ask(http, build_basic(other, SECRET))).status_code == 200
    clock.advance(minutes=16)
    assert (await _ask(http, build_basic(service, SECRET))).status_code == 200
