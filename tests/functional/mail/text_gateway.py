"""A gateway for text messages: it takes what is posted to it, and answers as it is told to."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec


@dataclass
class Posted:
    """One request as it came; names of headers are in lower case."""

    line: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class TextGateway:
    """`status` is what it answers next."""

    status: int = 202
    port: int = 0
    posted: list[Posted] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/messages"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        line, _, rest = head.partition("\r\n")
        headers = {name.lower(): value for name, value in re.findall(r"([\w-]+): (.*)\r\n", rest)}
        body = await reader.readexactly(int(headers["content-length"]))
        self.posted.append(Posted(line, headers, msgspec.json.decode(body, type=dict[str, Any])))
        more = "Location: /elsewhere\r\n" if self.status == 302 else ""
        writer.write(
            f"HTTP/1.1 {self.status} x\r\n{more}Content-Length: 0\r\nConnection: close\r\n\r\n".encode()
        )
        writer.close()


@asynccontextmanager
async def run_text_gateway(status: int = 202) -> AsyncIterator[TextGateway]:
    """On a free port of this machine."""
    gateway = TextGateway(status)
    server = await asyncio.start_server(gateway.serve, "127.0.0.1", 0)
    gateway.port = server.sockets[0].getsockname()[1]
    try:
        yield gateway
    finally:
        server.close()
        await server.wait_closed()
