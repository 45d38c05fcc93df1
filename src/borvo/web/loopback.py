"""Requests of the instance to itself: through its own application, and never out of it."""

import asyncio

import httpx
from litestar.types import ASGIApp

from borvo.web.addresses import parse_origin


class OutsideError(Exception):
    """A request was to leave the instance."""


class Loopback:
    """The instance's own application, once it is built, as a client elsewhere meets it: every layer is passed, and
    nothing is known of who asks but what the request says."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer
        self._app: ASGIApp | None = None

    def bind(self, app: ASGIApp) -> None:
        self._app = app

    def open(self, name: str) -> httpx.AsyncClient:
        """A client with cookies of its own that follows no redirects. `name` stands for its network address, so that
        limits by network count for it alone. Raises `OutsideError` for a request to any other origin."""
        if self._app is None:
            raise RuntimeError("the application is not built yet")
        transport = _Inside(self._app, self._issuer, name)
        return httpx.AsyncClient(transport=transport, base_url=self._issuer, trust_env=False)


class _Inside(httpx.AsyncBaseTransport):
    def __init__(self, app: ASGIApp, issuer: str, name: str) -> None:
        self._origin = parse_origin(issuer)
        self._inner = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=(name, 0))  # type: ignore[arg-type]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._origin is None or parse_origin(str(request.url)) != self._origin:
            raise OutsideError("only the instance itself is asked")
        # In a task of its own: what a request notes of itself for the log must not become the caller's.
        return await asyncio.create_task(self._inner.handle_async_request(request))
