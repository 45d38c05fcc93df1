"""What clients do is counted by the day, over all workers, and shown to who develops them."""

import asyncio
from datetime import date, timedelta

import asyncpg
import httpx
import pytest

from borvo.accounts.public import find_window
from borvo.assembly import Platform
from borvo.identity.service.guessing import WRONG_SECRETS
from borvo.identity.service.waiting import WAITING_REQUESTS
from borvo.portal import activity, headroom
from borvo.portal.activity import Activity, ClientActivity
from borvo.portal.public import list_counts, maintain
from tests.factories.clients import MYBP_SCOPES, register_client
from tests.factories.samples import create_blood_pressure
from tests.functional.browser import Browser, asks_to_sign_in
from tests.functional.conftest import TestClock
from tests.functional.identity.arrivals import WAITING
from tests.functional.identity.aspnet import Handler, consent, read_form_post
from tests.functional.identity.flows import (
    build_basic,
    obtain_lasting,
    reach_answer,
    refresh,
    register_lasting,
)
from tests.functional.portal.journeys import load_present, register

CLIENT = "healthorg.myapp"
PAGE = f"/portal/clients/{CLIENT}/usage"
TOKEN = "/connect/token"
TODAY = date(2026, 1, 15)


async def flush(platform: Platform) -> None:
    await platform.identity.activity.flush(platform.database)
    await platform.identity.client_limiter.peaks.flush(platform.database)


async def count_all(platform: Platform, client_id: str) -> dict[str, int]:
    """What was counted of the client on the day of the test's clock, by kind."""
    await flush(platform)
    client = await load_present(platform, client_id)
    async with platform.database.connection() as connection:
        found = await list_counts(connection, client.client_key, date.min)
    assert {day for day, _, _ in found} <= {platform.clock().date()}
    return {kind: count for _, kind, count in found}


async def test_sign_ins_tokens_and_samples_are_counted(
    platform: Platform, http: httpx.AsyncClient, ada: Browser
) -> None:
    handler = Handler(http, await register_client(platform), " ".join(MYBP_SCOPES))
    page = await consent(ada, await ada.open(await handler.build_authorization_url()))
    token = (await handler.redeem(read_form_post(page)[1]["code"])).json()
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    batch = [create_blood_pressure(), create_blood_pressure()]
    for _ in range(2):
        # The second time nothing is new.
        assert (await http.post("/sample/v1", json=batch, headers=headers)).status_code == 200
    for query, shown in (("", 2), ("&take=1", 1), ("&skip=2", 0)):
        answer = await http.get(f"/sample/v1?types=blood_pressure{query}", headers=headers)
        assert len(answer.json()["datas"]) == shown
    assert await count_all(platform, handler.client_id) == {
        "sign_in": 1,
        "token_code": 1,
        "samples_written": 2,
        "samples_read": 3,
    }


async def test_every_way_to_a_token_is_counted_apart(
    platform: Platform, http: httpx.AsyncClient, ada: Browser
) -> None:
    lasting = await register_lasting(platform, http)
    tokens = await obtain_lasting(lasting, ada)
    assert (await refresh(lasting, tokens["refresh_token"])).status_code == 200
    assert await count_all(platform, lasting.client_id) == {
        "sign_in": 1, "token_code": 1, "token_refresh": 1,
    }  # fmt: skip
    page_app = await register_client(
        platform, "demo.page", grant_types=["implicit"], allows_front_channel_tokens=True
    )
    answer = await reach_answer(Handler(http, page_app, "openid"), ada, response_type="id_token token")
    assert "access_token" in answer.text
    assert await count_all(platform, page_app) == {"sign_in": 1, "token_browser": 1}
    service = await register_client(
        platform, "demo.service", grant_types=["client_credentials"], scopes=["agency_api"]
    )
    data = {"grant_type": "client_credentials", "scope": "agency_api"}
    assert (await http.post(TOKEN, data=data, headers=build_basic(service, lasting.secret))).is_success
    assert await count_all(platform, service) == {"token_service": 1}


async def test_what_is_refused_is_not_counted(
    platform: Platform, http: httpx.AsyncClient, ada: Browser
) -> None:
    handler = Handler(http, await register_client(platform), " ".join(MYBP_SCOPES))
    page = await ada.open(await handler.build_authorization_url())
    await ada.submit(page, "/connect/authorize/decision", decision="decline")
    assert (await handler.redeem("nonsense")).status_code == 400
    assert (await http.get("/sample/v1", headers={"Authorization": "Bearer nonsense"})).status_code == 401
    assert await count_all(platform, handler.client_id) == {}


async def test_counts_of_all_workers_add_up_and_none_waits_for_another_for_ever(
    platform: Platform, clock: TestClock
) -> None:
    clients = [await register_client(platform, f"demo.app{number}") for number in range(20)]
    workers = [ClientActivity(clock) for _ in range(8)]
    for number, worker in enumerate(workers):
        for client_id in clients[::-1] if number % 2 else clients:
            worker.note(client_id, Activity.SIGN_IN)
            worker.note(client_id, Activity.SAMPLES_READ, 1000 + number)
    await asyncio.gather(*(worker.flush(platform.database) for worker in workers))
    for client_id in clients:
        assert await count_all(platform, client_id) == {"sign_in": 8, "samples_read": 8028}


async def test_what_cannot_be_written_is_counted_later_and_once(platform: Platform, clock: TestClock) -> None:
    client_id, pool = await register_client(platform), platform.database.pool
    worker = ClientActivity(clock)
    worker.note(client_id, Activity.SIGN_IN)
    await pool.execute("alter table client_activity rename to elsewhere")
    with pytest.raises(asyncpg.PostgresError):
        await worker.flush(platform.database)
    await pool.execute("alter table elsewhere rename to client_activity")
    worker.note(client_id, Activity.SIGN_IN)
    for _ in range(2):
        await worker.flush(platform.database)
    assert await count_all(platform, client_id) == {"sign_in": 2}


async def test_no_column_could_say_who_the_people_were(platform: Platform) -> None:
    columns = await platform.database.pool.fetch(
        "select column_name from information_schema.columns where table_name = 'client_activity'"
    )
    assert {row["column_name"] for row in columns} == {"client_key", "day", "kind", "count"}


async def test_a_client_that_is_not_registered_is_let_go_of(platform: Platform) -> None:
    platform.identity.activity.note("nobody.app", Activity.SIGN_IN)
    await flush(platform)
    assert await platform.database.pool.fetchval("select count(*) from client_activity") == 0


async def test_counts_and_peaks_are_forgotten_in_time(platform: Platform, clock: TestClock) -> None:
    client_id, pool = await register_client(platform), platform.database.pool
    tables = ("client_activity", "client_limit_peak")
    platform.identity.activity.note(client_id, Activity.SIGN_IN)
    platform.identity.client_limiter.peaks.note(client_id, WRONG_SECRETS, 1, clock())
    await flush(platform)
    for step, left in ((timedelta(0), [1, 1]), (headroom.KEPT, [1, 0]), (activity.KEPT, [0, 0])):
        clock.advance(seconds=step.total_seconds() + 900)
        await maintain(platform.portal)
        assert [await pool.fetchval(f"select count(*) from {table}") for table in tables] == left


@pytest.fixture
async def registered(developer: Browser) -> Browser:
    """The developer, with one client."""
    await register(developer)
    return developer


async def test_the_page_shows_the_same_numbers_in_charts_and_in_a_table(
    platform: Platform, registered: Browser, clock: TestClock
) -> None:
    assert "Nothing in these 30 days" in (await registered.open(PAGE)).text
    noted = ClientActivity(clock)
    noted.note(CLIENT, Activity.SIGN_IN, 3)
    noted.note(CLIENT, Activity.TOKEN_BY_CODE, 2)
    noted.note(CLIENT, Activity.TOKEN_BY_REFRESH, 1500)
    await noted.flush(platform.database)
    clock.advance(days=7)
    await registered.sign_in("grace@example.org")
    shown = {period: (await registered.open(f"{PAGE}?days={period}")).text for period in (7, 30, 90)}
    assert "Nothing in these 7 days" in shown[7]
    for period in (30, 90):
        page = shown[period]
        assert page.count("<svg ") == 2
        assert page.count('<time datetime="') == period
        assert (
            '<time datetime="2026-01-15">15 Jan</time></th><td>3</td><td>1,502</td><td>0</td><td>0</td>'
            in page
        )
        assert '<tfoot><tr><th scope="row">Sum</th><td>3</td><td>1,502</td><td>0</td><td>0</td>' in page
        assert "<title>15 Jan: 1,502</title>" in page
        assert "<strong>1,500</strong> for a refresh token" in page
    for nonsense in ("31", "-7", "7;8", "%00", "9" * 99):
        assert "Nothing in these" not in (await registered.open(f"{PAGE}?days={nonsense}")).text


def read_limit(page: str, name: str) -> list[int]:
    """Allowed, highest now, left now, highest in 24 hours."""
    row = page.partition(f'id="limit-{name}"')[2].partition("</tr>")[0]
    cells = [cell.partition("</td>")[0] for cell in row.split("<td")[1:]]
    return [0 if "none" in cell else int(cell.rpartition(">")[2].replace(",", "")) for cell in cells]


async def guess(http: httpx.AsyncClient, times: int) -> httpx.Response:
    for _ in range(times):
        answer = await http.post(
            TOKEN, data={"grant_type": "client_credentials"}, headers=build_basic(CLIENT, "x")
        )
    return answer


async def look_at_limit(platform: Platform, browser: Browser, name: str) -> list[int]:
    await flush(platform)
    return read_limit((await browser.open(PAGE)).text, name)


async def test_wrong_secrets_are_shown_until_a_day_has_passed(
    platform: Platform, registered: Browser, http: httpx.AsyncClient, clock: TestClock
) -> None:
    assert await look_at_limit(platform, registered, "client-secret") == [50, 0, 50, 0]
    await guess(http, 3)
    # Another network: the highest is told, not the sum.
    await platform.identity.guesses.count_failure(CLIENT, "203.0.113.0/24")
    assert await look_at_limit(platform, registered, "client-secret") == [50, 3, 47, 3]
    clock.advance(minutes=15)
    assert await look_at_limit(platform, registered, "client-secret") == [50, 0, 50, 3]
    clock.now = find_window(clock()) + timedelta(hours=24)
    await registered.sign_in("grace@example.org")
    assert await look_at_limit(platform, registered, "client-secret") == [50, 0, 50, 0]


async def test_the_page_says_when_nothing_is_left(
    platform: Platform, registered: Browser, http: httpx.AsyncClient, clock: TestClock
) -> None:
    for _ in range(WRONG_SECRETS.attempts - 1):
        await platform.identity.client_limiter.spend(WRONG_SECRETS, CLIENT, f"127.0.0.1 {CLIENT}", clock())
    await platform.identity.guesses.count_failure(CLIENT, "203.0.113.0/24")
    assert (await look_at_limit(platform, registered, "client-secret"))[2] == 1
    assert (await guess(http, 3)).status_code == 429
    assert await look_at_limit(platform, registered, "client-secret") == [50, 50, 0, 50]


async def test_requests_that_wait_for_a_sign_in_are_counted_against_the_network(
    platform: Platform, registered: Browser, http: httpx.AsyncClient
) -> None:
    handler = Handler(http, CLIENT, "openid")
    for begun in (1, 2):
        assert asks_to_sign_in(await http.get(await handler.build_authorization_url(**WAITING)))
        assert await look_at_limit(platform, registered, "waiting-request") == [
            WAITING_REQUESTS.attempts, begun, WAITING_REQUESTS.attempts - begun, begun,
        ]  # fmt: skip
