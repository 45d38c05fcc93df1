"""Liveness and readiness."""

from collections.abc import Awaitable, Callable

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from borvo.web.csrf import WITHOUT_CSRF

IsReady = NamedDependency[SkipValidation[Callable[[], Awaitable[bool]]]]


@get("/health/live", opt=WITHOUT_CSRF, include_in_schema=False, sync_to_thread=False)
def answer_live() -> dict[str, str]:
    """The process answers."""
    return {"status": "live"}


@get("/health/ready", opt=WITHOUT_CSRF, include_in_schema=False)
async def answer_ready(is_ready: IsReady) -> Response[dict[str, str]]:
    """The database answers too."""
    if not await is_ready():
        return Response({"status": "the database does not answer"}, status_code=503)
    return Response({"status": "ready"})
