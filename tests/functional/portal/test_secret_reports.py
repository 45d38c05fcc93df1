"""A secret that was found in public is revoked by whoever reports it, and the reporter learns nothing."""

import asyncio
import json

import httpx
import pytest

from borvo.assembly import Platform
from borvo.portal.secret_reports import REPORT_MAXIMUM, REPORTS
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.portal.journeys import load_present, register
from tests.functional.portal.secrets import CLIENT, OWN, PAGE, generate, list_mails, obtain_token

REPORT = "/portal/secrets/report"


@pytest.fixture
async def registered(developer: Browser) -> Browser:
    """The developer, with a client that acts in its own name."""
    await register(developer, grant_types="client_credentials", scopes=["agency_api"], redirect_uris="")
    return developer


async def report(http: httpx.AsyncClient, text: str) -> httpx.Response:
    return await http.post(REPORT, json={"text": text})


async def test_a_reported_secret_is_revoked_at_once_and_its_owners_are_told(
    platform: Platform, registered: Browser, http: httpx.AsyncClient
) -> None:
    _, secret = await generate(registered, label="web server")
    _, other = await generate(registered)
    answer = await report(http, f"+CLIENT_SECRET={secret}\n+DEBUG=1")
    assert answer.status_code == 202
    assert (await obtain_token(http, secret)).status_code == 401
    assert (await obtain_token(http, other)).status_code == 200
    ((to, subject, text),) = await list_mails(platform)
    assert (to, subject) == ("grace@example.org", "A client secret was published and has been revoked")
    assert "web server" in text
    assert f"ending in {secret[-4:]}" in text
    assert secret not in text
    page = (await registered.open("/account/security")).text
    assert "A secret of the client My App was found in public, and revoked." in page
    rows = await platform.database.pool.fetch(
        "select * from security_event where kind = 'client_secret_reported'"
    )
    assert [(row["client_id"], row["actor"]) for row in rows] == [(CLIENT, "stranger")]
    trail = await platform.database.pool.fetch("select * from portal_audit where action = 'secret_reported'")
    assert [(row["subject"], row["actor_id"]) for row in trail] == [(CLIENT, None)]
    assert secret not in str(trail)
    dump = await platform.database.pool.fetchval("select json_agg(e)::text from security_event e")
    assert secret not in dump


async def is_active(http: httpx.AsyncClient, token: str, secret: str) -> bool:
    auth = httpx.BasicAuth(CLIENT, secret)
    answer = await http.post("/connect/introspect", data={"token": token}, auth=auth)
    return bool(answer.json()["active"])


async def test_access_tokens_that_may_come_of_a_reported_secret_are_void(
    registered: Browser, http: httpx.AsyncClient, clock: TestClock
) -> None:
    _, secret = await generate(registered)
    _, other = await generate(registered)
    token = (await obtain_token(http, secret)).json()["access_token"]
    assert await is_active(http, token, other)
    await report(http, secret)
    assert not await is_active(http, token, other)
    clock.advance(seconds=2)
    fresh = (await obtain_token(http, other)).json()["access_token"]
    assert await is_active(http, fresh, other)
    # What works no more voids nothing, however often it is reported.
    await report(http, secret)
    assert await is_active(http, fresh, other)


async def test_the_answer_does_not_tell_whether_there_was_a_secret(
    registered: Browser, http: httpx.AsyncClient
) -> None:
    _, secret = await generate(registered)
    answers = [
        await report(http, text)
        for text in (secret, secret, "borvo_cs_" + "a" * 49, secret[:-1] + "!", "nothing")
    ]
    told = {
        (answer.status_code, answer.text, *sorted(k for k in answer.headers if k != "x-request-id"))
        for answer in answers
    }
    assert len(told) == 1
    assert answers[0].json() == {"status": "received"}
    assert answers[0].headers["cache-control"] == "no-store"
    assert min(answer.elapsed.total_seconds() for answer in answers) >= 0.3


async def test_one_report_revokes_all_secrets_in_it_of_whatever_tenancy_and_form(
    platform: Platform, registered: Browser, http: httpx.AsyncClient
) -> None:
    _, first = await generate(registered)
    _, second = await generate(registered)
    former = "Zm9ybWVyIHNlY3JldHMgaGFkIDQzIGNoYXJhY3RlcnM"
    digest = platform.portal.verifier.digest(former)
    await platform.database.pool.execute(
        "update client_secret set digest = $1 where digest = $2",
        digest,
        platform.portal.verifier.digest(second),
    )
    await report(http, f"{first}\\n{former}")
    assert (await load_present(platform, CLIENT)).secrets == ()


async def test_secrets_that_developers_chose_are_not_looked_for(
    platform: Platform, registered: Browser, http: httpx.AsyncClient
) -> None:
    await registered.submit(await registered.open(PAGE), f"{PAGE}/own", secret=OWN)
    assert (await report(http, OWN)).status_code == 202
    assert len((await load_present(platform, CLIENT)).secrets) == 1


async def test_a_digest_is_no_secret_and_an_expired_one_is_left_alone(
    platform: Platform, registered: Browser, http: httpx.AsyncClient, clock: TestClock
) -> None:
    _, secret = await generate(registered, days="30")
    digest = await platform.database.pool.fetchval("select encode(digest, 'base64') from client_secret")
    await report(http, digest.rstrip("=").replace("+", "-").replace("/", "_"))
    clock.advance(days=30)
    await report(http, secret)
    assert len((await load_present(platform, CLIENT)).secrets) == 1
    assert await list_mails(platform) == []


async def test_no_use_that_begins_after_the_answer_succeeds(
    registered: Browser, http: httpx.AsyncClient
) -> None:
    _, secret = await generate(registered)
    is_answered = asyncio.Event()
    late: list[int] = []

    async def use() -> None:
        while True:
            begins_after = is_answered.is_set()
            status = (await obtain_token(http, secret)).status_code
            assert status in {200, 401, 429}
            if begins_after:
                late.append(status)
                return

    async def tell() -> None:
        await asyncio.sleep(0.05)
        await report(http, secret)
        is_answered.set()

    await asyncio.gather(tell(), *(use() for _ in range(4)))
    assert len(late) == 4
    assert 200 not in late


async def test_the_same_secret_reported_at_once_is_announced_once(
    platform: Platform, registered: Browser, http: httpx.AsyncClient
) -> None:
    _, secret = await generate(registered)
    answers = await asyncio.gather(*(report(http, secret) for _ in range(6)))
    assert {answer.status_code for answer in answers} == {202}
    assert len(await list_mails(platform)) == 1


async def test_a_report_and_a_change_of_the_same_client_do_not_block_each_other(
    platform: Platform, registered: Browser, http: httpx.AsyncClient
) -> None:
    secrets = [(await generate(registered))[1] for _ in range(3)]
    page = await registered.open(PAGE)
    await asyncio.gather(
        *(report(http, secret) for secret in secrets), *(registered.submit(page, PAGE) for _ in range(2))
    )
    assert len((await load_present(platform, CLIENT)).secrets) == 2


async def test_reports_of_one_network_are_limited(http: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(report(http, "nothing") for _ in range(REPORTS.attempts + 1)))
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(429) == 1
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert int(refused.headers["retry-after"]) > 0


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b"", "application/json", 400),
        (b"{}", "application/json", 400),
        (b'{"text": ""}', "application/json", 400),
        (b'{"text": 5}', "application/json", 400),
        (b'["x"]', "application/json", 400),
        (b'{"text": "\xff"}', "application/json", 400),
        (b'{"text": "\\ud800"}', "application/json", 400),
        (b'{"text": "x"}', "text/plain", 400),
        (b"text=x", "application/x-www-form-urlencoded", 400),
        (json.dumps({"text": "x" * (REPORT_MAXIMUM + 1)}).encode(), "application/json", 400),
        (json.dumps({"text": "x" * 300_000}).encode(), "application/json", 413),
        (b'{"text": "\\u0000"}', "application/json", 202),
        (json.dumps({"text": "\u00e9" * REPORT_MAXIMUM}).encode("utf-8"), "application/json", 413),
    ],
)
async def test_what_cannot_be_read_gets_a_clear_answer(
    http: httpx.AsyncClient, content: bytes, content_type: str, status: int
) -> None:
    answer = await http.post(REPORT, content=content, headers={"Content-Type": content_type})
    assert answer.status_code == status
    if status == 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert "application/json" in answer.json()["detail"]


async def test_a_text_of_candidates_only_costs_one_statement_and_is_answered(http: httpx.AsyncClient) -> None:
    text = " ".join(f"{number:043d}" for number in range(1300))
    assert (await report(http, text)).status_code == 202


async def test_people_report_on_a_page_without_signing_in(
    platform: Platform, registered: Browser, browser: Browser, http: httpx.AsyncClient
) -> None:
    _, secret = await generate(registered)
    page = await browser.open(REPORT)
    thanks = await browser.submit(page, f"{REPORT}/form", text=f"  look: {secret}  ")
    assert "Thank you" in thanks.text
    assert secret not in thanks.text
    assert thanks.headers["cache-control"] == "no-store"
    assert (await load_present(platform, CLIENT)).secrets == ()
    assert (await obtain_token(http, secret)).status_code == 401


async def test_an_empty_or_too_long_report_is_refused_beside_its_field(browser: Browser) -> None:
    page = await browser.open(REPORT)
    for text in ("", "x" * (REPORT_MAXIMUM + 1)):
        again = await browser.submit(page, f"{REPORT}/form", text=text)
        assert again.status_code == 400
        assert 'id="text-error"' in again.text
    assert (await browser.client.post(f"{REPORT}/form", data={"text": "x"})).status_code == 403


async def test_reports_reach_no_log(
    registered: Browser, http: httpx.AsyncClient, capfd: pytest.CaptureFixture[str]
) -> None:
    _, secret = await generate(registered)
    capfd.readouterr()
    await report(http, f"planted {secret}")
    output = "".join(capfd.readouterr())
    assert "client secret reported and revoked" in output
    assert secret not in output
    assert "planted" not in output
