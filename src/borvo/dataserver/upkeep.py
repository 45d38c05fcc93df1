"""What is done with samples beside answering."""

from borvo.dataserver.ageing.service import age_past
from borvo.dataserver.export import store as exports
from borvo.dataserver.service import DataServer
from borvo.dataserver.snapshots import shared_store as shared_snapshots
from borvo.dataserver.snapshots import store as snapshots


async def clean_up(server: DataServer) -> None:
    """Deletes what has expired, and what is not kept for longer."""
    now = server.clock()
    async with server.database.connection() as connection:
        await snapshots.delete_expired(connection, now)
        await shared_snapshots.delete_expired(connection, now)
        await exports.delete_expired(connection, now)
    await age_past(server)
