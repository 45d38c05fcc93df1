"""Load over real HTTP: many connections kept alive, one request under way on each."""

import asyncio
import time
from dataclasses import dataclass
from itertools import count
from typing import Any

import asyncpg


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it goes over the wire, and the status that it must be answered with."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    status: int = 200

    def render(self, host: str) -> bytes:
        lines = [f"{self.method} {self.path} HTTP/1.1", f"Host: {host}", f"Content-Length: {len(self.body)}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + self.body


@dataclass(slots=True)
class Result:
    """Requests answered rightly, and the seconds it took."""

    requests: int = 0
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        return self.requests / self.seconds


async def read_answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """The status and the body of an answer that has a Content-Length, as all of Borvo's have."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return int(head[9:12]), await reader.readexactly(length)


async def _drive(host: str, port: int, calls: list[Call], until: float, result: Result) -> None:
    reader, writer = await asyncio.open_connection(host, port, limit=2**24)
    rendered = [(call.render(f"{host}:{port}"), call.status) for call in calls]
    index = 0
    while time.perf_counter() < until:
        data, status = rendered[index % len(rendered)]
        index += 1
        writer.write(data)
        got, body = await read_answer(reader)
        if got != status:
            raise RuntimeError(f"expected {status}, got {got}: {body[:300]!r}")
        result.requests += 1
    writer.close()


async def drive(host: str, port: int, calls: list[Call], *, connections: int, seconds: float) -> Result:
    """Every connection repeats the calls in turn until the time is over."""
    result = Result()
    started = time.perf_counter()
    until = started + seconds
    await asyncio.gather(*(_drive(host, port, calls, until, result) for _ in range(connections)))
    result.seconds = time.perf_counter() - started
    return result


async def drive_statement(
    url: str, statement: str, *values: object, connections: int, seconds: float
) -> float:
    """A statement by as many connections to the database: how often a second."""
    opened, answered = [await asyncpg.connect(url) for _ in range(connections)], count()
    until = time.perf_counter() + seconds

    async def repeat(connection: "asyncpg.Connection[Any]") -> None:
        while time.perf_counter() < until:
            await connection.fetch(statement, *values)
            next(answered)
        await connection.close()

    await asyncio.gather(*map(repeat, opened))
    return next(answered) / seconds
