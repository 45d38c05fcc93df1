"""An app's site: it keeps what is sent to it, and serves the documents that providers fetch."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import parse_qsl

from tests.conformance.serving import HOST, find_port, listen, serve, write_certificate

_PATIENCE = 120
Message = dict[str, Any]


@dataclass(frozen=True)
class Visit:
    """A request that came in."""

    method: str
    path: str
    query: dict[str, str]
    form: dict[str, str]
    media_type: str


def leave_form(_: dict[str, str]) -> None:
    """Forms are taken as they come."""


@dataclass
class RelyingParty:
    """Served by https at an address that no rule against `localhost` forbids. `certificate` is its own; `change_form`
    may change what forms say before it is kept."""

    origin: str
    certificate: Path
    documents: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    visits: list[Visit] = field(default_factory=list)
    change_form: Callable[[dict[str, str]], None] = leave_form
    _came: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.trust = ssl.create_default_context(cafile=str(self.certificate))

    def put(self, path: str, media_type: str, body: bytes) -> str:
        """Serves a document; its address."""
        self.documents[path] = media_type, body
        return self.origin + path

    def put_json(self, path: str, value: object) -> str:
        return self.put(path, "application/json", json.dumps(value).encode())

    def list_visits(self, path: str) -> list[Visit]:
        return [visit for visit in self.visits if visit.path == path]

    async def await_visit(self, path: str) -> Visit:
        """The first to the path; raises `TimeoutError` when nobody comes."""
        async with asyncio.timeout(_PATIENCE):
            while not (found := self.list_visits(path)):
                self._came.clear()
                await self._came.wait()
        return found[0]

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        assert scope["type"] == "http"
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        self._note(scope, body)
        media_type, content = self.documents.get(scope["path"], ("text/html", b"<p>Welcome back</p>"))
        headers = [(b"content-type", media_type.encode()), (b"content-length", b"%d" % len(content))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    def _note(self, scope: Message, body: bytes) -> None:
        media_type = dict(scope["headers"]).get(b"content-type", b"").decode()
        query = dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True))
        form = dict(parse_qsl(body.decode(), keep_blank_values=True)) if "form" in media_type else {}
        self.change_form(form)
        self.visits.append(Visit(scope["method"], scope["path"], query, form, media_type))
        self._came.set()


@asynccontextmanager
async def run_relying_party() -> AsyncIterator[RelyingParty]:
    with TemporaryDirectory(prefix="borvo-party-") as folder:
        certificate, key = write_certificate(Path(folder))
        listener = listen()
        party = RelyingParty(f"https://{HOST}:{find_port(listener)}", certificate)
        options = {"ssl_certfile": str(certificate), "ssl_keyfile": str(key), "lifespan": "off"}
        async with serve(party, listener, **options):
            yield party
