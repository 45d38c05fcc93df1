"""Keeps a process beside the event loop for what takes long and needs the interpreter little: signatures, hashes of
passwords. A thread would have to wait for the interpreter whenever it needs it, and the loop for the thread, while
cores stand still. Whoever has something to do asks whether the process is ready, and does it in the worker
otherwise."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import cast

import structlog

from borvo.companion import process

_NEEDED = (
    "CRYPTOGRAPHY_OPENSSL_NO_LEGACY",
    "HOME",
    "LD_LIBRARY_PATH",
    "OPENSSL_CONF",
    "OPENSSL_MODULES",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONUSERBASE",
)
"""What the process may need of the environment to find its libraries. The rest is none of its business: secrets, too,
are kept there."""
_END_WITHIN = 5.0
_SHORTEST_PAUSE = 1.0
_LONGEST_PAUSE = 600.0
_STEADY_AFTER = 60.0
_LOOK_EVERY = 1.0
"""Seconds between looks at who has waited longest. Two whole spans in which it is the same one mean that the process,
or the part of it that owes the answer, stands still, and it is done without. One span may be the worker's own doing,
whose loop stood still."""

log = structlog.get_logger(__name__)

Take = Callable[[bytes | None], None]
"""Takes the answer, or None when the process is gone that owed it."""


class _Line(asyncio.Protocol):
    """The worker's end of the socket to one process."""

    def __init__(self) -> None:
        self.is_ready = False
        self.stood_still = False
        self.ended = asyncio.Event()
        self.told: set[str] = set()
        self._is_given_up = False
        self._transport: asyncio.Transport | None = None
        self._waiting: dict[int, Take] = {}
        self._last = 0
        self._rest = b""
        self._watch: asyncio.TimerHandle | None = None
        self._looks = 0
        """How many looks found that the oldest of those who wait is this one."""
        self._oldest: int | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def tell(self, kind: str, text: str, take: Take | None = None) -> None:
        if self._transport is None:
            raise RuntimeError("the process has not begun")
        self._last += 1
        self._transport.write(f"{kind} {self._last} {text}\n".encode())
        if take is not None:
            self._waiting[self._last] = take
            if self._watch is None:
                self._look_later()

    def give_up(self) -> None:
        """The process ends when it sees that the socket is closed."""
        self.is_ready = False
        self._is_given_up = True
        if self._transport is not None:
            self._transport.abort()

    def _look_later(self) -> None:
        """One timer for all that are under way: one each would cost more than it is worth."""
        self._watch = asyncio.get_running_loop().call_later(_LOOK_EVERY, self._look)

    def _look(self) -> None:
        """Lines are taken up in turn, so the oldest is always under way."""
        self._watch = None
        # Who is asked first waits first: dictionaries keep their order.
        oldest = next(iter(self._waiting), None)
        self._looks = self._looks + 1 if oldest == self._oldest else 1
        self._oldest = oldest
        if oldest is not None and self._looks <= 2:  # noqa: PLR2004  (as said above)
            self._look_later()
        elif oldest is not None:
            log.warning("the companion stands still; until the next the worker does its work")
            self.stood_still = True
            self.give_up()

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            if self.is_ready:
                number, _, text = line.partition(b" ")
                self._waiting.pop(int(number))(text)
            else:
                self.is_ready = line == process.READY

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Whoever still waits is told that nothing comes."""
        self.is_ready = False
        if not self._is_given_up:
            log.warning("the companion has ended; until the next the worker does its work")
        if self._watch is not None:
            self._watch.cancel()
        waiting, self._waiting = self._waiting, {}
        for take in waiting.values():
            take(None)
        self.ended.set()


class Companion:
    """`duties` are names of modules that the process loads, each with `=` and an argument or without."""

    def __init__(self, duties: Sequence[str] = ()) -> None:
        self._duties = duties
        self._line = _Line()
        self._process: subprocess.Popen[bytes] | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()

    @property
    def is_ready(self) -> bool:
        """Whether it may be asked: not until it is opened, and not from the end of one process until the next has
        begun."""
        return self._line.is_ready

    @property
    def is_open(self) -> bool:
        """Whether a process is kept, be it ready or not."""
        return self._keeper is not None and not self._closing.is_set()

    @property
    def told(self) -> frozenset[str]:
        """The names of what the process at hand was told once."""
        return frozenset(self._line.told)

    def has(self, duty: str) -> bool:
        """Whether it loads the module of that name."""
        return any(each.partition("=")[0] == duty for each in self._duties)

    def open(self) -> None:
        """Has a process begin."""
        self._closing.clear()
        self._keeper = asyncio.create_task(self._keep_one())

    async def close(self) -> None:
        """Waits for the end of the process."""
        self._closing.set()
        self._line.give_up()
        if self._keeper is not None:
            await self._keeper

    def renew(self) -> None:
        """Lets the process go, and with it what it has in its memory. Another begins."""
        self._line.give_up()

    def tell_once(self, name: str, kind: str, write: Callable[[], str]) -> None:
        """Says to a process what it answers nothing to, unless it was told that name before."""
        if name not in self._line.told:
            self._line.tell(kind, write())
            self._line.told.add(name)

    def begin(self, kind: str, text: str, take: Take) -> None:
        """Asks for something. Only where it is ready; `text` has no line break."""
        self._line.tell(kind, text, take)

    async def ask(self, kind: str, text: str) -> bytes | None:
        """As `begin`; None when there is no answer to be had."""
        answered: asyncio.Future[bytes | None] = asyncio.get_running_loop().create_future()

        def take(answer: bytes | None) -> None:
            # Whoever asked may have gone away.
            if not answered.done():
                answered.set_result(answer)

        self.begin(kind, text, take)
        return await answered

    async def _keep_one(self) -> None:
        """One process after the other, never two at once."""
        loop, pause = asyncio.get_running_loop(), 0.0
        while not self._closing.is_set():
            began = loop.time()
            try:
                await self._run()
            except (OSError, RuntimeError) as fault:
                # No process, socket or thread is to be had.
                log.warning("a worker is without its companion for a while", reason=type(fault).__name__)
            except Exception:  # the next may go better, and whoever closes must not be kept from it
                log.exception("the companion could not be kept; its worker is without for a while")
            # Whoever waited for one that stood still has lost time: it is no better than one that ends at once.
            pause = find_pause(pause, 0.0 if self._line.stood_still else loop.time() - began)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), pause)

    async def _run(self) -> None:
        """From the start of a process to its end. Raises `OSError` or `RuntimeError` where there is none to be had."""
        line = self._line = _Line()
        started, end = await asyncio.to_thread(_start, self._duties)
        self._process = started
        try:
            await asyncio.get_running_loop().create_connection(lambda: line, sock=end)
            if self._closing.is_set():
                line.give_up()
            await line.ended.wait()
        finally:
            line.give_up()
            await asyncio.to_thread(_end, started)


def find_pause(before: float, lasted: float) -> float:
    """Seconds until the next process is started, after one that ended in `lasted` seconds and had waited for `before`.
    To start one again and again that ends at once would take the core from others."""
    if lasted >= _STEADY_AFTER:
        return _SHORTEST_PAUSE
    return min(max(2 * before, _SHORTEST_PAUSE), _LONGEST_PAUSE)


def _start(duties: Sequence[str]) -> "tuple[subprocess.Popen[bytes], socket.socket]":
    """With the worker's end of the socket."""
    own, other = socket.socketpair()
    with other:
        try:
            started = subprocess.Popen(  # noqa: S603
                [sys.executable, "-P", "-m", process.__name__, str(other.fileno()), *duties],
                pass_fds=[other.fileno()],
                env={name: os.environ[name] for name in _NEEDED if name in os.environ},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        except BaseException:
            own.close()
            raise
    own.setblocking(False)
    return started, own


def _end(ending: "subprocess.Popen[bytes]") -> None:
    with suppress(subprocess.TimeoutExpired):
        ending.wait(_END_WITHIN)
    ending.kill()
    ending.wait()
