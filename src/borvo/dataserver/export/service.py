"""What a person does with exports of her samples."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

from borvo.accounts.public import Login
from borvo.dataserver.export import store
from borvo.dataserver.export.model import Export, Format, State, judge_request
from borvo.dataserver.export.rendering import unpack
from borvo.dataserver.service import DataServer
from borvo.kernel.entropy import create_uuid
from borvo.kernel.errors import NotFoundError
from borvo.kernel.ids import PersonId
from borvo.kernel.text import say
from borvo.storage.security_events.model import SecurityEvent, SecurityEventKind


async def list_exports(server: DataServer, person_id: PersonId) -> list[Export]:
    """The newest first."""
    async with server.database.connection() as connection:
        return await store.list_exports(connection, person_id, server.clock())


async def request_export(server: DataServer, login: Login, format_: Format) -> str | None:
    """Why not, when she may not have one more now."""
    now, person_id = server.clock(), login.person.id
    async with server.database.transaction() as connection:
        await store.lock_exports(connection, person_id)
        if refusal := judge_request(await store.list_exports(connection, person_id, now)):
            return refusal
        export_id = create_uuid(now, server.entropy)
        expires_at = now + server.retention.export
        await store.insert_export(connection, person_id, export_id, format_, now, expires_at)
        event = SecurityEvent(SecurityEventKind.EXPORT_REQUESTED, person_id, detail={"format": format_})
        await server.events.record(connection, event)
    return None


async def open_export(server: DataServer, login: Login, export_id: UUID | None) -> Export:
    """Of her own, finished, for one download, which is written down. Raises `NotFoundError` alike for what is
    another's, unfinished, expired or unknown."""
    exports = await list_exports(server, login.person.id)
    export = next((each for each in exports if each.id == export_id and each.state is State.READY), None)
    if export is None:
        raise NotFoundError(say("There is no such export, or it has expired. Ask for a new one."))
    async with server.database.transaction() as connection:
        event = SecurityEvent(
            SecurityEventKind.EXPORT_DOWNLOADED, login.person.id, detail={"format": export.format}
        )
        await server.events.record(connection, event)
    return export


async def stream_export(server: DataServer, export: Export) -> AsyncIterator[bytes]:
    """The file, part by part; no connection is held in between, however slowly it is read."""
    for number in range(1, export.parts + 1):
        async with server.database.connection() as connection:
            content = await store.load_part(connection, export.person_id, export.id, number)
        if content is None:
            # Deleted meanwhile: the length that was announced tells the browser that this is not all.
            return
        yield await asyncio.to_thread(unpack, content)


async def delete_export(server: DataServer, person_id: PersonId, export_id: UUID | None) -> None:
    """Gone already, or never there: what was wanted is so."""
    if export_id is not None:
        async with server.database.connection() as connection:
            await store.delete_export(connection, person_id, export_id)
