"""A web site of somebody else's, from which the instance fetches."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Site:
    """What it answers, by path: a status, further header lines and the content; everything else is not found. `asked`
    are the paths that were asked for."""

    port: int = 0
    pages: dict[str, tuple[int, str, bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def put(self, path: str, content: bytes, status: int = 200, head: str = "") -> str:
        """The address."""
        self.pages[path] = status, head, content
        return f"http://127.0.0.1:{self.port}{path}"

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).decode().split()[1]
        self.asked.append(path)
        status, head, content = self.pages.get(path, (404, "", b""))
        writer.write(
            f"HTTP/1.1 {status} x\r\nContent-Length: {len(content)}\r\n{head}\r\n".encode() + content
        )
        writer.close()


@asynccontextmanager
async def serve_site() -> AsyncIterator[Site]:
    site = Site()
    server = await asyncio.start_server(site.answer, "127.0.0.1", 0)
    site.port = server.sockets[0].getsockname()[1]
    async with server:
        yield site
