"""A chain that an earlier release stored fits for ever: its digests are written down here as that release made them."""

from datetime import UTC, datetime

from borvo.assembly import Platform
from borvo.storage.security_events.heads import Head
from tests.functional.conftest import TestClock
from tests.functional.storage.test_event_chain import look, record, seal, tamper

EVENTS = """
    insert into security_event (id, person_id, at, kind, actor, client_id, address, correlation_id, detail) values
    ('0190a5c0-1111-7abc-8def-0123456789ab', '11111111-2222-4333-8444-555555555555', '2026-11-26 17:05:01+00',
     'sign_in', 'person 11111111-2222-4333-8444-555555555555', null, null, null, '{"methods": ["pwd"]}'),
    ('0190a5c0-2222-7abc-8def-0123456789ab', '00000000-0000-0000-0000-000000000000', '2026-11-26 17:05:02.123456+00',
     'consent_granted', e'ä \\u2028 "<\\U0001f600>\\\\', 'demo.mybp', '2001:db8::1', e'01HX/é\\x7f',
     '{"b": {"z": null, "a": [1, 2.50, -1000, true]}, "zz": 12345678901234567890123, "number": 1.0,
       "ä": "\\u2028\\"\U0001f600"}')"""
# The first of before the end was signed.
LINKS = r"""
    insert into security_event_link (person_id, position, event_id, at, content, digest, is_headed)
    values ('11111111-2222-4333-8444-555555555555', 1, '0190a5c0-1111-7abc-8def-0123456789ab', '2026-11-26 17:05:01+00',
            '\x68ecf8336dd0366d26eec5280bce734c20824ddaf7880b869110afb589fd8f2f',
            '\x4b6be7fad26d65d32b59e020e68fe8f85e223b1310a2b9ccad56af1cca4cf911', false),
           ('00000000-0000-0000-0000-000000000000', 2, '0190a5c0-2222-7abc-8def-0123456789ab',
            '2026-11-26 17:05:02.123456+00',
            '\xa1bb7c51a7c6df97ea287ac37c9b66e261a2f1fc28c4b60b84f939ed50ce288e',
            '\x02141f787d22a8fbead7da945d88bd79ecfed64f81d0894efe5e90b98016e1c5', true);
    insert into security_event_head (id, position, digest, at, signature)
    values (1, 2, '\x02141f787d22a8fbead7da945d88bd79ecfed64f81d0894efe5e90b98016e1c5', '2026-11-26 17:05:02.123456+00',
            '\x24d78f744aadaecf046edc1e4b2504a27a30f0207aa7a88824fafe2333af48fc')"""
# The same without the events, long after.
ANCHOR = r"""
    delete from security_event;
    delete from security_event_link;
    insert into security_event_anchor (id, position, at, content, digest, before, signature, is_headed)
    values (1, 2, '2026-11-26 17:05:02.123456+00',
            '\xa1bb7c51a7c6df97ea287ac37c9b66e261a2f1fc28c4b60b84f939ed50ce288e',
            '\x02141f787d22a8fbead7da945d88bd79ecfed64f81d0894efe5e90b98016e1c5',
            '\x4b6be7fad26d65d32b59e020e68fe8f85e223b1310a2b9ccad56af1cca4cf911',
            '\x73376ddbf2f16e0f80da0f42ab335e4c76fa202f3e656df0ea74205dc333ab39', true)"""
END = "2:02141f787d22a8fbead7da945d88bd79ecfed64f81d0894efe5e90b98016e1c5"


async def test_a_chain_that_an_earlier_release_stored_still_fits_and_goes_on(
    platform: Platform, clock: TestClock
) -> None:
    clock.now = datetime(2026, 11, 26, 18, tzinfo=UTC)
    await tamper(platform, f"{EVENTS}; {LINKS}")
    report = await look(platform)
    assert (report.faults, report.events, str(report.head)) == ((), 2, END)
    await tamper(platform, ANCHOR)
    assert (await look(platform)).faults == ()
    await record(platform, 3)
    assert await seal(platform) == 3
    report = await look(platform, Head(2, bytes.fromhex(END[2:])))
    assert (report.faults, report.events, report.head.position) == ((), 3, 5)
