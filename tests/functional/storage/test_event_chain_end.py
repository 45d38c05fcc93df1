"""The end of the security event log, which can be cut off, and what is missed then."""

from datetime import timedelta

import pytest

from borvo.accounts.public import Registration, create_person
from borvo.assembly import Platform
from borvo.storage.sealing import KeptKey
from borvo.storage.security_events.chain import Chain
from borvo.storage.security_events.digests import digest_place
from borvo.storage.security_events.heads import GENESIS, Head, HeadKeeper, parse_head
from borvo.support.audit import open_log, verify
from tests.functional.conftest import TestClock
from tests.functional.storage.test_event_chain import KEY, look, prepare, record, seal, tamper

CUT = """delete from security_event where id in (select event_id from security_event_link where position >= 5);
         delete from security_event_link where position >= 5"""


async def test_a_cut_end_is_missed_also_when_the_log_goes_on(platform: Platform) -> None:
    await prepare(platform)
    await tamper(platform, CUT)
    assert "ends before 6, which was signed" in (await look(platform)).faults[0].words
    await record(platform, 3)
    assert await seal(platform) == 3
    report = await look(platform)
    words = [each.words for each in report.faults]
    assert (report.head.position, words) == (9, ["2 links before this one are missing"])


async def test_an_end_that_was_changed_and_linked_anew_is_seen(platform: Platform) -> None:
    await prepare(platform)
    await tamper(
        platform,
        """update security_event set kind = 'sign_out' where id in
             (select event_id from security_event_link where position >= 5);
           delete from security_event_link where position >= 5""",
    )
    assert await seal(platform) == 2
    assert "2 links before this one are missing" in (await look(platform)).faults[0].words


@pytest.mark.parametrize(
    "statement",
    [
        "delete from security_event_head",
        """update security_event_head set position = 4,
             digest = (select digest from security_event_link where position = 4)""",
        "update security_event_head set signature = digest",
    ],
)
async def test_the_signed_end_cannot_be_taken_away_or_made_anew(platform: Platform, statement: str) -> None:
    await prepare(platform)
    await tamper(platform, f"{statement}; {CUT}")
    assert "the signed end of the chain was taken away or changed" in (await look(platform)).faults[0].words
    await record(platform)
    await seal(platform)
    assert "links before this one are missing" in (await look(platform)).faults[0].words


async def test_an_older_end_that_was_put_back_is_missed_by_whoever_saw_the_last(platform: Platform) -> None:
    await record(platform, 4)
    worker = Chain(KEY)
    await seal(platform, worker)
    await tamper(platform, "create table older as select * from security_event_head")
    await record(platform, 2)
    await seal(platform)
    # Another has linked them: this one has nothing to do but to remember.
    await seal(platform, worker)
    head = (await look(platform)).head
    await tamper(
        platform,
        f"{CUT}; delete from security_event_head; insert into security_event_head select * from older",
    )
    # Within the database everything fits. A head that was noted elsewhere does not.
    assert (await look(platform)).faults == ()
    assert "its end was cut off" in (await look(platform, parse_head(str(head)))).faults[0].words
    await record(platform)
    await seal(platform, worker)
    assert "2 links before this one are missing" in (await look(platform)).faults[0].words


async def test_what_was_sent_on_is_missed(platform: Platform) -> None:
    await prepare(platform)
    await tamper(
        platform,
        f"""{CUT}; delete from security_event_head;
            update security_event_link set is_headed = false;
            insert into security_event_stream (id, position, leased_until) values (1, 20, now())""",
    )
    # At once, and not only when something else happens.
    assert "ends before 20, up to which events were sent on" in (await look(platform)).faults[-1].words
    await record(platform)
    await seal(platform)
    assert (await look(platform)).head.position == 21


async def test_an_emptied_log_gets_a_warning_where_there_are_people(platform: Platform) -> None:
    """Within the database nothing is left that could be missing something."""
    log = open_log(platform.database, platform.keyring, 365)
    assert "Warning" not in await verify(log, platform.clock(), "")
    person = Registration("ada@example.org", "Ada", "Byron", "correct horse pony", is_email_verified=True)
    await create_person(platform.accounts, person)
    await record(platform)
    assert "Warning" not in await verify(log, platform.clock(), "")
    await tamper(
        platform, "truncate security_event, security_event_link, security_event_anchor, security_event_head"
    )
    said = await verify(log, platform.clock(), "")
    assert said.startswith("0 events, none changed")
    assert "Warning: people have accounts here" in said


async def age(platform: Platform) -> None:
    """The links as they were made before there was a signed end."""
    digest = GENESIS
    async with platform.database.transaction() as connection:
        await connection.execute("delete from security_event_head")
        for row in await connection.fetch("select * from security_event_link order by position"):
            digest = digest_place(KEY, digest, row["position"], row["at"], row["content"], is_headed=False)
            await connection.execute(
                "update security_event_link set digest = $1, is_headed = false where position = $2",
                digest,
                row["position"],
            )


async def test_links_of_before_the_end_was_signed_still_fit(platform: Platform) -> None:
    await prepare(platform)
    await age(platform)
    assert (await look(platform)).faults == ()
    await record(platform, 2)
    await seal(platform)
    report = await look(platform)
    assert (report.faults, report.head.position) == ((), 8)
    # Nobody can say of a later one that it was made before.
    await tamper(
        platform,
        """delete from security_event where id = (select event_id from security_event_link where position = 8);
           delete from security_event_link where position = 8; delete from security_event_head;
           update security_event_link set is_headed = false""",
    )
    assert "this link was changed" in (await look(platform)).faults[0].words


async def test_a_key_that_has_ended_signs_no_later_end(platform: Platform, clock: TestClock) -> None:
    ended = KeptKey(b"e" * 32, ended_at=clock() - timedelta(days=2))
    await prepare(platform)
    async with platform.database.transaction() as connection:
        digest = await connection.fetchval("select digest from security_event_link where position = 4")
        await HeadKeeper([KeptKey(ended.key)]).save(connection, Head(4, digest), clock())
    await tamper(platform, CUT)
    report = await look(platform, chain=Chain(ended, KeptKey(KEY)))
    assert "the signed end of the chain was taken away or changed" in report.faults[0].words
