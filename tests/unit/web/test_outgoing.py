"""Requests that leave the instance."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from borvo.web.outgoing import Fetched, Outgoing, OutgoingError

Serve = Callable[[bytes], Awaitable[str]]


@pytest.mark.parametrize(
    ("is_open", "url", "is_verified"),
    [
        (True, "https://localhost:5001/Agency/Complete", False),
        (True, "https://127.0.0.1/", False),
        (True, "https://localhost.example.org/", True),
        (True, "https://clinic.example/", True),
        (False, "https://localhost:5001/", True),
    ],
)
def test_only_an_app_on_this_machine_may_have_a_certificate_that_nobody_signed(
    is_open: bool, url: str, is_verified: bool
) -> None:
    context = Outgoing(is_open=is_open).choose_context(url)
    assert context.check_hostname is is_verified
    assert (context.verify_mode is ssl.CERT_REQUIRED) is is_verified


def test_what_the_machine_trusts_is_read_once() -> None:
    first, second = Outgoing(is_open=True), Outgoing(is_open=False)
    context = first.choose_context("https://clinic.example/")
    assert second.choose_context("https://other.example/") is context
    assert first.choose_context("https://localhost/") is not context


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Answers everything with the given bytes; the address."""
    async with AsyncExitStack() as stack:

        async def start(answer: bytes) -> str:
            async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(answer)
                writer.close()

            server = await stack.enter_async_context(await asyncio.start_server(handle, "127.0.0.1", 0))
            return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/jwks"

        yield start


async def test_what_is_fetched_comes_with_its_status_and_type(serve: Serve) -> None:
    url = await serve(b"HTTP/1.1 200 OK\r\nContent-Type: Application/JSON; charset=utf-8\r\n\r\n{}")
    answer = await Outgoing(is_open=True).fetch(url, most=2, accept="application/json")
    assert answer == Fetched(200, "application/json", b"{}")


async def test_a_redirect_is_an_answer_and_is_not_followed(serve: Serve) -> None:
    aim = await serve(b"HTTP/1.1 200 OK\r\n\r\n{}")
    url = await serve(f"HTTP/1.1 302 Found\r\nLocation: {aim}\r\n\r\n".encode())
    assert (await Outgoing(is_open=True).fetch(url, most=9, accept="*/*")).status == 302


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 10_000,
        b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{}",
        b"nonsense\r\n\r\n",
        b"",
    ],
)
async def test_what_is_too_long_or_cut_off_or_no_http_is_no_answer(serve: Serve, answer: bytes) -> None:
    url = await serve(answer)
    with pytest.raises(OutgoingError):
        await Outgoing(is_open=True).fetch(url, most=100, accept="*/*")


async def test_nothing_is_fetched_from_a_private_network(serve: Serve) -> None:
    url = await serve(b"HTTP/1.1 200 OK\r\n\r\n{}")
    with pytest.raises(OutgoingError):
        await Outgoing(is_open=False).fetch(url, most=9, accept="*/*")
