"""What leaves the instance leaves it after the deed, at least once, and by one worker at a time."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from uuid import uuid4

import pytest

from borvo.assembly import Platform
from borvo.kernel.errors import NotFoundError
from borvo.kernel.ids import PersonId
from borvo.storage.outbox import store
from borvo.storage.outbox.courier import Courier
from borvo.storage.outbox.model import ATTEMPTS_MAXIMUM, LEASE, NOBODY, DeliveryError, Message
from borvo.storage.sealing import SealError
from borvo.support.public import list_outbox, retry_message
from tests.functional.conftest import TestClock

PAYLOAD = {"secret": "a planted word"}


class Recipient:
    """A handler that remembers what came and fails as it is told."""

    def __init__(self, *faults: Exception) -> None:
        self.received: list[Mapping[str, Any]] = []
        self._faults = list(faults)

    async def __call__(self, payload: Mapping[str, Any]) -> None:
        self.received.append(payload)
        if self._faults:
            raise self._faults.pop(0)


async def put(platform: Platform, *, kind: str = "note", **payload: object) -> str:
    async with platform.database.transaction() as connection:
        return str(await platform.outbox.put(connection, kind, payload or PAYLOAD))


async def deliver(platform: Platform, recipient: Recipient) -> int:
    return await Courier(platform.outbox, {"note": recipient}).deliver_due()


async def read(platform: Platform, column: str) -> Any:
    return await platform.database.pool.fetchval(f"select {column} from outbox_message")


async def test_what_is_rolled_back_is_never_delivered(platform: Platform) -> None:
    async def fail() -> None:
        async with platform.database.transaction() as connection:
            await platform.outbox.put(connection, "note", PAYLOAD)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    recipient = Recipient()
    assert await deliver(platform, recipient) == 0
    assert not platform.outbox.news.is_set()
    assert await read(platform, "count(*)") == 0


async def test_a_message_is_delivered_once_and_kept_for_a_week(platform: Platform, clock: TestClock) -> None:
    await put(platform)
    recipient = Recipient()
    assert [await deliver(platform, recipient), await deliver(platform, recipient)] == [1, 0]
    assert recipient.received == [PAYLOAD]
    clock.advance(days=7)
    await platform.outbox.clean_up()
    assert await read(platform, "count(*)") == 1
    clock.advance(seconds=1)
    await platform.outbox.clean_up()
    assert await read(platform, "count(*)") == 0


async def test_the_database_does_not_know_what_a_message_says(platform: Platform) -> None:
    await put(platform)
    dump = await read(platform, "sealed_payload")
    assert b"planted" not in dump


async def test_a_message_cannot_pass_for_one_of_another_kind(platform: Platform) -> None:
    async with platform.database.transaction() as connection:
        await platform.outbox.put(connection, "note", PAYLOAD, person_id=PersonId(uuid4()))
    sealed = await read(platform, "sealed_payload")
    with pytest.raises(SealError):
        platform.outbox.unseal(Message(NOBODY, uuid4(), "mail", sealed, 0))


async def test_no_message_is_in_the_hands_of_two_workers(platform: Platform) -> None:
    for number in range(30):
        await put(platform, number=number)
    held: set[int] = set()
    received: list[int] = []

    async def hold(payload: Mapping[str, Any]) -> None:
        number = payload["number"]
        assert number not in held
        held.add(number)
        await asyncio.sleep(0.01)
        held.remove(number)
        received.append(number)

    workers = [Courier(platform.outbox, {"note": hold}) for _ in range(8)]
    while sum(await asyncio.gather(*(worker.deliver_due() for worker in workers))):
        pass
    assert sorted(received) == list(range(30))
    assert await read(platform, "max(attempts)") == 1


async def test_who_fails_is_asked_again_later_and_later(platform: Platform, clock: TestClock) -> None:
    await put(platform)
    recipient = Recipient(DeliveryError("the host is down"), RuntimeError("a private word"))
    assert await deliver(platform, recipient) == 1
    assert await read(platform, "last_error") == "the host is down"
    assert await deliver(platform, recipient) == 0
    clock.advance(seconds=10)
    assert await deliver(platform, recipient) == 1
    assert await read(platform, "last_error") == "RuntimeError"
    clock.advance(seconds=9)
    assert await deliver(platform, recipient) == 0
    clock.advance(seconds=11)
    assert await deliver(platform, recipient) == 1
    assert await read(platform, "delivered_at") == clock.now
    assert len(recipient.received) == 3


async def test_who_always_fails_leaves_a_dead_letter_that_support_sees_and_sends_anew(
    platform: Platform, clock: TestClock
) -> None:
    message_id = await put(platform)
    recipient = Recipient(*(DeliveryError("refused") for _ in range(ATTEMPTS_MAXIMUM)))
    for _ in range(ATTEMPTS_MAXIMUM):
        assert message_id in await list_outbox(platform.outbox, is_dead=False)
        assert await deliver(platform, recipient) == 1
        clock.advance(hours=6)
    assert await deliver(platform, recipient) == 0
    shown = await list_outbox(platform.outbox, is_dead=True)
    assert message_id in shown
    assert "refused" in shown
    assert "planted" not in shown
    assert await list_outbox(platform.outbox, is_dead=False) == "Nothing waits in the outbox."
    await retry_message(platform.outbox, message_id)
    assert await deliver(platform, recipient) == 1
    assert await list_outbox(platform.outbox, is_dead=True) == "There are no dead letters."


async def test_what_cannot_be_mended_is_not_tried_again(platform: Platform) -> None:
    await put(platform)
    await deliver(platform, Recipient(DeliveryError("no such person", is_final=True)))
    assert await read(platform, "dead_at") is not None


@pytest.mark.parametrize("message_id", ["", "x", str(NOBODY)])
async def test_support_is_told_when_there_is_nothing_to_retry(platform: Platform, message_id: str) -> None:
    with pytest.raises(NotFoundError):
        await retry_message(platform.outbox, message_id)


async def test_what_was_delivered_cannot_be_sent_anew(platform: Platform) -> None:
    message_id = await put(platform)
    await deliver(platform, Recipient())
    with pytest.raises(NotFoundError):
        await retry_message(platform.outbox, message_id)


async def test_what_a_worker_took_into_its_grave_comes_again_after_the_lease(
    platform: Platform, clock: TestClock
) -> None:
    await put(platform)

    async def die(_: Mapping[str, Any]) -> None:
        raise asyncio.CancelledError

    with suppress(asyncio.CancelledError):
        await Courier(platform.outbox, {"note": die}).deliver_due()
    recipient = Recipient()
    clock.now += LEASE / 2
    assert await deliver(platform, recipient) == 0
    clock.now += LEASE / 2
    assert await deliver(platform, recipient) == 1


async def test_a_message_that_ends_every_worker_is_given_up(platform: Platform, clock: TestClock) -> None:
    await put(platform)
    for _ in range(ATTEMPTS_MAXIMUM):
        async with platform.database.transaction() as connection:
            await store.claim_messages(connection, ["note"], clock.now, clock.now + LEASE, 1)
        clock.now += LEASE
    recipient = Recipient()
    assert await deliver(platform, recipient) == 1
    assert recipient.received == []
    assert await read(platform, "dead_at") is not None


async def test_a_worker_that_comes_back_late_does_not_overrule_the_next(
    platform: Platform, clock: TestClock
) -> None:
    await put(platform)
    async with platform.database.transaction() as connection:
        [late] = await store.claim_messages(connection, ["note"], clock.now, clock.now + LEASE, 1)
    clock.now += LEASE
    async with platform.database.transaction() as connection:
        [_] = await store.claim_messages(connection, ["note"], clock.now, clock.now + LEASE, 1)
    async with platform.database.transaction() as connection:
        assert not await store.settle_message(connection, late, due_at=clock.now, delivered_at=clock.now)
    assert await read(platform, "delivered_at") is None


async def test_a_kind_without_a_handler_waits_and_is_given_up_after_a_month(
    platform: Platform, clock: TestClock
) -> None:
    await put(platform, kind="mail")
    assert await deliver(platform, Recipient()) == 0
    assert await Courier(platform.outbox, {}).deliver_due() == 0
    clock.advance(days=31)
    await platform.outbox.clean_up()
    assert "nothing delivers this kind" in await list_outbox(platform.outbox, is_dead=True)
    clock.advance(days=91)
    await platform.outbox.clean_up()
    assert await read(platform, "count(*)") == 0


async def test_a_running_worker_hears_of_news_after_the_commit(platform: Platform) -> None:
    arrived = asyncio.Event()

    async def take(_: Mapping[str, Any]) -> None:
        arrived.set()

    async with platform.database.transaction() as connection:
        await platform.outbox.put(connection, "note", PAYLOAD)
        assert not platform.outbox.news.is_set()
    assert platform.outbox.news.is_set()
    task = asyncio.create_task(Courier(platform.outbox, {"note": take}).run())
    await asyncio.wait_for(arrived.wait(), 30)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
