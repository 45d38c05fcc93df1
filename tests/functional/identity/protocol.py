"""The addresses of the protocol, taken from the application itself, so that none is forgotten; and bytes sent to them
past every client library."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from litestar import Litestar
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, HTTPRequestEvent, Message

from tests.functional.conftest import ISSUER

ROOTS = ("/connect/", "/.well-known/", "/account/device")
# Where a person answers what she is asked: pages of ours that no program of others calls.
ANSWERS = {
    "/connect/authorize/continue",
    "/connect/authorize/decision",
    "/connect/endsession/confirm",
    "/account/device",
    "/account/device/decision",
}


def list_addresses(app: Litestar) -> Iterator[tuple[str, set[str]]]:
    """Each path with its methods; a path with a name in it has the name of a parameter there, as `{client_id}`."""
    for route in app.routes:
        if isinstance(route, HTTPRoute) and route.path.startswith(ROOTS):
            yield re.sub(r":\w+\}", "}", route.path), {str(method) for method in route.methods}


Headers = list[tuple[bytes, bytes]]


@dataclass
class Sent:
    """One request, every part of it as bytes."""

    method: str
    path: str
    query: bytes = b""
    headers: Headers = field(default_factory=list)
    pieces: list[bytes] = field(default_factory=list)


@dataclass
class Got:
    status: int = 0
    headers: Headers = field(default_factory=list)
    body: bytes = b""

    def find(self, name: bytes) -> list[bytes]:
        return [value for key, value in self.headers if key.lower() == name]


async def deliver(app: ASGIApp, sent: Sent, network: int) -> Got:
    """What a server would hand over. Each network is another address, so that no limit ends a test early."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": sent.method,
        "scheme": urlsplit(ISSUER).scheme,
        "path": sent.path,
        "raw_path": sent.path.encode(),
        "root_path": "",
        "query_string": sent.query,
        "headers": [(name.lower(), value) for name, value in sent.headers],
        "client": (f"10.{network >> 16 & 255}.{network >> 8 & 255}.{network & 255}", 1),
        "server": ("localhost", 8000),
        "state": {},
    }
    got, waiting = Got(), list(sent.pieces)

    async def receive() -> HTTPRequestEvent:
        body = waiting.pop(0) if waiting else b""
        return {"type": "http.request", "body": body, "more_body": bool(waiting)}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            got.status, got.headers = message["status"], [(bytes(n), bytes(v)) for n, v in message["headers"]]
        elif message["type"] == "http.response.body":
            got.body += message.get("body", b"")

    await app(scope, receive, send)  # type: ignore[arg-type]
    return got
