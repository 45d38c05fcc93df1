"""How workers that share a socket share what comes in on it.

The event loop's own server takes all connections that wait at once: of two idle workers the first to wake gets every
one of a burst, keeps them for as long as they are used, and the other core stays idle. Here each takes one, looks after
those it has before it takes the next, and leaves a new one to the others for longer the more it has."""

import asyncio
import errno
import logging
import socket
from asyncio.base_events import Server
from collections.abc import Callable
from typing import Any, cast

import uvloop

_SHORT_OF_FILES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_WITHOUT_ROOM = 1.0  # seconds without new connections when the machine has no room for one
_STEP = 4  # connections that make a worker wait for a millisecond more, the least that the loop can
_LONGEST = 4  # milliseconds

_log = logging.getLogger(__name__)

Factory = Callable[[], asyncio.BaseProtocol]


def find_pause(held: int) -> float:
    """For how many seconds a worker with so many connections leaves a new one to the others."""
    return min(held // _STEP, _LONGEST) / 1000


class SharedListener:
    """Takes connections from the socket, one in a turn of the loop, until it is closed. What asyncio's servers do."""

    def __init__(self, loop: asyncio.AbstractEventLoop, listener: socket.socket, factory: Factory) -> None:
        self._loop = loop
        self._listener = listener
        self._factory = factory
        self._arriving: set[asyncio.Task[Any]] = set()
        self._held: set[asyncio.Transport] = set()
        self._look_at = _STEP
        self._is_open = True
        listener.setblocking(False)
        loop.add_reader(listener, self._notice)

    def _notice(self) -> None:
        # The kernel wakes every worker, and whoever is first takes it.
        if pause := find_pause(self._count_held()):
            self._rest(pause)
        else:
            self._take_one()

    def _count_held(self) -> int:
        """Exactly only where it decides; beyond, those that have ended are looked for when there may be many."""
        if len(self._held) >= self._look_at:
            self._held = {each for each in self._held if not each.is_closing()}
            self._look_at = max(_STEP, 2 * (len(self._held) - _STEP * _LONGEST))
        return len(self._held)

    def _rest(self, seconds: float) -> None:
        """What waits stays in the kernel, so the loop would be woken for it without end."""
        self._loop.remove_reader(self._listener)
        self._loop.call_later(seconds, self._resume)

    def _resume(self) -> None:
        if self._is_open:
            self._loop.add_reader(self._listener, self._notice)
            self._take_one()

    def _take_one(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            # Another worker was faster, or the caller has gone.
            return
        except OSError as fault:
            if fault.errno not in _SHORT_OF_FILES:
                raise
            _log.error("no connection can be taken: %s", fault.strerror)
            self._rest(_WITHOUT_ROOM)
            return
        connection.setblocking(False)
        arrival = self._loop.create_task(self._begin(connection))
        self._arriving.add(arrival)
        arrival.add_done_callback(self._arriving.discard)

    async def _begin(self, connection: socket.socket) -> None:
        transport, _ = await self._loop.connect_accepted_socket(self._factory, connection)
        self._held.add(transport)

    def close(self) -> None:
        """Takes nothing more; connections that were taken go on, and the socket stays open for the other workers."""
        if self._is_open:
            self._is_open = False
            self._loop.remove_reader(self._listener)

    async def wait_closed(self) -> None:
        await asyncio.gather(*self._arriving, return_exceptions=True)


class SharingLoop(uvloop.Loop):
    """uvloop, but for servers on a socket that was opened by somebody else."""

    async def create_server(
        self, protocol_factory: Factory, *arguments: Any, sock: socket.socket | None = None, **options: Any
    ) -> Server:
        if sock is not None and options.get("ssl") is None:
            return cast(Server, SharedListener(self, sock, protocol_factory))
        own = await super().create_server(protocol_factory, *arguments, sock=sock, **options)
        return cast(Server, own)
