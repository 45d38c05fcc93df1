"""Answers to scripts of other origins (CORS, the Fetch standard 3.2).

For the origins of registered clients only, and only where an app in a browser has to call. Never with credentials: no
cookie counts here."""

from collections.abc import MutableMapping
from datetime import datetime, timedelta

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from borvo.identity.service.collaborators import Identity
from borvo.identity.store import is_client_origin
from borvo.web.addresses import parse_origin
from borvo.web.requests import find_header

PATHS = frozenset(
    {
        "/.well-known/openid-configuration",
        "/.well-known/openid-configuration/jwks",
        "/.well-known/oauth-authorization-server",
        "/connect/token",
        "/connect/userinfo",
    }
)
_MEMORY = 1024
_REMEMBERED = timedelta(seconds=60)
_LONGEST = 300
_PREFLIGHT = [
    (b"access-control-allow-methods", b"GET, POST"),
    (b"access-control-allow-headers", b"authorization, content-type, dpop"),
    (b"access-control-max-age", b"600"),
]
_VARY = (b"vary", b"Origin")

Headers = list[tuple[bytes, bytes]]


class CrossOrigin:
    """A layer around the application. What it learns about an origin it remembers for a minute, since it decides about
    nobody's access: that takes a token or a secret."""

    def __init__(self, app: ASGIApp, identity: Identity) -> None:
        self._app = app
        self._identity = identity
        self._known: dict[str, tuple[bool, datetime]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["path"] not in PATHS:
            await self._app(scope, receive, send)
            return
        origin = find_header(scope, b"origin")
        allowed = await self._allow(origin) if origin else []
        if scope["method"] == "OPTIONS" and find_header(scope, b"access-control-request-method"):
            headers = [*allowed, _VARY, *(_PREFLIGHT if allowed else [])]
            await send({"type": "http.response.start", "status": 204, "headers": headers})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        await self._app(scope, receive, add_headers(send, [*allowed, _VARY]))

    async def _allow(self, origin: str) -> Headers:
        if len(origin) > _LONGEST or parse_origin(origin) != origin or not await self._is_known(origin):
            return []
        return [
            (b"access-control-allow-origin", origin.encode()),
            (b"access-control-expose-headers", b"www-authenticate, dpop-nonce"),
        ]

    async def _is_known(self, origin: str) -> bool:
        now = self._identity.clock()
        found = self._known.get(origin)
        if found is not None and now < found[1]:
            return found[0]
        async with self._identity.database.connection() as connection:
            is_known = await is_client_origin(connection, origin)
        self._known.pop(origin, None)
        if len(self._known) >= _MEMORY:
            # The oldest: dictionaries keep the order of insertion.
            del self._known[next(iter(self._known))]
        self._known[origin] = (is_known, now + _REMEMBERED)
        return is_known


def add_headers(send: Send, added: Headers) -> Send:
    """Sends the same with more headers."""

    async def extend(message: Message) -> None:
        if message["type"] == "http.response.start":
            extended: MutableMapping[str, object] = message  # type: ignore[assignment]
            extended["headers"] = [*message.get("headers", []), *added]
        await send(message)

    return extend
