"""Security events on their way to where the operator watches."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from borvo.assembly import Platform
from borvo.storage.security_events.streaming import SentEvent, SinkError, Stream
from borvo.support.public import build_sink
from tests.functional.conftest import TestClock
from tests.functional.storage.test_event_chain import record, seal
from tests.processes import find_free_port


@dataclass
class Shelf:
    """Keeps what it gets, unless it is to fail."""

    kept: list[int] = field(default_factory=list)
    fails: bool = False
    busy: asyncio.Event | None = None
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, events: Sequence[SentEvent]) -> None:
        self.begun.set()
        if self.busy:
            await self.busy.wait()
        if self.fails:
            raise SinkError("no answer")
        self.kept += [each.position for each in events]


async def begin(platform: Platform, shelf: Shelf) -> Stream:
    stream = Stream(platform.database, platform.clock, shelf)
    assert await stream.send_due() == 0
    return stream


async def test_each_event_is_sent_in_order_from_when_the_stream_began(platform: Platform) -> None:
    await record(platform, 2)
    await seal(platform)
    stream = await begin(platform, shelf := Shelf())
    await record(platform, 3)
    assert await stream.send_due() == 0
    await seal(platform)
    assert await stream.send_due() == 3
    assert await stream.send_due() == 0
    await record(platform, 1)
    await seal(platform)
    assert await stream.send_due() == 1
    assert shelf.kept == [3, 4, 5, 6]


async def test_what_did_not_arrive_is_sent_again(platform: Platform) -> None:
    stream = await begin(platform, shelf := Shelf())
    await record(platform, 2)
    await seal(platform)
    shelf.fails = True
    with pytest.raises(SinkError):
        await stream.send_due()
    shelf.fails = False
    assert await stream.send_due() == 2
    assert shelf.kept == [1, 2]


async def test_of_many_workers_one_sends_and_another_goes_on_when_it_dies(
    platform: Platform, clock: TestClock
) -> None:
    stream = await begin(platform, shelf := Shelf())
    await record(platform, 2)
    await seal(platform)
    shelf.busy = asyncio.Event()
    first = asyncio.create_task(stream.send_due())
    await shelf.begun.wait()
    assert await stream.send_due() == 0
    clock.advance(minutes=2)
    stuck, shelf.busy = shelf.busy, None
    assert await stream.send_due() == 2
    stuck.set()
    assert await first == 2
    assert shelf.kept == [1, 2, 1, 2]
    assert await stream.send_due() == 0


@asynccontextmanager
async def listen(answer: bytes = b"") -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server that keeps what each caller says until the caller, or an answer, ends it."""
    heard: list[bytes] = []
    done = asyncio.Event()

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if answer:
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            heard.append(await reader.readexactly(length))
            writer.write(answer)
            await writer.drain()
        else:
            heard.append(await reader.read())
        writer.close()
        done.set()

    port = find_free_port()
    server = await asyncio.start_server(hear, "127.0.0.1", port)
    async with server:
        yield port, heard
        await asyncio.wait_for(done.wait(), 30)


async def send_three(platform: Platform, url: str) -> None:
    stream = Stream(platform.database, platform.clock, build_sink(url, "https://health.example.org"))
    await stream.send_due()
    await record(platform, 3)
    await seal(platform)
    assert await stream.send_due() == 3


async def test_syslog_gets_a_message_for_each_with_the_event_as_json(platform: Platform) -> None:
    async with listen() as (port, heard):
        await send_three(platform, f"syslog://127.0.0.1:{port}")
    rest, messages = heard[0], []
    while rest:
        length, _, rest = rest.partition(b" ")
        messages.append(rest[: int(length)].decode())
        rest = rest[int(length) :]
    assert len(messages) == 3
    head, _, text = messages[0].partition(" - sign_in - ")
    assert head == f"<110>1 {platform.clock():%Y-%m-%dT%H:%M:%S.%fZ} health.example.org borvo"
    event = json.loads(text)
    assert (event["position"], event["kind"], event["client_id"]) == (1, "sign_in", "demo.mybp")
    numbers = {json.loads(message.partition(" - sign_in - ")[2])["detail"]["number"] for message in messages}
    assert numbers == {0, 1, 2}


async def test_a_collector_gets_log_records(platform: Platform) -> None:
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
    async with listen(answer) as (port, heard):
        await send_three(platform, f"http://127.0.0.1:{port}/v1/logs")
    body: dict[str, Any] = json.loads(heard[0])
    [resource] = body["resourceLogs"]
    [scope] = resource["scopeLogs"]
    names = [record["attributes"][0]["value"]["stringValue"] for record in scope["logRecords"]]
    assert names == ["borvo.security.sign_in"] * 3
    first = scope["logRecords"][0]
    assert first["timeUnixNano"] == str(int(platform.clock().timestamp()) * 10**9)
    assert json.loads(first["body"]["stringValue"])["position"] == 1


@pytest.mark.parametrize("scheme", ["syslog", "http"])
async def test_a_sink_that_is_not_there_says_so(platform: Platform, scheme: str) -> None:
    sink = build_sink(f"{scheme}://127.0.0.1:{find_free_port()}", "https://health.example.org")
    stream = Stream(platform.database, platform.clock, sink)
    await stream.send_due()
    await record(platform)
    await seal(platform)
    with pytest.raises(SinkError):
        await stream.send_due()


async def test_a_collector_that_refuses_gets_them_again(platform: Platform) -> None:
    answer = b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n"
    async with listen(answer) as (port, _):
        with pytest.raises(SinkError, match="503"):
            await send_three(platform, f"http://127.0.0.1:{port}/v1/logs")
    stream = Stream(platform.database, platform.clock, shelf := Shelf())
    assert await stream.send_due() == 3
    assert shelf.kept == [1, 2, 3]
