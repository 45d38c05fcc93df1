"""Making parts ahead of time, and letting what is old go."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial

import asyncpg
import structlog

from borvo.dataserver.ageing import store
from borvo.dataserver.ageing.model import decide_width, find_old, plan_parts
from borvo.dataserver.service import DataServer
from borvo.storage.database import Connection

_WAIT = "200ms"
"""How long others may have to wait behind a change of the table that itself waits for a long statement."""
_REFUSALS = (
    asyncpg.LockNotAvailableError,
    asyncpg.CheckViolationError,
    asyncpg.InsufficientPrivilegeError,
    # As a cluster may say.
    asyncpg.FeatureNotSupportedError,
    asyncpg.DeadlockDetectedError,
    TimeoutError,
)

log = structlog.get_logger(__name__)


async def age_past(server: DataServer) -> None:
    """One round: what samples were goes once it is no longer kept, and there are parts for what comes. Every worker
    does it, one at a time; what cannot be changed now is left to a later round."""
    async with server.database.connection() as connection:
        is_owner = await store.is_owner(connection)
    # Rows can be deleted by whoever writes them, parts made and dropped by the owner alone.
    for change in (_make_next, _drop_old, _delete_stray) if is_owner else (_delete_ended,):
        await _try(server, partial(change, now=server.clock(), kept=server.retention.past))


async def _try(server: DataServer, change: Callable[[Connection], Awaitable[None]]) -> None:
    """Each in a transaction of its own: what one cannot do does not undo the other."""
    try:
        async with server.database.transaction() as connection:
            await store.take_turn(connection, _WAIT)
            await change(connection)
    except _REFUSALS as fault:
        log.info("parts of sample_past stay as they are for now", reason=str(fault))


async def _delete_ended(connection: Connection, *, now: datetime, kept: timedelta) -> None:
    await store.delete_ended(connection, now - kept)


async def _delete_stray(connection: Connection, *, now: datetime, kept: timedelta) -> None:
    await store.delete_stray(connection, now - kept)


async def _drop_old(connection: Connection, *, now: datetime, kept: timedelta) -> None:
    if old := find_old(await store.list_parts(connection), now - kept):
        await store.drop_parts(connection, old)


async def _make_next(connection: Connection, *, now: datetime, kept: timedelta) -> None:
    for part in plan_parts(await store.list_parts(connection), now, decide_width(kept)):
        await store.make_part(connection, part)
