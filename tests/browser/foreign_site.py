"""An app's site on another address: `127.0.0.1` is foreign to `localhost`, while another port alone would not be."""

import asyncio
import html
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit


@dataclass
class ForeignSite:
    """Serves the pages put into `pages`, keeps what came to its callback, and what was asked for at all."""

    origin: str = ""
    pages: dict[str, str] = field(default_factory=dict)
    received: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    visits: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    @property
    def callback(self) -> str:
        return f"{self.origin}/signin-oidc"

    @asynccontextmanager
    async def serve(self, host: str = "127.0.0.1") -> AsyncIterator[None]:
        server = await asyncio.start_server(self._answer, host, 0)
        named = f"[{host}]" if ":" in host else host
        self.origin = f"http://{named}:{server.sockets[0].getsockname()[1]}"
        async with server:
            yield

    def put_form(self, path: str, action: str, fields: dict[str, str]) -> str:
        """A page whose form posts the fields to another site; its address."""
        inputs = "".join(
            f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
            for name, value in fields.items()
        )
        form = f'<form method="post" action="{html.escape(action)}">{inputs}<button>Go</button></form>'
        self.pages[path] = form
        return self.origin + path

    async def _answer(self, reader: StreamReader, writer: StreamWriter) -> None:
        # Browsers also open connections in advance, which they close without a word.
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            await self._read(reader, writer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    async def _read(self, reader: StreamReader, writer: StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        method, target, _ = head.split(" ", 2)
        length = next(
            (int(line[15:]) for line in head.lower().splitlines() if line.startswith("content-length:")), 0
        )
        body = (await reader.readexactly(length)).decode()
        parts = urlsplit(target)
        self.visits.append((parts.path, dict(parse_qsl(parts.query))))
        if parts.path == "/signin-oidc":
            self.received.append((method, dict(parse_qsl(body or parts.query))))
        page = self.pages.get(parts.path, "<p>Welcome back</p>")
        text = f'<!doctype html><title>App</title><link rel="icon" href="data:,">{page}'.encode()
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (len(text), text)
        )
        await writer.drain()
