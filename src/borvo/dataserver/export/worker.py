"""The worker that makes exports; every process runs one.

It keeps each part in a transaction of its own, together with how far it is. Whoever takes an export up after a crash
goes on behind the last part that was kept, so the file is the same as without the crash.
"""

import asyncio
from dataclasses import replace

import structlog

from borvo.dataserver.export import store
from borvo.dataserver.export.model import ATTEMPTS_MAXIMUM, Export
from borvo.dataserver.export.rendering import pack, render_part
from borvo.dataserver.model import StoredSample
from borvo.dataserver.service import DataServer

PART = 5_000
"""Samples in one part: about a megabyte of text, and all that is in memory of a file however long."""
_POLL_EVERY = 2.0
_AFTER_FAULT = 10.0

log = structlog.get_logger(__name__)


async def run_exports(server: DataServer) -> None:
    """Until it is cancelled."""
    while True:
        pause = _POLL_EVERY
        try:
            while await make_next(server):
                pass
        except Exception:
            # Whatever one round stumbles over, a crowd at the database too, must not be the last.
            log.exception("exports cannot be made; it will be tried again")
            pause = _AFTER_FAULT
        await asyncio.sleep(pause)


async def make_next(server: DataServer) -> bool:
    """Makes the export that waits longest; False when there is none."""
    async with server.database.transaction() as connection:
        export = await store.claim_export(connection, server.clock())
        if export and export.attempts > ATTEMPTS_MAXIMUM:
            await store.give_up_export(connection, export, server.clock())
            return True
    if export is None:
        return False
    current: Export | None = export
    while current and not current.finished_at:
        current = await make_part(server, current)
    return True


async def make_part(server: DataServer, export: Export) -> Export | None:
    """One more part; None when another goes on with the export, or it is gone."""
    async with server.database.connection() as connection:
        samples = await store.load_batch(connection, export, PART)
    is_last = len(samples) < PART
    text = await asyncio.to_thread(_render, export, samples, is_last=is_last)
    now = server.clock()
    ahead = replace(
        export,
        written=export.written + len(samples),
        parts=export.parts + 1,
        size=export.size + text[1],
        after_id=samples[-1].id if samples else export.after_id,
        finished_at=now if is_last else None,
        expires_at=now + server.retention.export,
    )
    async with server.database.connection() as connection:
        is_kept = await store.add_part(connection, export, text[0], ahead, now)
    return ahead if is_kept else None


def _render(export: Export, samples: list[StoredSample], *, is_last: bool) -> tuple[bytes, int]:
    """The part as it is kept, and its length as it is read."""
    text = render_part(
        export.format, samples, str(export.person_id), is_first=export.parts == 0, is_last=is_last
    )
    return pack(text), len(text)
