"""What wraps every request: its id, log line, metrics, security headers, and one spelling of paths."""

import re
import time
from collections.abc import Iterable, MutableMapping
from functools import cache, partial
from typing import Any

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send
from prometheus_client import Counter, Histogram

from borvo.kernel.entropy import Entropy
from borvo.kernel.origin import Origin, within_origin
from borvo.web.addresses import find_address
from borvo.web.pages import DEFAULT_CSP

REQUESTS = Counter("borvo_requests", "Requests answered", ["method", "route", "status"])
SECONDS = Histogram("borvo_request_seconds", "Time to the first byte of the answer", ["route"])

_GIVEN_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_SLASHES = re.compile(r"/{2,}")
_RAW_SLASHES = re.compile(rb"//+")

_METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

log = structlog.get_logger("borvo.request")


def _list_security_headers(*, secure: bool) -> list[tuple[bytes, bytes]]:
    headers = {
        "content-security-policy": DEFAULT_CSP,
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
    }
    if secure:
        headers["strict-transport-security"] = "max-age=31536000; includeSubDomains"
    return [(name.encode(), value.encode()) for name, value in headers.items()]


class Observation:
    """The outermost ASGI layer, so that even what the framework answers by itself is covered."""

    def __init__(self, app: ASGIApp, *, entropy: Entropy, secure: bool, trusted_proxies: int = 0) -> None:
        self._app = app
        self._trusted_proxies = trusted_proxies
        self._entropy = entropy
        self._headers = _list_security_headers(secure=secure)
        self._names = {name for name, _ in self._headers}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            await self._observe(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _observe(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        if scope["method"] == "HEAD":
            # RFC 9110 9.3.2: answered as GET; the HTTP server, which keeps its own scope, leaves the body out.
            scope = {**scope, "method": "GET"}
        extended: MutableMapping[str, Any] = scope  # type: ignore[assignment]
        request_id = self._identify(scope)
        extended["borvo_request_id"] = request_id
        if "\x00" in scope["path"]:
            # No file system takes it, and nothing of ours has it in its name.
            scope["path"] = scope["path"].replace("\x00", "\ufffd")
        if "//" in scope["path"]:
            # Contract 5: Refit appends paths to a base path that may end in a slash.
            scope["path"] = _SLASHES.sub("/", scope["path"])
            # As it was sent: whether a slash was percent-encoded is still to be seen there.
            extended["raw_path"] = _RAW_SLASHES.sub(b"/", scope["raw_path"])
        with within_origin(Origin(request_id, partial(self._find_address, scope))):
            await self._app(scope, receive, self._wrap(send, scope, request_id))

    def _find_address(self, scope: HTTPScope) -> str:
        return find_address(scope, self._trusted_proxies)

    def _identify(self, scope: HTTPScope) -> str:
        for name, value in scope["headers"]:
            if name == b"x-request-id" and _GIVEN_ID.fullmatch(value):
                return value.decode()
        return self._entropy(8).hex()

    def _list_missing(self, present: set[bytes]) -> Iterable[tuple[bytes, bytes]]:
        """The security headers that an answer does not set itself, as pages do."""
        if present.isdisjoint(self._names):
            return self._headers
        return [pair for pair in self._headers if pair[0] not in present]

    def _wrap(self, send: Send, scope: HTTPScope, request_id: str) -> Send:
        started = time.perf_counter()

        async def observe(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                headers += self._list_missing({name.lower() for name, _ in headers})
                headers.append((b"x-request-id", request_id.encode()))
                message["headers"] = headers
                _record(scope, message["status"], time.perf_counter() - started)
            await send(message)

        return observe


def _record(scope: HTTPScope, status: int, seconds: float) -> None:
    # The route's pattern, never the path: paths may hold what must not be logged, and are unbounded.
    route = str(scope.get("path_template") or "unmatched")
    _count(scope["method"], route, status).inc()
    _time(route).observe(seconds)
    log.info("request", method=scope["method"], route=route, status=status, ms=round(seconds * 1000, 2))


@cache
def _count(method: str, route: str, status: int) -> Counter:
    return REQUESTS.labels(method if method in _METHODS else "other", route, status)


@cache
def _time(route: str) -> Histogram:
    return SECONDS.labels(route)
