"""The list of clients: search, state, last use, pages."""

import re

import httpx
import pytest

from borvo.assembly import Platform
from tests.factories.clients import register_client
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.identity.flows import build_basic
from tests.functional.portal.journeys import register
from tests.functional.portal.secrets import generate
from tests.functional.portal.test_states import set_secret


async def make_many(platform: Platform, count: int) -> None:
    await platform.database.pool.execute(
        """insert into client (client_id, client_key, tenancy_id, suffix, display_name, client_uri, redirect_uris,
                               grant_types, scopes, require_pkce, created_at, updated_at)
           select 'healthorg.c' || n, gen_random_uuid(), t.id, 'c' || n, 'Client ' || lpad(n::text, 4, '0'), '',
                  array['https://h' || n || '.example/cb'], '{hybrid}', '{openid}', false, now(), now()
           from generate_series(1, $1) n, tenancy t where t.prefix = 'healthorg'""",
        count,
    )


def list_names(page: httpx.Response) -> list[str]:
    return re.findall(r'<a class="fw-semibold text-break" href="/portal/clients/([^"]+)"', page.text)


@pytest.mark.parametrize("text", ["MYAPP", "my app", "localhost:5001/signin", "healthorg.my"])
async def test_a_client_is_found_by_part_of_its_id_name_or_callback(
    platform: Platform, developer: Browser, text: str
) -> None:
    await register(developer)
    await make_many(platform, 3)
    page = await developer.client.get("/portal", params={"q": text})
    assert list_names(page) == ["healthorg.myapp"]


async def test_nothing_found_shows_a_way_back(developer: Browser) -> None:
    await register(developer)
    page = await developer.client.get("/portal", params={"q": "%"})
    assert list_names(page) == []
    assert "Nothing found" in page.text


@pytest.mark.parametrize(
    "query",
    [
        "q=%00",
        "q=%ED%A0%80",
        "q=" + "x" * 5000,
        "q=%25_\\",
        "state=x",
        "page=0",
        "page=-1",
        "page=99999999999999",
        "page=%D9%A2",
        "page=500",
        "q=a&q=b&state=live&page=2",
    ],
)
async def test_no_query_is_too_odd(developer: Browser, query: str) -> None:
    await register(developer)
    assert (await developer.client.get(f"/portal?{query}")).status_code == 200


async def test_others_clients_are_never_listed(developer: Browser, stranger: Browser) -> None:
    await register(developer)
    page = await stranger.client.get("/portal", params={"q": "myapp"})
    assert "healthorg" not in page.text


async def test_a_thousand_clients_come_page_by_page_each_once(platform: Platform, developer: Browser) -> None:
    await make_many(platform, 60)
    seen = []
    page = await developer.open("/portal")
    while True:
        seen += list_names(page)
        following = re.search(r'rel="next" href="([^"]+)"', page.text)
        if following is None:
            break
        page = await developer.open(following[1].replace("&amp;", "&"))
    assert seen == [f"healthorg.c{n}" for n in range(1, 61)]


async def test_deleted_clients_are_apart_and_each_state_can_be_asked_for(
    platform: Platform, developer: Browser
) -> None:
    await register(developer)
    await make_many(platform, 2)
    await platform.database.pool.execute("update client set disabled_at = now() where suffix = 'c1'")
    page = await developer.open("/portal/clients/healthorg.c2/deletion")
    await developer.submit(page, "/portal/clients/healthorg.c2/deletion", typed="healthorg.c2")
    for state, names in {
        "": ["healthorg.c1", "healthorg.myapp"],
        "draft": ["healthorg.myapp"],
        "disabled": ["healthorg.c1"],
        "deleted": ["healthorg.c2"],
        "live": [],
    }.items():
        page = await developer.client.get("/portal", params={"state": state})
        assert list_names(page) == names, state


async def test_last_use_is_written_once_a_minute_and_shown(
    platform: Platform, clock: TestClock, developer: Browser, http: httpx.AsyncClient
) -> None:
    await register(developer, grant_types="client_credentials", scopes="agency_api", redirect_uris="")
    await set_secret(developer, "what-nobody-guesses-9381")
    assert "never used" in (await developer.open("/portal")).text
    basic = build_basic("healthorg.myapp", "what-nobody-guesses-9381")
    form = {"grant_type": "client_credentials", "scope": "agency_api"}

    async def use() -> object:
        assert (await http.post("/connect/token", data=form, headers=basic)).status_code == 200
        await platform.portal.usage.flush(platform.database)
        return await platform.database.pool.fetchval("select last_used_at from client_usage")

    first = await use()
    assert first == clock()
    clock.advance(seconds=59)
    assert await use() == first
    clock.advance(seconds=1)
    assert await use() == clock()
    assert "used <time" in (await developer.open("/portal")).text


async def test_who_is_refused_counts_as_no_use(platform: Platform, http: httpx.AsyncClient) -> None:
    client_id = await register_client(platform, "healthorg.other")
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": "wrong"}
    assert (await http.post("/connect/token", data=form)).status_code == 401
    await platform.portal.usage.flush(platform.database)
    assert await platform.database.pool.fetchval("select count(*) from client_usage") == 0


async def test_clients_whose_secrets_end_soon_say_so_and_are_found_apart(
    developer: Browser, clock: TestClock
) -> None:
    await register(developer)
    await register(developer, suffix="other")
    await generate(developer)
    await generate(developer, days="90")
    page = await developer.open("/portal")
    assert "Expires in" not in page.text
    assert "Secret expires soon" not in page.text
    clock.advance(days=61)
    await developer.sign_in("grace@example.org")
    page = await developer.open("/portal")
    assert list_names(page) == ["healthorg.myapp", "healthorg.other"]
    assert page.text.count("Expires in 29 days") == 1
    assert "Secret expires soon (1)" in page.text
    assert list_names(await developer.open("/portal?secrets=ending")) == ["healthorg.myapp"]
    assert list_names(await developer.open("/portal?secrets=ending&q=other")) == []
    clock.advance(days=30)
    await developer.sign_in("grace@example.org")
    assert "Secret expires soon" not in (await developer.open("/portal")).text


async def test_a_client_whose_only_secret_has_ended_is_listed_as_such(
    developer: Browser, clock: TestClock
) -> None:
    await register(developer)
    await generate(developer, days="30")
    assert "Expires in 30 days" in (await developer.open("/portal")).text
    clock.advance(days=31)
    await developer.sign_in("grace@example.org")
    assert "Expired" in (await developer.open("/portal")).text
