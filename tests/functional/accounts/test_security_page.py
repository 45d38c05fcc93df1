"""What happened around an account is recorded with the deed, and its person can read it."""

import httpx
import pytest

from borvo.accounts.security_pages import _SENTENCES, PAGE_SIZE
from borvo.assembly import Platform
from borvo.kernel.errors import NotFoundError
from borvo.storage.database import Connection
from borvo.storage.security_events.log import SecurityLog
from borvo.storage.security_events.model import SecurityEvent, SecurityEventKind
from borvo.support.public import add_role, list_events_of_client, list_events_of_person, remove_role
from tests.functional.application import build_app_for
from tests.functional.browser import Browser, sign_up_by_mail
from tests.functional.conftest import ISSUER, TestClock
from tests.functional.identity.aspnet import Handler
from tests.functional.identity.flows import ADA, reach_answer
from tests.functional.mails import read_links

WRONG = "wrong horse pony"
EVE = "eve@example.org"


async def read_kinds(platform: Platform) -> list[str]:
    async with platform.database.connection() as connection:
        rows = await connection.fetch("select kind from security_event order by id")
    return [row["kind"] for row in rows]


async def dump(platform: Platform) -> str:
    async with platform.database.connection() as connection:
        return str(await connection.fetchval("select json_agg(e)::text from security_event e"))


def test_every_kind_has_its_sentence() -> None:
    assert _SENTENCES.keys() == set(SecurityEventKind)


async def test_signing_up_in_and_out_is_recorded(platform: Platform, browser: Browser) -> None:
    page = await sign_up_by_mail(browser, ADA, read_links(platform))
    await browser.submit(page, "/account/sign-out")
    await browser.sign_in(ADA, WRONG)
    await browser.sign_in(ADA)
    assert sorted(await read_kinds(platform)) == sorted(
        ["sign_up", "sign_in", "sign_out", "sign_in_failed", "sign_in"]
    )


async def test_the_page_tells_it_in_plain_words_newest_first(
    platform: Platform, browser: Browser, clock: TestClock
) -> None:
    await sign_up_by_mail(browser, ADA, read_links(platform))
    clock.advance(minutes=1)
    await browser.sign_in(ADA, WRONG)
    page = await browser.open("/account/security")
    assert page.text.index("tried to sign in as you") < page.text.index("Your account was made.")
    assert "from the address 127.0.0.1" in page.text
    assert "15 January 2026, 12:01 UTC" in page.text
    assert 'href="/account/security"' in (await browser.open("/account")).text


async def test_nobody_reads_the_log_of_another(platform: Platform, browser: Browser) -> None:
    await browser.sign_up(ADA)
    await add_role(platform.accounts, ADA, "agent")
    browser.client.cookies.clear()
    await browser.sign_up("bob@example.org")
    assert "agent" not in (await browser.open("/account/security")).text
    browser.client.cookies.clear()
    assert (await browser.client.get("/account/security")).headers["location"].startswith("/account/sign-in")


async def test_a_long_log_has_pages(platform: Platform, ada: Browser, clock: TestClock) -> None:
    person = await platform.database.pool.fetchval("select id from person")
    for number in range(PAGE_SIZE):
        clock.advance(seconds=1)
        async with platform.database.transaction() as connection:
            event = SecurityEvent(SecurityEventKind.ROLE_ADDED, person, detail={"role": f"role_{number}"})
            await platform.events.record(connection, event)
    first = (await ada.open("/account/security")).text
    assert "role 24" in first
    assert "You signed in." not in first
    older = first.split('href="/account/security?')[1].split('"')[0]
    second = (await ada.open(f"/account/security?{older}")).text
    assert "You signed in." in second
    assert "role 24" not in second
    for hostile in ("x", "%00", "' or 1=1"):
        assert (await ada.client.get(f"/account/security?before={hostile}")).status_code == 200


async def test_a_failure_for_nobodys_address_goes_to_the_instance_without_the_address(
    platform: Platform, browser: Browser
) -> None:
    await browser.sign_up(ADA)
    browser.client.cookies.clear()
    await browser.sign_in(ADA, WRONG)
    await browser.sign_in(EVE, WRONG)
    async with platform.database.connection() as connection:
        rows = await connection.fetch(
            "select * from security_event where kind = 'sign_in_failed' order by id"
        )
        person = await connection.fetchval("select id from person")
    assert {row["person_id"].int for row in rows} == {0, person.int}
    assert {row["actor"] for row in rows} == {"stranger"}
    written = await dump(platform)
    assert EVE not in written
    assert WRONG not in written
    assert platform.events.digest(EVE) in written


async def test_a_known_and_an_unknown_address_cost_the_same_statements(
    platform: Platform, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    await browser.sign_up(ADA)
    browser.client.cookies.clear()
    recorded: list[SecurityEvent] = []
    record = type(platform.events).record

    async def spy(log: SecurityLog, connection: Connection, event: SecurityEvent) -> None:
        recorded.append(event)
        await record(log, connection, event)

    monkeypatch.setattr(type(platform.events), "record", spy)
    for email in (ADA, EVE):
        await browser.sign_in(email, WRONG)
    assert [event.kind for event in recorded] == [SecurityEventKind.SIGN_IN_FAILED] * 2
    assert [sorted(event.detail) for event in recorded] == [["email_digest"]] * 2


async def test_an_event_knows_its_request_and_the_address_behind_the_proxy(platform: Platform) -> None:
    app = build_app_for(platform, "behind a proxy")
    app._trusted_proxies = 1  # type: ignore[attr-defined]
    headers = {"X-Forwarded-For": "198.51.100.1, 203.0.113.9", "X-Request-Id": "request-0815"}
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=ISSUER, headers=headers) as client:
        await Browser(client).sign_up(ADA)
    shown = await list_events_of_person(platform.accounts, "Ada@Example.org")
    assert "from 203.0.113.9  request request-0815" in shown
    assert "198.51.100.1" not in shown


async def test_a_consent_is_recorded_with_its_scopes_which_support_does_not_see_and_a_refusal_is_not(
    platform: Platform, handler: Handler, ada: Browser
) -> None:
    page = await ada.open(await handler.build_authorization_url())
    await ada.submit(page, "/connect/authorize/decision", decision="decline")
    assert "consent_granted" not in await read_kinds(platform)
    await reach_answer(handler, ada)
    shown = await list_events_of_client(platform.accounts, "demo.mybp")
    assert shown.count("consent_granted") == 1
    assert "read.blood_pressure" not in shown
    assert "read.blood_pressure" in await dump(platform)
    assert "You allowed App mybp to use your data." in (await ada.open("/account/security")).text


async def test_roles_are_recorded_when_they_change(platform: Platform, ada: Browser) -> None:
    await add_role(platform.accounts, ADA, "agent")
    await add_role(platform.accounts, ADA, "agent")
    await remove_role(platform.accounts, ADA, "agent")
    shown = await list_events_of_person(platform.accounts, ADA)
    assert shown.count("role_added  by support command") == 1
    assert shown.count("role_removed  by support command") == 1
    assert "by the support team" in (await ada.open("/account/security")).text


async def test_support_is_told_who_is_not_there(platform: Platform) -> None:
    with pytest.raises(NotFoundError):
        await list_events_of_person(platform.accounts, EVE)
    assert await list_events_of_client(platform.accounts, "demo.nobody") == "Nothing was recorded."
