"""The page of failed requests: what an app was refused, and why, without a word that is secret."""

import asyncio
import re
from urllib.parse import quote, urlencode
from uuid import UUID

import httpx
import pytest

from borvo.assembly import Platform
from borvo.portal.public import maintain
from borvo.portal.refusals import KEPT, RefusalLog, Sender, record_refusal
from tests.factories.clients import SECRET, register_client
from tests.functional.browser import Browser, read_forms
from tests.functional.conftest import TestClock
from tests.functional.portal.journeys import CALLBACK, load_present, register
from tests.functional.portal.secrets import CLIENT, generate, obtain_token
from tests.unit.portal.test_refusals import make

PAGE = f"/portal/clients/{CLIENT}/requests"
TOKEN = "/connect/token"


@pytest.fixture
async def registered(developer: Browser) -> Browser:
    """The developer, with one client."""
    made = await register(developer, grant_types=["hybrid", "authorization_code"])
    assert made.status_code == 200
    return developer


async def authorize(http: httpx.AsyncClient, **changes: str) -> httpx.Response:
    usual = {
        "client_id": CLIENT,
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": "openid",
        "nonce": "n",
    }
    return await http.get("/connect/authorize", params={**usual, **changes})


async def flush(platform: Platform) -> None:
    await platform.identity.refusals.flush(platform.database)


async def look(platform: Platform, browser: Browser, query: str = "") -> str:
    await flush(platform)
    page = await browser.open(PAGE + query)
    assert page.status_code == 200
    return page.text


async def test_a_wrong_callback_url_stands_beside_the_registered_one_with_the_number_of_the_error_page(
    platform: Platform, registered: Browser, http: httpx.AsyncClient
) -> None:
    refused = await authorize(http, redirect_uri=f"{CALLBACK}/")
    assert refused.status_code == 400
    number = refused.headers["x-request-id"]
    assert number in refused.text
    page = await look(platform, registered)
    assert f'<code class="text-break">{CALLBACK}/</code>' in page
    assert f'<code class="text-break">{CALLBACK}</code>' in page
    assert "it ends in a slash" in page
    assert "The redirect_uri is not registered." in page
    assert number in page


async def test_the_fix_fills_the_form_in_and_saves_nothing(
    platform: Platform, registered: Browser, http: httpx.AsyncClient
) -> None:
    other = "https://localhost:5001/other?a=1&b=<2>".replace("<2>", "%3C2%3E")
    await authorize(http, redirect_uri=other)
    found = re.search(r'href="([^"]+)">Add this callback URL', await look(platform, registered))
    assert found
    details = await registered.open(found[1].replace("&amp;", "&"))
    assert "Nothing is saved yet" in details.text
    form = next(form for form in read_forms(details.text) if form.action == f"/portal/clients/{CLIENT}")
    assert form.values("redirect_uris")[0].split() == [CALLBACK, other]
    assert (await load_present(platform, CLIENT)).redirect_uris == (CALLBACK,)
    await registered.submit(details, f"/portal/clients/{CLIENT}")
    assert (await load_present(platform, CLIENT)).redirect_uris == (CALLBACK, other)
    page = await look(platform, registered)
    assert "Registered meanwhile" in page
    assert "Add this callback URL" not in page


@pytest.mark.parametrize(
    "uri", ["http://evil.example/cb", "https://a.example/#x", "javascript:alert(1)", "x"]
)
async def test_what_the_form_would_refuse_is_suggested_by_nobody(
    platform: Platform, registered: Browser, http: httpx.AsyncClient, uri: str
) -> None:
    await authorize(http, redirect_uri=uri)
    page = await look(platform, registered)
    assert "The redirect_uri is not registered." in page
    assert "Add this callback URL" not in page
    details = await registered.open(f"/portal/clients/{CLIENT}?add_redirect_uri={quote(uri)}&add_scope=x")
    assert "Nothing is saved yet" not in details.text


async def test_a_scope_and_a_grant_type_that_are_missing_can_be_added(
    platform: Platform, registered: Browser, http: httpx.AsyncClient
) -> None:
    _, secret = await generate(registered)
    await authorize(http, scope="openid read.heart_rate", response_type="code id_token")
    assert (await obtain_token(http, secret)).json()["error"] == "unauthorized_client"
    page = await look(platform, registered)
    for name, label in (
        ("add_scope=read.heart_rate", "Add this scope"),
        ("client_credentials", "Add this grant"),
    ):
        found = re.search(rf'href="([^"]*{name}[^"]*)">{label}', page)
        assert found, name
        assert "Nothing is saved yet" in (await registered.open(found[1])).text


async def obtain_error(http: httpx.AsyncClient, fields: dict[str, str], secret: str) -> str:
    answer = await http.post(TOKEN, data=fields, auth=httpx.BasicAuth(CLIENT, secret))
    return f"{answer.json()['error']} {answer.headers['x-request-id']}"


async def test_the_reason_is_more_exact_than_what_the_caller_is_told(
    platform: Platform, registered: Browser, http: httpx.AsyncClient, clock: TestClock
) -> None:
    _, lasting = await generate(registered)
    _, ending = await generate(registered, days="30")
    clock.advance(days=30)
    code = {"grant_type": "authorization_code", "code": "unknown-code", "redirect_uri": CALLBACK}
    expected = {
        await obtain_error(http, code, "wrong-secret"): "The secret is wrong.",
        await obtain_error(http, code, ending): "The secret has expired.",
        await obtain_error(http, code, lasting): "There is no such code of this client.",
        await obtain_error(http, {"grant_type": "nonsense"}, lasting): "There is no such grant_type.",
        await obtain_error(http, {"scope": "openid"}, lasting): "The request has no grant_type.",
    }
    assert [key.split()[0] for key in expected][:3] == ["invalid_client", "invalid_client", "invalid_grant"]
    await registered.sign_in("grace@example.org")
    for key, reason in expected.items():
        page = await look(platform, registered, f"?q={key.split()[1]}")
        assert reason in page
        assert page.count("list-group-item") == 1


async def test_a_client_that_is_disabled_and_one_that_shows_no_secret_are_told_so(
    platform: Platform, registered: Browser, http: httpx.AsyncClient
) -> None:
    await http.post(TOKEN, data={"grant_type": "authorization_code", "client_id": CLIENT})
    assert "The client has no secret yet." in await look(platform, registered)
    await generate(registered)
    await http.post(TOKEN, data={"grant_type": "authorization_code", "client_id": CLIENT})
    assert "The client sent no secret." in await look(platform, registered)
    await platform.database.pool.execute("update client set disabled_at = now()")
    await authorize(http)
    assert "The client is disabled." in await look(platform, registered)


async def test_a_request_is_found_by_its_number_even_with_spaces_around_it(
    platform: Platform, registered: Browser, http: httpx.AsyncClient
) -> None:
    numbers = [
        (await authorize(http, redirect_uri=f"{CALLBACK}/{number}")).headers["x-request-id"]
        for number in range(3)
    ]
    page = await look(platform, registered, f"?q=%20{numbers[1]}%0A")
    assert f"{CALLBACK}/1" in page
    assert f"{CALLBACK}/0" not in page
    for hostile in ("none", "%00", "%ff", "'%20or%201=1", "x" * 3000):
        assert "No failed request" in await look(platform, registered, f"?q={hostile}")
    for hostile in ("none", "%00", "-1"):
        assert f"{CALLBACK}/1" in await look(platform, registered, f"?before={hostile}")
    assert "None before that" in await look(platform, registered, f"?before={UUID(int=0)}")


async def test_requests_of_clients_that_are_not_there_and_answers_that_are_no_fault_are_not_kept(
    platform: Platform, registered: Browser, http: httpx.AsyncClient
) -> None:
    await authorize(http, client_id="nobody.here")
    await authorize(http, client_id="x\x00y")
    await http.post(TOKEN, data={"grant_type": "authorization_code", "client_id": "nobody.here"})
    await http.post(TOKEN, data={"grant_type": "x"}, headers={"Authorization": "Basic !!!"})
    silent = await authorize(http, prompt="none")
    assert "login_required" in silent.headers["location"]
    await flush(platform)
    assert await platform.database.pool.fetchval("select count(*) from client_refusal") == 0
    assert "None." in await look(platform, registered)


async def test_only_the_latest_are_kept_however_many_come(
    platform: Platform, registered: Browser, http: httpx.AsyncClient, clock: TestClock
) -> None:
    other = await register_client(platform, "elsewhere.app")
    await authorize(http, client_id=other, redirect_uri="https://a.example/")
    for number in range(KEPT + 60):
        clock.advance(seconds=4)
        await authorize(http, redirect_uri=f"{CALLBACK}/{number}")
        if number % 30 == 0:
            await asyncio.gather(flush(platform), flush(platform))
    await flush(platform)
    rows = await platform.database.pool.fetch(
        "select c.client_id, count(*) from client_refusal r join client c using (client_key) group by 1 order by 1"
    )
    assert [tuple(row) for row in rows] == [("elsewhere.app", 1), (CLIENT, KEPT)]
    await registered.sign_in("grace@example.org")
    page = await look(platform, registered)
    assert f"{CALLBACK}/259" in page
    seen = 0
    while True:
        seen += page.count("list-group-item")
        older = re.search(r'href="([^"]+before=[^"]+)">Older ones', page)
        if older is None:
            break
        page = (await registered.open(older[1].replace("&amp;", "&"))).text
    assert seen == KEPT
    assert f"{CALLBACK}/60" in page


@pytest.mark.usefixtures("registered")
async def test_workers_that_write_at_once_keep_no_more_than_the_ring(platform: Platform) -> None:
    logs = [RefusalLog() for _ in range(6)]
    for number, log in enumerate(logs):
        for network in range(100):
            record_refusal(log, make(), Sender(CLIENT, f"{number}.{network}", (), is_known=True))
    await asyncio.gather(*(log.flush(platform.database) for log in logs))
    assert await platform.database.pool.fetchval("select count(*) from client_refusal") == KEPT


@pytest.mark.usefixtures("registered")
async def test_no_answer_waits_for_the_database_to_take_the_note(
    platform: Platform, http: httpx.AsyncClient
) -> None:
    await platform.database.pool.execute("alter table client_refusal rename to away")
    assert (await authorize(http, redirect_uri="https://a.example/")).status_code == 400
    assert (await http.post(TOKEN, data={"client_id": CLIENT})).status_code == 400


@pytest.mark.usefixtures("registered")
async def test_what_is_old_is_cleared_away(
    platform: Platform, http: httpx.AsyncClient, clock: TestClock
) -> None:
    await authorize(http, redirect_uri="https://a.example/")
    await flush(platform)
    clock.advance(days=30, seconds=1)
    await maintain(platform.portal)
    assert await platform.database.pool.fetchval("select count(*) from client_refusal") == 0


@pytest.mark.usefixtures("registered")
async def test_requests_of_another_tenancys_client_are_not_found(
    platform: Platform, stranger: Browser, http: httpx.AsyncClient
) -> None:
    await authorize(http, redirect_uri="https://a.example/")
    await flush(platform)
    assert (await stranger.open(PAGE)).status_code == 404
    assert (await stranger.open(f"/portal/clients/{CLIENT}?add_scope=email")).status_code == 404


def list_planted(secret: str) -> list[dict[str, str]]:
    """Token requests that put secrets where they belong, and where they do not."""
    code = "planted-code-0123456789"
    refresh = "planted-refresh-token"
    return [
        {"grant_type": "authorization_code", "code": code, "redirect_uri": f"{CALLBACK}?code={code}"},
        {"grant_type": "authorization_code", "code": code, "redirect_uri": f"{CALLBACK}?s={quote(secret)}"},
        {"grant_type": "refresh_token", "refresh_token": refresh, "scope": refresh},
        {"grant_type": secret},
        {"grant_type": refresh, "refresh_token": refresh},
        {"grant_type": "client_credentials", "scope": secret},
        {"grant_type": "client_credentials", "client_secret": secret},
        {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": "planted-device-code"},
        {"grant_type": "authorization_code", "code_verifier": "planted-verifier-" * 3, "code": code},
    ]


async def test_no_secret_code_or_token_is_kept_or_shown(
    platform: Platform, registered: Browser, http: httpx.AsyncClient, clock: TestClock
) -> None:
    _, generated = await generate(registered)
    for secret in (generated, "planted-wrong-secret", SECRET):
        for fields in list_planted(secret):
            clock.advance(seconds=10)
            await http.post(TOKEN, data=fields, auth=httpx.BasicAuth(CLIENT, secret))
            basic = {"Authorization": f"Basic {secret}", "X-Request-Id": "chosen-by-the-caller"}
            await http.post(TOKEN, data={**fields, "client_id": CLIENT}, headers=basic)
            await http.post(TOKEN, data={**fields, "client_id": CLIENT, "client_secret": secret})
        await http.post(TOKEN, content=urlencode([("client_id", CLIENT), ("x", secret), ("x", secret)]))
        await flush(platform)
    hints = {
        "id_token_hint": "planted.id.token",
        "login_hint": "planted@example.org",
        "state": "planted-state",
    }
    await authorize(http, redirect_uri=f"{CALLBACK}?t=planted-state", **hints)
    await authorize(http, redirect_uri="https://user:planted-password@localhost:5001/x")
    await authorize(http, scope=f"openid {generated}", **hints)
    await authorize(http, response_type=generated, **hints)
    await flush(platform)
    dump = await platform.database.pool.fetchval("select json_agg(r)::text from client_refusal r")
    assert dump.count('"endpoint"') > 60
    assert "chosen-by-the-caller" in dump
    for planted in ("planted", generated, generated[9:40], SECRET):
        assert planted not in dump, planted
    assert "planted" not in await look(platform, registered)
