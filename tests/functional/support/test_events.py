"""Operators read the security log in the console, by what they ask for, and are written down for it."""

import json

import pytest

from borvo.assembly import Platform
from borvo.kernel.origin import Origin, within_origin
from borvo.storage.security_events.model import SecurityEvent, SecurityEventKind
from borvo.support.event_pages import PAGE_SIZE
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.support.console import ADA, SUE, Office, find

KIND = SecurityEventKind.CLIENT_SECRET_ADDED


@pytest.fixture
async def noted(platform: Platform, clock: TestClock) -> None:
    """Three events a minute apart, of other clients, addresses and requests."""
    for number in range(3):
        clock.advance(minutes=1)
        with within_origin(Origin(f"request-{number}", lambda number=number: f"192.0.2.{number}")):  # type: ignore[misc]
            async with platform.database.transaction() as connection:
                event = SecurityEvent(KIND, client_id=f"demo.app{number}", detail={"secret_id": "kept-back"})
                await platform.events.record(connection, event)


FILTERS = {
    f"kind={KIND}": {0, 1, 2},
    "client=demo.app1": {1},
    "address=192.0.2.2": {2},
    "request=request-0": {0},
    "since=2026-01-15T12:02": {1, 2},
    "until=2026-01-15T12:02": {0},
    "since=2026-01-15T12:02&until=2026-01-15T12:03": {1},
    "since=2026-01-15T14:02%2B02:00&until=2026-01-15T12:03Z": {1},
    f"kind={KIND}&client=demo.app1&address=192.0.2.2": set(),
    "kind=key_rotated": set(),
    "client=demo.app": set(),
}


@pytest.mark.usefixtures("noted")
async def test_a_filter_finds_what_it_says_on_the_page_and_in_the_export(sue: Browser) -> None:
    for query, expected in FILTERS.items():
        page = await sue.open(f"/support/events?{query}")
        assert {n for n in range(3) if f"<dd>demo.app{n}</dd>" in page.text} == expected, query
        lines = (await sue.client.get(f"/support/events.jsonl?{query}")).text.splitlines()
        events = [json.loads(line) for line in lines]
        assert {int(each["client_id"][-1]) for each in events if "client_id" in each} == expected, query
        assert "kept-back" not in page.text + "".join(lines)


async def test_that_somebody_read_it_is_in_it(office: Office, sue: Browser) -> None:
    await sue.open(f"/support/events?kind={KIND}&client=demo.app1")
    await sue.client.get("/support/events.jsonl")
    events = await office.list_events("support_read_log")
    assert {each["actor"] for each in events} == {f"support person {await office.find_id(SUE)}"}
    asked = {json.loads(each["detail"])["filter"] for each in events}
    assert asked == {f"kind {KIND}, client demo.app1", "everything"}
    last = "ffffffff-ffff-ffff-ffff-ffffffffffff"
    await sue.open(f"/support/events?client=demo.app2&before={last}")
    assert len(await office.list_events("support_read_log")) == len(events) + 1
    assert "Log read by support" in (await sue.open("/support/events?kind=support_read_log")).text


async def test_what_the_console_writes_into_the_log_is_read_in_the_readers_language(sue: Browser) -> None:
    await sue.open("/support/events")
    for language, told in {
        "en": ["everything", "reading the log", "a passkey"],
        "fr": ["tout", "lecture du journal"],
    }.items():
        page = await sue.client.get("/support/events", headers={"Accept-Language": language})
        assert {each for each in told if f"<dd>{each}</dd>" in page.text} == set(told)
    assert "<dd>une clé d\u2019accès</dd>" in page.text


async def test_the_log_of_a_person_opens_once_she_was_looked_up(office: Office, sue: Browser) -> None:
    await office.open_browser(ADA)
    query = f"person={await office.find_id()}"
    refused = await sue.open(f"/support/events?{query}")
    assert refused.status_code == 400
    assert "Find her first" in refused.text
    assert (await sue.client.get(f"/support/events.jsonl?{query}")).status_code == 400
    assert await office.list_events("support_read_log") == []
    await find(sue)
    assert "Sign-in</strong>" in (await sue.open(f"/support/events?{query}")).text


async def test_pages_go_by_key_and_lose_nothing(platform: Platform, sue: Browser, clock: TestClock) -> None:
    for number in range(PAGE_SIZE + 3):
        clock.advance(seconds=1)
        async with platform.database.transaction() as connection:
            await platform.events.record(connection, SecurityEvent(KIND, client_id=f"demo.n{number:03}"))
    first = await sue.open(f"/support/events?kind={KIND}")
    older = first.text.split('href="/support/events?')[1].split('"')[0].replace("&amp;", "&")
    # What happens meanwhile moves nothing.
    async with platform.database.transaction() as connection:
        await platform.events.record(connection, SecurityEvent(KIND, client_id="demo.new"))
    second = await sue.open(f"/support/events?{older}")
    shown = [f"demo.n{number:03}" for number in range(PAGE_SIZE + 3)]
    assert [name for name in shown if name in second.text] == shown[:3]
    assert [name for name in shown if name in first.text] == shown[3:]
    assert "demo.new" not in second.text


@pytest.mark.parametrize(
    "query",
    ["kind=king", "person=x", "since=yesterday", "since=0001-01-01T00:00%2B14:00", f"client={'x' * 201}"],
)
async def test_what_cannot_be_read_is_said_and_shows_nothing(sue: Browser, query: str) -> None:
    page = await sue.open(f"/support/events?{query}")
    assert page.status_code == 400
    assert "mend what is marked below" in page.text
    assert "list-group-item" not in page.text
    assert (await sue.client.get(f"/support/events.jsonl?{query}")).status_code == 400


@pytest.mark.parametrize("query", ["before=x", "before=%00", "address=%27%20or%201=1", "client=%25"])
async def test_hostile_values_find_nothing_and_break_nothing(sue: Browser, query: str) -> None:
    assert (await sue.client.get(f"/support/events?{query}")).status_code in {200, 400}
