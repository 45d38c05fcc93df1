"""What a sign-in writes, and whether the answer waits until the disk has it: decision 92."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from borvo.accounts import attempt_store, entering
from borvo.accounts.attempt_store import Counting
from borvo.accounts.entering import Device
from borvo.accounts.holder_store import find_claimed
from borvo.accounts.methods import PASSWORD
from borvo.assembly import Platform
from borvo.identity.model import Parameters
from borvo.identity.request_store import insert_request
from borvo.identity.service.waiting import WAITING_REQUESTS
from borvo.identity.store import CodeName, NewCode, insert_codes
from borvo.kernel.digests import digest_token
from borvo.kernel.ids import PersonId
from borvo.storage.database import Connection
from tests.functional.accounts.counting import HERE, make_person, prove
from tests.functional.browser import Browser
from tests.functional.identity.arrivals import WAITING
from tests.functional.identity.aspnet import Handler
from tests.functional.identity.flows import ADA, CODE_FLOW, obtain_code

Write = Callable[[Connection], Awaitable[object]]


async def _waits(platform: Platform, write: Write) -> bool:
    """Whether a transaction waits for the disk that begins by waiting, and has made this."""
    async with platform.database.transaction() as connection:
        await connection.execute("set local synchronous_commit = on")
        await write(connection)
        return bool(await connection.fetchval("show synchronous_commit") == "on")


async def _find_code(platform: Platform, handler: Handler, ada: Browser) -> NewCode:
    """Another one, such as the one that she has just got."""
    identity, code = platform.identity, await obtain_code(handler, ada)
    person_id = PersonId(identity.aliases.parse_token(code) or pytest.fail("no code of ours"))
    stored = await identity.codes.find(CodeName(person_id, digest_token(code)))
    assert stored is not None
    return NewCode(digest_token("another"), stored, platform.clock())


@pytest.mark.parametrize("alone", [True, False])
async def test_a_code_waits_for_the_disk_only_along_with_something_else(
    platform: Platform, handler: Handler, ada: Browser, *, alone: bool
) -> None:
    code = await _find_code(platform, handler, ada)

    assert await _waits(platform, lambda each: insert_codes(each, [code], alone=alone)) != alone


async def test_a_code_that_answers_a_request_does_not_wait_either(
    platform: Platform, handler: Handler, ada: Browser
) -> None:
    code = await _find_code(platform, handler, ada)
    await handler.http.get(await handler.build_authorization_url(**CODE_FLOW, **WAITING))
    digest = await platform.database.pool.fetchval("select id_digest from authorization_request")
    assert digest
    answering = NewCode(code.digest, code.code, code.issued_at, digest)

    assert not await _waits(platform, lambda each: insert_codes(each, [answering], alone=True))


async def test_a_request_of_an_app_does_not_wait(platform: Platform) -> None:
    now = platform.clock()
    counter = platform.identity.limiter.find_counter(WAITING_REQUESTS, "", now)

    async def keep(connection: Connection) -> None:
        until = now + timedelta(minutes=1)
        await insert_request(connection, digest_token("x"), Parameters(()), now, until, counter, 9)

    assert not await _waits(platform, keep)


@pytest.mark.parametrize("alone", [True, False])
async def test_a_counted_attempt_waits_only_along_with_what_is_attempted(
    platform: Platform, *, alone: bool
) -> None:
    counting = Counting((1, 1), (platform.clock(), b"one", b"two"))

    def count(connection: Connection) -> Awaitable[object]:
        return attempt_store.count_attempt(connection, counting, alone=alone)

    assert await _waits(platform, count) != alone


async def test_nor_does_one_that_is_counted_while_somebody_is_looked_for(platform: Platform) -> None:
    now = platform.clock()
    counting = Counting((1,), (now, b"one"))

    assert not await _waits(platform, lambda each: find_claimed(each, counting, ADA, now))


async def test_a_session_and_its_event_wait_also_where_an_attempt_is_given_back_with_them(
    platform: Platform,
) -> None:
    await make_person(platform)
    proved = await prove(platform)

    def begin(connection: Connection) -> Awaitable[object]:
        device = Device("", HERE)
        return entering._start_session(
            connection, platform.accounts, proved.person, device, PASSWORD, proved.attempt
        )

    assert await _waits(platform, begin)


async def test_what_is_given_back_by_itself_does_not_wait(platform: Platform) -> None:
    await make_person(platform)
    giving = platform.accounts.limiter.describe_giving_back((await prove(platform)).attempt)

    assert not await _waits(platform, lambda each: attempt_store.uncount_attempt(each, giving))
