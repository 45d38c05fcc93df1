"""A client that costs the machine little: one connection kept alive, one request under way, cookies kept as a browser
would."""

import asyncio
import re
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import parse_qsl, urlencode, urlsplit

_FIELD = re.compile(r"<input[^>]*>")
_ATTRIBUTE = re.compile(r'([a-z-]+)="([^"]*)"')
_FORM = re.compile(r'<form[^>]*method="post"[^>]*>.*?</form>', re.IGNORECASE | re.DOTALL)
FORM = (("Content-Type", "application/x-www-form-urlencoded"),)

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """`location` is empty when the answer redirects nowhere."""

    status: int
    location: str
    body: bytes


@dataclass(slots=True)
class Client:
    """Raises `RuntimeError` for an answer of another status than expected."""

    host: str
    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    _streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(
        self, method: str, path: str, headers: Headers = (), body: bytes = b"", *, statuses: tuple[int, ...]
    ) -> Answer:
        """One request and its answer."""
        reader, writer = await self._connect()
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: localhost:{self.port}",
            f"Content-Length: {len(body)}",
            *(f"{name}: {value}" for name, value in headers),
        ]
        if self.cookies:
            lines.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode() + body)
        answer = await self._read(reader)
        if answer.status not in statuses:
            raise RuntimeError(f"{method} {path[:200]}: {answer.status} {answer.body[:500]!r}")
        return answer

    async def post_form(self, path: str, fields: dict[str, str], *, statuses: tuple[int, ...]) -> Answer:
        """One form and its answer."""
        return await self.send("POST", path, FORM, urlencode(fields).encode(), statuses=statuses)

    async def follow(self, answer: Answer, until: str) -> Answer:
        """Follows redirects within the server until there is none, or one to an address that begins with `until`."""
        while answer.location and not answer.location.startswith(until):
            parts = urlsplit(answer.location)
            path = f"{parts.path}?{parts.query}" if parts.query else parts.path
            answer = await self.send("GET", path, statuses=(200, 302, 303))
        return answer

    async def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            await self._streams[1].wait_closed()
            self._streams = None

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self.host, self.port, limit=2**20)
        return self._streams

    async def _read(self, reader: asyncio.StreamReader) -> Answer:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        length, location = 0, ""
        for line in head.split("\r\n")[1:]:
            name, _, value = line.partition(": ")
            name = name.lower()
            if name == "content-length":
                length = int(value)
            elif name == "location":
                location = value
            elif name == "set-cookie":
                self._keep(value)
        return Answer(int(head[9:12]), location, await reader.readexactly(length))

    def _keep(self, header: str) -> None:
        pair, _, attributes = header.partition(";")
        name, _, value = pair.partition("=")
        if value and "max-age=0" not in attributes.lower() and "1970" not in attributes:
            self.cookies[name] = value
        else:
            self.cookies.pop(name, None)


def read_form(page: bytes) -> tuple[str, dict[str, str]]:
    """The action and the fields of the page's first form that is posted."""
    form = _FORM.search(page.decode())
    if form is None:
        raise RuntimeError(f"no form: {page[:500]!r}")
    start = dict(_ATTRIBUTE.findall(form[0][: form[0].index(">")]))
    inputs = [dict(_ATTRIBUTE.findall(found)) for found in _FIELD.findall(form[0])]
    fields = {each["name"]: unescape(each.get("value", "")) for each in inputs if "name" in each}
    return unescape(start.get("action", "")), fields


def read_parameters(location: str) -> dict[str, str]:
    """Of an address's query."""
    return dict(parse_qsl(urlsplit(location).query))
