"""The Client Secret page."""

import asyncio
import re

import httpx
import pytest

from borvo.assembly import Platform
from borvo.portal.public import RegisteredClient, load_client
from tests.functional.browser import Browser, read_last_form
from tests.functional.conftest import TestClock
from tests.functional.portal.journeys import register

PAGE = "/portal/clients/healthorg.myapp/secret"
OWN = "k7Qe-9fZp_2mXv!3rTba <&\" '+%"


async def load(platform: Platform) -> RegisteredClient:
    async with platform.database.connection() as connection:
        client = await load_client(connection, "healthorg.myapp")
    assert client is not None
    return client


async def generate(browser: Browser) -> tuple[httpx.Response, str]:
    page = await browser.submit(await browser.open(PAGE), PAGE)
    found = re.search(r'id="generated-secret">([^<]+)<', page.text)
    return page, found[1] if found else ""


@pytest.fixture
async def registered(developer: Browser) -> Browser:
    """The developer, with one client."""
    await register(developer)
    return developer


async def test_a_generated_secret_is_shown_once_and_works(platform: Platform, registered: Browser) -> None:
    page, secret = await generate(registered)
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert re.fullmatch("borvo_cs_[0-9A-Za-z]{49}", secret)
    assert await platform.portal.verifier.verify(await load(platform), secret)
    assert secret not in (await registered.open(PAGE)).text


async def test_the_database_holds_no_secret_in_the_clear(platform: Platform, registered: Browser) -> None:
    _, secret = await generate(registered)
    await registered.submit(await registered.open(PAGE), f"{PAGE}/own", secret=OWN)
    rows = await platform.database.pool.fetch("select algorithm, digest, t::text from client_secret t")
    assert [row["algorithm"] for row in rows] == ["hmac-sha256", "argon2id"]
    for row in rows:
        for planted in (secret, OWN):
            assert planted.encode() not in row["digest"]
            assert planted not in row["t"]
            assert planted.encode().hex() not in row["t"]


async def test_a_secret_of_ones_own_works_and_is_never_shown(platform: Platform, registered: Browser) -> None:
    page = await registered.submit(await registered.open(PAGE), f"{PAGE}/own", secret=OWN)
    assert page.status_code == 200
    assert "Your secret is set" in page.text
    assert "k7Qe" not in page.text
    assert await platform.portal.verifier.verify(await load(platform), OWN)


@pytest.mark.parametrize("secret", ["", "short", "a" * 30, "healthorg.myapp.healthorg", "x" * 201, "é" * 25])
async def test_a_poor_secret_is_refused_beside_its_field_and_not_echoed(
    platform: Platform, registered: Browser, secret: str
) -> None:
    page = await registered.submit(await registered.open(PAGE), f"{PAGE}/own", secret=secret)
    assert page.status_code == 400
    assert 'id="secret-error"' in page.text
    assert not secret or f'value="{secret}"' not in page.text
    assert (await load(platform)).secrets == ()


async def test_the_same_secret_is_not_set_twice(platform: Platform, registered: Browser) -> None:
    for _ in range(2):
        page = await registered.submit(await registered.open(PAGE), f"{PAGE}/own", secret=OWN)
    assert page.status_code == 400
    assert len((await load(platform)).secrets) == 1


async def test_several_secrets_live_side_by_side(
    platform: Platform, registered: Browser, clock: TestClock
) -> None:
    _, first = await generate(registered)
    clock.advance(minutes=90)
    page, second = await generate(registered)
    assert "15 January 2026, 12:00 UTC" in page.text
    assert "15 January 2026, 13:30 UTC" in page.text
    client = await load(platform)
    assert [await platform.portal.verifier.verify(client, secret) for secret in (first, second)] == [True] * 2


async def test_removing_asks_first_and_ends_the_secret_at_once(
    platform: Platform, registered: Browser
) -> None:
    await registered.submit(await registered.open(PAGE), f"{PAGE}/own", secret=OWN)
    client = await load(platform)
    assert await platform.portal.verifier.verify(client, OWN)
    question = await registered.open(f"{PAGE}/{client.secrets[0].id}/removal")
    assert len((await load(platform)).secrets) == 1
    page = await registered.submit(question, PAGE, confirmation="myapp")
    assert "no longer works" in page.text
    assert not await platform.portal.verifier.verify(await load(platform), OWN)


async def test_a_removed_secret_cannot_be_removed_again(platform: Platform, registered: Browser) -> None:
    await generate(registered)
    path = f"{PAGE}/{(await load(platform)).secrets[0].id}/removal"
    question = await registered.open(path)
    for status in (200, 404):
        page = await registered.submit(question, PAGE, confirmation="myapp")
        assert page.status_code == status
    assert (await registered.open(f"{PAGE}/nonsense/removal")).status_code == 404


async def test_a_client_has_at_most_five_secrets_however_fast_they_are_asked_for(
    platform: Platform, registered: Browser
) -> None:
    page = await registered.open(PAGE)
    answers = await asyncio.gather(*(registered.submit(page, PAGE) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [*[200] * 5, *[400] * 3]
    assert len((await load(platform)).secrets) == 5


async def test_secrets_of_another_tenancy_are_not_found(
    platform: Platform, registered: Browser, stranger: Browser
) -> None:
    await generate(registered)
    secret_id = (await load(platform)).secrets[0].id
    await register(stranger, suffix="own")
    own = await stranger.open("/portal/clients/elsewhere.own/secret")
    fields = {"_csrf_token": read_last_form(own.text).values("_csrf_token")[0], "secret": OWN}
    for path in (PAGE, f"{PAGE}/own", f"{PAGE}/file", f"{PAGE}/{secret_id}/removal"):
        assert (await stranger.client.post(path, data=fields)).status_code == 404, path
    for path in (PAGE, f"{PAGE}/{secret_id}/removal"):
        assert (await stranger.open(path)).status_code == 404, path
    borrowed = f"/portal/clients/elsewhere.own/secret/{secret_id}/removal"
    assert (await stranger.client.post(borrowed, data=fields)).status_code == 404
    assert [secret.id for secret in (await load(platform)).secrets] == [secret_id]


async def test_every_form_needs_its_csrf_token(platform: Platform, registered: Browser) -> None:
    await generate(registered)
    secret_id = (await load(platform)).secrets[0].id
    for path in (PAGE, f"{PAGE}/own", f"{PAGE}/file", f"{PAGE}/{secret_id}/removal"):
        answer = await registered.client.post(path, data={"secret": OWN})
        assert answer.status_code == 403, path
        assert answer.headers["content-type"].startswith("text/html")
    assert [secret.id for secret in (await load(platform)).secrets] == [secret_id]


async def test_secrets_reach_no_log(registered: Browser, capfd: pytest.CaptureFixture[str]) -> None:
    _, secret = await generate(registered)
    await registered.submit(await registered.open(PAGE), f"{PAGE}/own", secret=OWN)
    output = "".join(capfd.readouterr())
    assert "client secret added" in output
    assert secret not in output
    assert "k7Qe" not in output


async def test_who_added_and_removed_which_secret_is_recorded_without_the_secret(
    platform: Platform, registered: Browser, clock: TestClock
) -> None:
    page = await registered.open("/portal/clients/healthorg.myapp/secret")
    own = "a-long-enough-secret-of-mine-42"
    page = await registered.submit(page, "/portal/clients/healthorg.myapp/secret/own", secret=own)
    removal = re.search(r"/portal/clients/healthorg\.myapp/secret/[0-9a-f-]+/removal", page.text)
    assert removal is not None
    clock.advance(seconds=1)
    await registered.submit(await registered.open(removal[0]), removal[0], confirmation="myapp")
    async with platform.database.connection() as connection:
        rows = await connection.fetch("select * from security_event where client_id is not null order by id")
        dump = await connection.fetchval("select json_agg(e)::text from security_event e")
    assert [row["kind"] for row in rows] == ["client_secret_added", "client_secret_removed"]
    assert {row["client_id"] for row in rows} == {"healthorg.myapp"}
    assert all(row["actor"] == f"person {row['person_id']}" for row in rows)
    assert own not in dump
