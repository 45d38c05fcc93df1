"""Liveness and readiness."""

import asyncpg
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from borvo.storage.database import Database

_REASONS = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)


@get("/health/live", opt={"exclude_from_csrf": True}, include_in_schema=False, sync_to_thread=False)
def answer_live() -> dict[str, str]:
    """The process answers."""
    return {"status": "live"}


@get("/health/ready", opt={"exclude_from_csrf": True}, include_in_schema=False)
async def answer_ready(database: NamedDependency[SkipValidation[Database]]) -> Response[dict[str, str]]:
    """The database answers too."""
    try:
        async with database.connection() as connection:
            await connection.fetchval("select 1")
    except _REASONS:
        return Response({"status": "the database does not answer"}, status_code=503)
    return Response({"status": "ready"})
