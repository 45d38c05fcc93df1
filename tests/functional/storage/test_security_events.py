"""The security event log is added to and never changed, whoever tries."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest

from borvo.assembly import Platform
from borvo.kernel.origin import Origin, within_origin
from borvo.storage.security_events.log import list_events_of
from borvo.storage.security_events.model import (
    INSTANCE,
    KEPT_AT_LEAST,
    SUPPORT,
    RecordedEvent,
    SecurityEvent,
    SecurityEventKind,
    by_client,
)
from tests.functional.conftest import TestClock
from tests.functional.identity.flows import count

EVENT = SecurityEvent(SecurityEventKind.KEY_ROTATED, actor=SUPPORT)


async def record(platform: Platform, event: SecurityEvent = EVENT) -> None:
    async with platform.database.transaction() as connection:
        await platform.events.record(connection, event)


async def read(platform: Platform) -> list[RecordedEvent]:
    async with platform.database.connection() as connection:
        return await list_events_of(connection, INSTANCE, most=100)


async def clean_up(platform: Platform, days: int) -> None:
    async with platform.database.transaction() as connection:
        await platform.events.clean_up(connection, days)


async def test_an_event_says_who_what_when_and_from_where(platform: Platform) -> None:
    event = SecurityEvent(
        SecurityEventKind.TOKEN_FAMILY_REVOKED,
        actor=by_client("demo.mybp"),
        client_id="demo.mybp",
        detail={"x": 1},
    )
    with within_origin(Origin("request-1", lambda: "192.0.2.7")):
        await record(platform, event)
    [kept] = await read(platform)
    assert (kept.kind, kept.actor, kept.client_id) == (
        "token_family_revoked",
        "client demo.mybp",
        "demo.mybp",
    )
    assert (kept.at, kept.address, kept.correlation_id) == (platform.clock(), "192.0.2.7", "request-1")
    assert kept.detail == {"x": 1}


async def test_work_without_a_request_has_no_origin(platform: Platform) -> None:
    await record(platform)
    [kept] = await read(platform)
    assert (kept.address, kept.correlation_id) == (None, None)


async def test_what_a_header_claims_to_be_an_address_is_cut(platform: Platform) -> None:
    with within_origin(Origin("request-1", lambda: "x" * 5000)):
        await record(platform)
    [kept] = await read(platform)
    assert kept.address == "x" * 100


async def test_a_deed_that_is_rolled_back_leaves_no_event(platform: Platform) -> None:
    async def fail() -> None:
        async with platform.database.transaction() as connection:
            await platform.events.record(connection, EVENT)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await read(platform) == []


@pytest.mark.parametrize(
    "change",
    [
        "update security_event set kind = 'sign_in'",
        "update security_event set at = '2000-01-01'",
        "delete from security_event",
        "truncate security_event",
        "insert into security_event select * from security_event on conflict (person_id, id) do update set kind = ''",
    ],
)
async def test_the_database_refuses_every_change(platform: Platform, clock: TestClock, change: str) -> None:
    clock.now = datetime.now(UTC)
    await record(platform)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="never changed"):
        await platform.database.pool.execute(change)
    assert len(await read(platform)) == 1


async def test_even_old_events_are_not_rewritten(platform: Platform, clock: TestClock) -> None:
    clock.now = datetime(2020, 1, 1, tzinfo=UTC)
    await record(platform)
    for change in ("update security_event set kind = 'sign_in'", "truncate security_event"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await platform.database.pool.execute(change)


async def test_events_go_when_they_have_been_kept_long_enough(platform: Platform, clock: TestClock) -> None:
    clock.now = datetime(2020, 1, 1, tzinfo=UTC)
    await record(platform)
    clock.advance(days=365)
    await record(platform)
    await clean_up(platform, 365)
    assert len(await read(platform)) == 2
    clock.advance(seconds=1)
    await clean_up(platform, 365)
    assert [event.at.year for event in await read(platform)] == [2020]
    assert await count(platform, "security_event") == 1


async def test_the_last_month_stays_whatever_the_setting_and_the_clock_say(
    platform: Platform, clock: TestClock
) -> None:
    clock.now = datetime.now(UTC) - KEPT_AT_LEAST + timedelta(hours=1)
    await record(platform)
    clock.advance(days=4000)
    await clean_up(platform, 0)
    assert len(await read(platform)) == 1


async def test_a_persons_log_is_read_backwards_page_by_page(platform: Platform, clock: TestClock) -> None:
    person, other = uuid4(), uuid4()
    for number in range(5):
        clock.advance(seconds=1)
        await record(platform, SecurityEvent(SecurityEventKind.SIGN_IN, person, detail={"n": number}))
        await record(platform, SecurityEvent(SecurityEventKind.SIGN_IN, other))
    async with platform.database.connection() as connection:
        first = await list_events_of(connection, person, most=3)
        second = await list_events_of(connection, person, before=first[-1].id, most=3)
    assert [event.detail["n"] for event in [*first, *second]] == [4, 3, 2, 1, 0]
