"""What a worker does beside answering: opening and closing, cleaning up, and writing what was noted."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import timedelta
from itertools import count

import structlog
from litestar import Litestar

from borvo.accounts import public as accounts
from borvo.agency import public as agency
from borvo.assembly.wiring import Platform
from borvo.dataserver import public as dataserver
from borvo.identity import public as identity
from borvo.organisations import public as organisations
from borvo.portal import public as portal
from borvo.storage.database import DATABASE_ABSENCES
from borvo.storage.security_events.streaming import SinkError, Stream
from borvo.support import public as support
from borvo.web.loop_delay import watch_loop

_CLEAN_UP_EVERY = 600.0
_WATCH_EVERY = 5.0
_TELL_EVERY = 720
"""Looks at the security events: about an hour."""
_PATIENCE = 60.0
_LOOK_AGAIN = 0.2

log = structlog.get_logger(__name__)


async def clean_up(platform: Platform) -> None:
    """One round: deletes whatever has had its time. Every worker does it, which costs little: what one has deleted the
    next does not find."""
    await identity.clean_up(platform.identity)
    await platform.identity.cabinet.maintain()
    await accounts.clean_up(platform.accounts, timedelta(days=platform.settings.ended_session_days))
    await accounts.erase_due(platform.accounts)
    await accounts.remove_lost_factors(platform.accounts)
    await accounts.wake_roles(platform.accounts)
    await portal.maintain(platform.portal)
    await portal.clean_up(platform.portal)
    await dataserver.clean_up(platform.dataserver)
    await agency.clean_up(platform.agency)
    await agency.send_reminders(platform.agency)
    await organisations.clean_up(platform.organisations)
    settings = platform.settings
    await platform.outbox.clean_up(
        timedelta(days=settings.delivered_message_days), timedelta(days=settings.undelivered_message_days)
    )
    events = support.open_log(platform.database, platform.keyring, settings.security_event_days)
    async with platform.database.transaction() as connection:
        await platform.events.clean_up(connection, settings.security_event_days)
        await events.chain.shorten(connection, events.kept)


async def _clean_up_regularly(platform: Platform) -> None:
    # At once, so that processes that never live for long make room for what comes, too.
    await _attempt(dataserver.age_past(platform.dataserver))
    while True:
        await asyncio.sleep(_CLEAN_UP_EVERY)
        await _attempt(clean_up(platform))


async def _attempt(work: Awaitable[None]) -> None:
    try:
        await work
    except Exception:
        # Whatever one round stumbles over, a crowd at the database too, must not end all that follow.
        log.exception("clean-up failed; it will be tried again")


def list_notes(platform: Platform) -> list[tuple[portal.Flush, float]]:
    """What is noted while clients wait and written later: what writes it, and how many seconds it may take."""
    return [
        (platform.portal.usage.flush, portal.USAGE_FLUSH.total_seconds()),
        (platform.identity.activity.flush, portal.ACTIVITY_FLUSH.total_seconds()),
        (platform.identity.client_limiter.peaks.flush, portal.ACTIVITY_FLUSH.total_seconds()),
        (platform.portal.verifier.uses.flush, portal.USE_FLUSH),
        (platform.identity.refusals.flush, portal.REFUSAL_FLUSH),
        (platform.identity.consent_uses.flush, identity.USE_FLUSH),
    ]


async def _watch_events(platform: Platform) -> None:
    """Links security events and sends them on. One worker at a time does either."""
    settings = platform.settings
    log_of_events = support.open_log(platform.database, platform.keyring, settings.security_event_days)
    sink = settings.security_event_sink
    stream = (
        Stream(platform.database, platform.clock, support.build_sink(sink, settings.issuer)) if sink else None
    )
    for look in count():
        await asyncio.sleep(_WATCH_EVERY)
        try:
            await support.seal_due(log_of_events)
            if look % _TELL_EVERY == 0:
                # Where logs of processes go, whoever owns the database cannot cut off its end unseen.
                log.info("end of the security event log", head=await support.read_head(log_of_events))
            while stream and await stream.send_due():
                pass
        except SinkError as fault:
            log.warning("security events could not be sent on; they wait", reason=str(fault))
        except Exception:  # as above
            log.exception("security events could not be linked; they wait")


def _write_regularly(platform: Platform) -> Iterator[asyncio.Task[None]]:
    for flush, every in list_notes(platform):
        yield asyncio.create_task(portal.write_regularly(platform.database, flush, every))


async def _open(platform: Platform) -> None:
    """Waits for a database that is away for a while, as one that recovers from a crash is. A worker that cannot start
    ends its server, and one that takes the place of another starts at any time."""
    loop = asyncio.get_running_loop()
    until = loop.time() + _PATIENCE
    while True:
        try:
            await platform.database.open()
            # Makes the signing keys on the first start, and says at once when they cannot be unsealed.
            await platform.identity.cabinet.current()
        except BaseException as fault:
            await platform.database.close()
            if not isinstance(fault, DATABASE_ABSENCES) or loop.time() > until:
                raise
            log.warning("waiting for the database", reason=type(fault).__name__)
            await asyncio.sleep(_LOOK_AGAIN)
        else:
            return


def build_lifespan(platform: Platform) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """Around the life of one worker."""

    @asynccontextmanager
    async def live(_: Litestar) -> AsyncIterator[None]:
        await _open(platform)
        async with AsyncExitStack() as stack:
            # In turn from the last one on, each whatever becomes of those before.
            stack.push_async_callback(platform.database.close)
            stack.push_async_callback(platform.companion.close)
            platform.companion.open()
            tasks = [
                asyncio.create_task(_clean_up_regularly(platform)),
                asyncio.create_task(platform.courier.run()),
                asyncio.create_task(dataserver.run_exports(platform.dataserver)),
                asyncio.create_task(_watch_events(platform)),
                *_write_regularly(platform),
            ]
            if platform.settings.metrics_port:
                tasks.append(asyncio.create_task(watch_loop()))
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    return live
