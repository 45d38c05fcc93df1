"""What a stranger may send, and how long she may take, over real sockets to a real server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
import uvloop
from uvicorn import Config, Server

from borvo.web import http_protocol
from borvo.web.http_protocol import BODY_LIMIT, HEAD_LIMIT, WAITING_LIMIT, BoundedHttp

CHUNK = b"x" * 1000
CHUNKS = 50_000
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Application:
    """Answers with what it was asked for; `/stream` with more than any buffer holds, counted as it is taken, and
    `/late` when it may."""

    def __init__(self) -> None:
        self.taken = 0
        self.is_asked, self.may_answer = asyncio.Event(), asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message["body"]
            if not message["more_body"]:
                break
        if scope["path"] == "/stream":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            for _ in range(CHUNKS):
                await send({"type": "http.response.body", "body": CHUNK, "more_body": True})
                self.taken += 1
            await send({"type": "http.response.body", "body": b""})
            return
        if scope["path"] == "/late":
            self.is_asked.set()
            await self.may_answer.wait()
        trailers = [value for name, value in scope["headers"] if name == b"x-late"]
        said = b"".join([scope["path"].encode(), b" ", body, *trailers])
        length = [(b"content-length", b"%d" % len(said))]
        await send({"type": "http.response.start", "status": 200, "headers": length})
        await send({"type": "http.response.body", "body": said})


@pytest.fixture
def application() -> Application:
    return Application()


@asynccontextmanager
async def _serve(application: Application) -> AsyncIterator[int]:
    config = Config(application, port=0, http=BoundedHttp, lifespan="off", log_config=None, ws="none")
    server = Server(config)
    running = asyncio.create_task(server._serve())
    while not server.started:  # noqa: ASYNC110  (uvicorn tells by this attribute only)
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = server.force_exit = True
    await running


@pytest.fixture
async def streams(application: Application) -> AsyncIterator[Streams]:
    async with _serve(application) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        yield reader, writer
        writer.close()


async def _read_answer(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    return await reader.readexactly(length)


async def test_a_body_arrives_whole_and_the_connection_serves_again(streams: Streams) -> None:
    reader, writer = streams
    for path in ("/one", "/two"):
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
        writer.write(head.encode() + b"a" * 100_000)
        assert await _read_answer(reader) == path.encode() + b" " + b"a" * 100_000


async def test_requests_in_a_row_are_answered_in_their_order(streams: Streams) -> None:
    reader, writer = streams
    writer.write(b"".join(b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % number for number in range(5)))
    assert [await _read_answer(reader) for _ in range(5)] == [b"/%d " % number for number in range(5)]


@pytest.mark.parametrize("endless", [b"X-Long: " + b"a" * 2 * HEAD_LIMIT, b"X: y\r\n" * HEAD_LIMIT])
async def test_a_head_that_grows_without_end_is_refused(endless: bytes, streams: Streams) -> None:
    reader, writer = streams
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n" + endless)
    assert (await reader.read(12)) == b"HTTP/1.1 431"


async def test_an_endless_address_is_refused(streams: Streams) -> None:
    reader, writer = streams
    writer.write(b"GET /" + b"a" * 3 * HEAD_LIMIT)
    assert (await reader.read(12)) == b"HTTP/1.1 431"


@pytest.mark.parametrize("start", [b"", b"GET / HTTP/1.1\r\nHost: x\r\n"])
async def test_a_head_that_does_not_come_ends_the_connection(
    start: bytes, application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_protocol, "HEAD_WITHIN", 0.2)
    async with _serve(application) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(start)
        assert await asyncio.wait_for(reader.read(), 30) == b""
        writer.close()


async def test_the_second_head_on_a_connection_has_its_time_too(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_protocol, "HEAD_WITHIN", 0.2)
    async with _serve(application) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /one HTTP/1.1\r\nHost: x\r\n\r\n")
        assert await _read_answer(reader) == b"/one "
        writer.write(b"GET /two HTTP/1.1\r\n")
        assert await asyncio.wait_for(reader.read(), 30) == b""
        writer.close()


async def test_an_empty_line_between_requests_keeps_no_connection(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_protocol, "HEAD_WITHIN", 0.2)
    async with _serve(application) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /one HTTP/1.1\r\nHost: x\r\n\r\n")
        assert await _read_answer(reader) == b"/one "
        writer.write(b"\r\n")
        assert await asyncio.wait_for(reader.read(), 30) == b""
        writer.close()


async def test_a_body_that_does_not_come_ends_the_connection(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_protocol, "BODY_WITHIN", 0.2)
    async with _serve(application) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /one HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab")
        assert await asyncio.wait_for(reader.read(), 30) == b""
        writer.close()


async def test_a_reader_who_stands_still_loses_the_connection(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_protocol, "TAKEN_WITHIN", 0.2)
    async with _serve(application) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
        writer.write(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
        # What is sent to nobody costs nothing, so the application comes to its end only then.
        async with asyncio.timeout(30):
            while application.taken < CHUNKS:  # noqa: ASYNC110  (nobody tells)
                await asyncio.sleep(0.01)
        writer.close()


async def test_requests_that_pile_up_end_the_connection(application: Application) -> None:
    async with _serve(application) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /one HTTP/1.1\r\nHost: x\r\n\r\n" * 50 * WAITING_LIMIT)
        with suppress(ConnectionError):
            assert (await reader.read()).count(b"HTTP/1.1 200") <= WAITING_LIMIT
        writer.close()


@pytest.mark.spec("RFC 9112", "3.2")
@pytest.mark.parametrize("hosts", ["", "Host: x\r\nHost: y\r\n", "Host: x\r\nhost: x\r\n"])
async def test_a_request_names_one_host(hosts: str, streams: Streams) -> None:
    reader, writer = streams
    writer.write(f"GET /one HTTP/1.1\r\n{hosts}\r\n".encode())
    assert (await reader.read()).startswith(b"HTTP/1.1 400")


async def test_an_old_client_names_no_host_and_its_connection_ends(streams: Streams) -> None:
    reader, writer = streams
    writer.write(b"GET /one HTTP/1.0\r\n\r\n")
    assert (await reader.read()).endswith(b"connection: close\r\n\r\n/one ")


HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.spec("RFC 9112", "6.3")
@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\n",
        b"Content-Length: 0\r\nContent-Length: 5\r\n\r\n",
        b"Content-Length: 0, 0\r\n\r\n",
        b"Content-Length: +0\r\n\r\n",
        b"Content-Length : 0\r\n\r\n",
        b"Content-Length: 99999999999999999999\r\n\r\n",
        b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n0\n\n",
        b"X: a\rY: b\r\n\r\n",
        b"X: a\x00b\r\n\r\n",
        b"X: a\n\n",
    ],
)
async def test_a_request_whose_end_could_be_read_in_two_ways_is_refused(
    framing: bytes, streams: Streams
) -> None:
    reader, writer = streams
    writer.write(b"POST /one HTTP/1.1\r\nHost: x\r\n" + framing + HIDDEN)
    answers = await reader.read()
    assert answers.startswith(b"HTTP/1.1 400")
    assert b"hidden" not in answers


async def test_nothing_is_answered_after_the_last_request_of_a_connection(streams: Streams) -> None:
    reader, writer = streams
    writer.write(b"POST /one HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n" + HIDDEN)
    answers = await reader.read()
    assert answers.count(b"HTTP/1.1") == 1
    assert answers.endswith(b"/one ")


def test_what_is_said_to_a_reader_who_has_gone_is_dropped(application: Application) -> None:
    # asyncio's own loop says nothing of what is written to a closed transport.
    assert not uvloop.run(_leave_before_the_answer(application))


async def _leave_before_the_answer(application: Application) -> list[Any]:
    faults: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context))
    async with _serve(application) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /late HTTP/1.1\r\nHost: x\r\n\r\n" * 2)
        await application.is_asked.wait()
        writer.transport.abort()
        # uvicorn tells the last request of a connection only that it has ended.
        await _settle()
        application.may_answer.set()
        await _settle()
    return faults


async def _settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0.005)


async def test_what_follows_a_body_is_no_header(streams: Streams) -> None:
    reader, writer = streams
    writer.write(b"POST /one HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    writer.write(b"3\r\nabc\r\n0\r\nX-Late: 1\r\n\r\n")
    assert await _read_answer(reader) == b"/one abc"


async def test_a_request_that_never_ends_is_cut_off(streams: Streams) -> None:
    reader, writer = streams
    writer.write(b"POST /one HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Endless: ")
    sent = 0
    with suppress(ConnectionError):
        while sent < 2 * BODY_LIMIT:
            writer.write(b"a" * 2**18)
            await writer.drain()
            sent += 2**18
    assert sent < 2 * BODY_LIMIT
    with suppress(ConnectionError):
        assert await reader.read() == b""


async def test_what_is_no_http_is_refused(streams: Streams) -> None:
    reader, writer = streams
    writer.write(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
    assert (await reader.read(12)) == b"HTTP/1.1 400"


async def _settle_stream(application: Application) -> None:
    """Until something of it was taken, and a while later no more."""
    before = -1
    while not 0 < application.taken == before:
        before = application.taken
        await asyncio.sleep(0.1)


async def test_an_answer_waits_for_a_slow_reader(streams: Streams, application: Application) -> None:
    reader, writer = streams
    writer.write(b"GET /stream HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    await _settle_stream(application)
    assert 0 < application.taken < CHUNKS
    received = 0
    while chunk := await reader.read(2**20):
        received += len(chunk)
    assert received >= CHUNKS * len(CHUNK)
    assert application.taken == CHUNKS


async def test_the_head_of_an_answer_and_its_body_come_by_one_write(streams: Streams) -> None:
    reader, writer = streams
    writer.write(b"GET /one HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (await reader.read(2**16)).endswith(b"\r\n\r\n/one ")
