"""The worker that delivers what lies in the outbox; every process runs one."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

import structlog

from borvo.storage.outbox import store
from borvo.storage.outbox.messages import Outbox
from borvo.storage.outbox.model import (
    ATTEMPTS_MAXIMUM,
    HANDLING,
    LEASE,
    DeliveryError,
    Handler,
    Message,
    find_delay,
    is_hopeless,
)

_AT_ONCE = 10
_POLL_EVERY = 1.0
_AFTER_FAULT = 5.0

log = structlog.get_logger(__name__)


class Courier:
    """Takes messages with a lease and delivers them outside of any transaction.

    A lease that lapses is taken by another: whoever has died has delivered or not, nobody knows, so a message comes
    at least once and sometimes twice. Messages of a kind without a handler wait.
    """

    def __init__(self, outbox: Outbox, handlers: Mapping[str, Handler]) -> None:
        self._outbox = outbox
        self.handlers = handlers

    async def run(self) -> None:
        """Until it is cancelled. News of this process is delivered at once, that of others within a second."""
        while True:
            self._outbox.news.clear()
            try:
                if await self.deliver_due():
                    continue
                pause = _POLL_EVERY
            except Exception:
                # Whatever one round stumbles over, a crowd at the database too, must not be the last.
                log.exception("the outbox cannot be read; it will be tried again")
                pause = _AFTER_FAULT
            with suppress(TimeoutError):
                await asyncio.wait_for(self._outbox.news.wait(), pause)

    async def deliver_due(self) -> int:
        """Attempts what is due, a few messages side by side; how many that were."""
        if not self.handlers:
            return 0
        now = self._outbox.clock()
        async with self._outbox.database.transaction() as connection:
            messages = await store.claim_messages(connection, self.handlers, now, now + LEASE, _AT_ONCE)
        ends = await asyncio.gather(*(self._deliver(message) for message in messages), return_exceptions=True)
        for fault in (end for end in ends if end is not None):
            raise fault
        return len(messages)

    async def _deliver(self, message: Message) -> None:
        fault = await self._attempt(message)
        now = self._outbox.clock()
        async with self._outbox.database.transaction() as connection:
            if fault is None:
                await store.settle_message(connection, message, due_at=now, delivered_at=now)
                return
            is_dead = fault.is_final or is_hopeless(message.attempts)
            await store.settle_message(
                connection,
                message,
                due_at=self._find_next(message, now),
                last_error=str(fault)[:300],
                dead_at=now if is_dead else None,
            )
        _report(message, fault, is_dead=is_dead)

    def _find_next(self, message: Message, now: datetime) -> datetime:
        chance = int.from_bytes(self._outbox.entropy(4), "big") / 2**32
        return now + find_delay(message.attempts, chance)

    async def _attempt(self, message: Message) -> DeliveryError | None:
        """Why it failed, without a word that was not meant for support."""
        if message.attempts > ATTEMPTS_MAXIMUM:
            return DeliveryError("no attempt ever came to an end", is_final=True)
        try:
            async with asyncio.timeout(HANDLING.total_seconds()):
                await self.handlers[message.kind](self._outbox.unseal(message))
        except DeliveryError as fault:
            return fault
        except Exception as fault:  # noqa: BLE001  (a fault of one handler must not end the worker)
            return DeliveryError(type(fault).__name__)
        return None


def _report(message: Message, fault: DeliveryError, *, is_dead: bool) -> None:
    log.warning(
        "a message became a dead letter"
        if is_dead
        else "a message was not delivered; it will be tried again",
        message_id=str(message.id),
        kind=message.kind,
        attempts=message.attempts,
        reason=str(fault),
    )
