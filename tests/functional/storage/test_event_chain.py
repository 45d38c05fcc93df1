"""The chain that shows when the security event log was changed behind the back of the platform."""

import asyncio
from datetime import timedelta
from uuid import uuid4

from borvo.assembly import Platform
from borvo.storage.security_events.chain import Chain, Report
from borvo.storage.security_events.heads import Head
from borvo.storage.security_events.model import SecurityEvent, SecurityEventKind
from tests.functional.conftest import TestClock
from tests.functional.identity.flows import count, execute

KEY = b"c" * 32
CHAIN = Chain(KEY)
"""Looks only: one that links remembers where it ended."""
KEPT = timedelta(days=365)


async def record(platform: Platform, number: int = 1) -> None:
    """Events in different transactions, some of persons and some of nobody."""
    for each in range(number):
        detail = {"number": each, "words": "ä \u2028 \U0001f600"}
        event = SecurityEvent(SecurityEventKind.SIGN_IN, uuid4(), client_id="demo.mybp", detail=detail)
        async with platform.database.transaction() as connection:
            await platform.events.record(connection, event)


async def seal(platform: Platform, worker: Chain | None = None) -> int:
    """By a worker that has just begun, unless told otherwise."""
    async with platform.database.transaction() as connection:
        return await (worker or Chain(KEY)).seal(connection)


async def look(platform: Platform, known: Head | None = None, chain: Chain = CHAIN) -> Report:
    async with platform.database.transaction() as connection:
        return await chain.verify(connection, platform.clock(), KEPT, known)


async def tamper(platform: Platform, statement: str) -> None:
    """As whoever owns the database can."""
    async with platform.database.transaction() as connection:
        await connection.execute("set local session_replication_role = replica")
        await connection.execute(statement)


async def prepare(platform: Platform) -> Head:
    """Six events with their links."""
    await record(platform, 4)
    assert await seal(platform) == 4
    await record(platform, 2)
    assert await seal(platform) == 2
    report = await look(platform)
    assert (report.faults, report.events, report.head.position) == ((), 6, 6)
    return report.head


THIRD = "(select event_id from security_event_link where position = 3)"


TAMPERINGS = [
    f"update security_event set kind = 'sign_out' where id = {THIRD}",
    f"update security_event set actor = 'somebody else' where id = {THIRD}",
    f"update security_event set detail = '{{}}' where id = {THIRD}",
    f"update security_event set at = at - interval '1 microsecond' where id = {THIRD}",
    f"update security_event set client_id = null where id = {THIRD}",
    f"update security_event set address = '203.0.113.9' where id = {THIRD}",
    f"update security_event set correlation_id = 'x' where id = {THIRD}",
    f"update security_event set person_id = gen_random_uuid() where id = {THIRD}",
    f"delete from security_event where id = {THIRD}",
    f"delete from security_event where id = {THIRD}; delete from security_event_link where position = 3",
    """delete from security_event where id in (select event_id from security_event_link where position <= 3);
       delete from security_event_link where position <= 3""",
    """with gone as (delete from security_event_link where position <= 3 returning *)
       insert into security_event_anchor select 1, g.position, g.at, g.content, g.digest,
         (select digest from gone where position = 2) from gone g where position = 3;
       delete from security_event e
       where not exists (select from security_event_link l where l.event_id = e.id)""",
    "update security_event_link set at = at - interval '2 years' where position = 3",
    """update security_event_link set position = position + 10 where position in (3, 4);
       update security_event_link set position = 27 - position - 10 where position in (13, 14)""",
]


async def test_whatever_is_changed_or_taken_out_is_seen(platform: Platform) -> None:
    await prepare(platform)
    async with platform.database.connection() as connection:
        for statement in TAMPERINGS:
            attempt = connection.transaction()
            await attempt.start()
            await connection.execute("set local session_replication_role = replica")
            await connection.execute(statement)
            report = await CHAIN.verify(connection, platform.clock(), KEPT, None)
            await attempt.rollback()
            assert report.faults, statement
    assert (await look(platform)).faults == ()


async def test_an_event_that_was_put_in_with_an_earlier_time_is_seen(
    platform: Platform, clock: TestClock
) -> None:
    await prepare(platform)
    clock.advance(hours=3)
    await record(platform)
    await seal(platform)
    await tamper(
        platform,
        """insert into security_event
             (id, person_id, at, kind, actor, client_id, address, correlation_id, detail)
           select gen_random_uuid(), person_id, at - interval '2 hours', kind, actor, null, null, null, '{}'
           from security_event order by at desc limit 1""",
    )
    await seal(platform)
    assert "no link" in (await look(platform)).faults[0].words


async def test_a_chain_that_was_made_anew_needs_the_secret_key(platform: Platform) -> None:
    await prepare(platform)
    await tamper(platform, "delete from security_event_link")
    async with platform.database.transaction() as connection:
        await Chain(b"another key of thirty-two bytes!").seal(connection)
    assert (await look(platform)).faults


async def test_what_goes_by_age_is_not_missed_and_the_rest_still_fits(
    platform: Platform, clock: TestClock
) -> None:
    await prepare(platform)
    clock.advance(days=300)
    await record(platform, 2)
    await seal(platform)
    clock.advance(days=100)
    await record(platform, 1)
    await seal(platform)
    async with platform.database.transaction() as connection:
        # The database's own clock says that all of it is of this month.
        await connection.execute("set local session_replication_role = replica")
        await connection.execute("delete from security_event where at < $1", clock() - KEPT)
    assert (await look(platform)).faults == ()
    async with platform.database.transaction() as connection:
        await CHAIN.shorten(connection, KEPT)
    report = await look(platform)
    assert (report.faults, report.events) == ((), 3)


async def test_links_go_with_their_events_and_leave_an_anchor(platform: Platform, clock: TestClock) -> None:
    # Long ago by the database's clock, too.
    clock.advance(days=-1_000)
    await prepare(platform)
    clock.advance(days=1)
    await record(platform, 2)
    await seal(platform)
    for kept in (5, 2, 2):
        clock.advance(days=400)
        await tamper(
            platform,
            f"""delete from security_event where id not in
                  (select event_id from security_event_link order by position desc limit {kept})""",
        )
        async with platform.database.transaction() as connection:
            await CHAIN.shorten(connection, KEPT)
        report = await look(platform)
        assert (report.faults, report.events, report.head.position) == ((), kept, 8)
        assert await count(platform, "security_event_link") == kept
    await tamper(platform, "update security_event_anchor set digest = before")
    assert (await look(platform)).faults


async def test_a_longer_term_makes_nothing_of_what_went_by_a_shorter_one(
    platform: Platform, clock: TestClock
) -> None:
    clock.advance(days=-1_000)
    await prepare(platform)
    clock.advance(days=400)
    await record(platform)
    await seal(platform)
    await tamper(platform, "delete from security_event where at < (select max(at) from security_event)")
    async with platform.database.transaction() as connection:
        await CHAIN.shorten(connection, timedelta(days=40))
    for kept in (timedelta(days=40), timedelta(days=36_500)):
        async with platform.database.transaction() as connection:
            report = await CHAIN.verify(connection, platform.clock(), kept, None)
        assert (report.faults, report.events, report.head.position) == ((), 1, 7)
    await tamper(platform, "update security_event_anchor set signature = digest")
    async with platform.database.transaction() as connection:
        report = await CHAIN.verify(connection, platform.clock(), timedelta(days=36_500), None)
    assert "taken away" in report.faults[0].words


async def test_what_was_deleted_within_the_term_is_not_cut_off_with_the_rest(
    platform: Platform, clock: TestClock
) -> None:
    await prepare(platform)
    clock.advance(days=100)
    await tamper(
        platform,
        "delete from security_event where id in "
        "(select event_id from security_event_link where position <= 3)",
    )
    async with platform.database.transaction() as connection:
        await CHAIN.shorten(connection, timedelta(days=36_500))
    assert len((await look(platform)).faults) == 3


async def test_of_many_workers_one_links_at_a_time(platform: Platform) -> None:
    await record(platform, 20)
    worker = Chain(KEY)
    await asyncio.gather(*(seal(platform, worker) for _ in range(4)), *(seal(platform) for _ in range(4)))
    await seal(platform)
    report = await look(platform)
    assert (report.faults, report.events, report.head.position) == ((), 20, 20)


async def test_an_event_that_is_committed_late_gets_its_link(platform: Platform, clock: TestClock) -> None:
    async with platform.database.transaction() as connection:
        await platform.events.record(connection, SecurityEvent(SecurityEventKind.SIGN_OUT))
        clock.advance(minutes=30)
        await record(platform)
        assert await seal(platform) == 1
    assert await seal(platform) == 1
    assert (await look(platform)).events == 2


async def test_a_worker_that_goes_on_sees_it_some_rounds_later(platform: Platform, clock: TestClock) -> None:
    """It does not look through the last hour each time."""
    worker = Chain(KEY)
    async with platform.database.transaction() as connection:
        await platform.events.record(connection, SecurityEvent(SecurityEventKind.SIGN_OUT))
        clock.advance(minutes=5)
        await record(platform)
        assert await seal(platform, worker) == 1
    assert sum([await seal(platform, worker) for _ in range(24)]) == 1
    report = await look(platform)
    assert (report.faults, report.events) == ((), 2)


async def test_an_empty_log_fits(platform: Platform) -> None:
    await execute(platform, "select 1")
    report = await look(platform)
    assert (report.faults, report.events, report.head.position) == ((), 0, 0)
