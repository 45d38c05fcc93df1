"""The parts in which lies what samples were."""

from borvo.assembly import Platform
from borvo.dataserver.ageing import store
from borvo.dataserver.ageing.model import Part


async def list_parts(platform: Platform) -> list[Part]:
    """In the order of time."""
    async with platform.database.connection() as connection:
        return await store.list_parts(connection)
