"""Erasing all that is kept of a person's samples."""

from borvo.dataserver.export import store as exports
from borvo.dataserver.service import DataServer
from borvo.dataserver.snapshots import shared_store as shared_snapshots
from borvo.dataserver.snapshots import store as snapshots
from borvo.dataserver.write_store import erase_samples
from borvo.kernel.ids import PersonId
from borvo.storage.database import Connection
from borvo.storage.security_events.model import SecurityEvent, SecurityEventKind


async def erase_person(
    server: DataServer, connection: Connection, person_id: PersonId, *, actor: str = ""
) -> None:
    """Samples, what they were before, their counts, results of queries that show them or that she asked for, and
    exports with their files: within the caller's transaction, which writes down that it was done, and by whom unless it
    was herself. Whatever is under way is waited for, or finds that it came too late: nothing of it is left. What stays
    is a number, how often her samples were changed: by it clients learn that their copies and bookmarks are void. It
    waits for locks, so it comes before other changes of the transaction.
    """
    await snapshots.halt_making(connection)
    await exports.lock_exports(connection, person_id)
    count = await connection.fetchval(
        "select coalesce(sum(samples), 0)::bigint from sample_count where person_id = $1", person_id
    )
    await erase_samples(connection, person_id)
    results = await snapshots.delete_snapshots(connection, person_id)
    results += await shared_snapshots.delete_snapshots(connection, person_id)
    files = await exports.delete_exports(connection, person_id)
    detail = {"samples": count, "snapshots": results, "exports": files}
    event = SecurityEvent(SecurityEventKind.SAMPLES_ERASED, person_id, actor=actor, detail=detail)
    await server.events.record(connection, event)
