"""Connections on a socket that several workers share."""

import asyncio
import errno
import socket
from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar, cast

import pytest

from borvo.web import listening
from borvo.web.listening import SharedListener, SharingLoop, find_pause

BURST = 12


@pytest.fixture
def sharing_loop() -> Iterator[SharingLoop]:
    loop = SharingLoop()
    yield loop
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as opened:
        yield opened


@pytest.fixture
def listeners(listener: socket.socket) -> Iterator[list[socket.socket]]:
    """As two workers see it."""
    both = [listener.dup(), listener.dup()]
    yield both
    for each in both:
        each.close()


def call(listener: socket.socket) -> list[socket.socket]:
    return [socket.create_connection(listener.getsockname(), timeout=30) for _ in range(BURST)]


class Greeter(asyncio.Protocol):
    """Greets and hangs up."""

    ended: ClassVar[list[None]] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        stream = cast(asyncio.Transport, transport)
        stream.write(b"hello")
        stream.close()

    def connection_lost(self, exc: Exception | None) -> None:
        assert exc is None
        self.ended.append(None)


async def hear(connections: list[socket.socket]) -> None:
    for connection in connections:
        assert await asyncio.to_thread(connection.recv, 5) == b"hello"
        connection.close()
    while len(Greeter.ended) < BURST:  # noqa: ASYNC110 - each ends within a few turns of this loop
        await asyncio.sleep(0)
    Greeter.ended.clear()


def test_of_a_burst_no_worker_takes_more_than_its_share(
    sharing_loop: SharingLoop, listener: socket.socket, listeners: list[socket.socket]
) -> None:
    taken = [0, 0]

    def count(worker: int) -> asyncio.Protocol:
        taken[worker] += 1
        return Greeter()

    async def share() -> None:
        calls = call(listener)
        workers = [
            SharedListener(sharing_loop, listeners[0], lambda: count(0)),
            SharedListener(sharing_loop, listeners[1], lambda: count(1)),
        ]
        await hear(calls)
        for worker in workers:
            worker.close()
            await worker.wait_closed()

    sharing_loop.run_until_complete(share())
    assert taken == [BURST / 2, BURST / 2]


def test_the_more_a_worker_has_the_longer_it_leaves_new_ones_to_the_others() -> None:
    pauses = [find_pause(held) for held in (0, 3, 4, 8, 12, 16, 10_000)]
    assert pauses == [0, 0, 0.001, 0.002, 0.003, 0.004, 0.004]


class Keeper(asyncio.Protocol):
    """Greets and stays."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast(asyncio.Transport, transport).write(b"hello")


def test_calls_that_come_one_by_one_are_shared_too(
    sharing_loop: SharingLoop, listener: socket.socket, listeners: list[socket.socket]
) -> None:
    """The first to wake would get each of them."""
    taken: list[int] = []

    def keep(worker: int) -> Keeper:
        taken.append(worker)
        return Keeper()

    async def share() -> None:
        for worker, each in enumerate(listeners):
            SharedListener(sharing_loop, each, partial(keep, worker))
        for _ in range(BURST):
            connection = await asyncio.to_thread(socket.create_connection, listener.getsockname(), 5)
            assert await asyncio.to_thread(connection.recv, 5) == b"hello"
            connections.append(connection)

    connections: list[socket.socket] = []
    sharing_loop.run_until_complete(share())
    for connection in connections:
        connection.close()
    assert set(taken) == {0, 1}


def test_a_closed_worker_leaves_what_comes_to_the_others(
    sharing_loop: SharingLoop, listener: socket.socket, listeners: list[socket.socket]
) -> None:
    async def leave() -> None:
        closed = await sharing_loop.create_server(Greeter, sock=listeners[0])
        closed.close()
        closed.close()
        other = await sharing_loop.create_server(Greeter, sock=listeners[1])
        await hear(call(listener))
        other.close()

    sharing_loop.run_until_complete(leave())


def test_without_room_for_a_connection_a_worker_waits_and_then_goes_on(
    sharing_loop: SharingLoop, listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "_WITHOUT_ROOM", 0.01)
    attempts: list[int] = []

    class Full:
        """A listener of a machine that has no file descriptors left at first."""

        def accept(self) -> Any:
            attempts.append(1)
            if len(attempts) == 1:
                raise OSError(errno.EMFILE, "Too many open files")
            return listener.accept()

        def setblocking(self, flag: bool) -> None:
            listener.setblocking(flag)

        def fileno(self) -> int:
            return listener.fileno()

    async def wait() -> None:
        server = SharedListener(sharing_loop, Full(), Greeter)  # type: ignore[arg-type]
        await hear(call(listener))
        server.close()

    sharing_loop.run_until_complete(wait())
    assert len(attempts) > BURST
