"""Signs beside the event loop. An RSA signature takes a worker as long as all else that a request for a token does:
where there is a core to spare, a process of its own makes it while the worker goes on with the next request. A thread
would have to wait for the interpreter after each."""

import asyncio
import base64
import os
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple, cast

import structlog
from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry

from borvo.identity import signing_process
from borvo.identity.keys import ALGORITHMS, SigningKey, SigningKeys
from borvo.kernel.entropy import encode_bytes

_REGISTRY = JWSRegistry(algorithms=list(ALGORITHMS))
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
_MOST_WAITING = 24
"""Beyond it the worker signs by itself, and so both do."""
_END_WITHIN = 5.0
_SHORTEST_PAUSE = 1.0
_LONGEST_PAUSE = 600.0
_STEADY_AFTER = 60.0
_LOOK_EVERY = 1.0
"""Seconds between looks at whether a signature came. Two whole spans without one, though some are under way, mean that
the process stands still, and it is done without. One may be the worker's own doing, whose loop stood still."""

log = structlog.get_logger(__name__)


def sign_text(key: SigningKey, text: str) -> str:
    """The signature of RFC 7515 5.1, in base64url."""
    return encode_bytes(_REGISTRY.get_alg(key.algorithm).sign(text.encode(), key.key))


class _Asked(NamedTuple):
    """What is to be signed, and who waits for it."""

    key: SigningKey
    text: str
    future: "asyncio.Future[str]"

    def sign_here(self) -> None:
        try:
            self.tell(sign_text(self.key, self.text))
        except Exception as fault:  # noqa: BLE001  (it is raised where somebody waits)
            if not self.future.done():
                self.future.set_exception(fault)

    def tell(self, signature: str) -> None:
        # Whoever asked may have gone away.
        if not self.future.done():
            self.future.set_result(signature)


class _Line(asyncio.Protocol):
    """The worker's end of the socket to one process."""

    def __init__(self) -> None:
        self.is_ready = False
        self.stood_still = False
        self.ended = asyncio.Event()
        self.known: set[str] = set()
        """The kids of the keys that the process has been given."""
        self._is_given_up = False
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[_Asked] = deque()
        self._rest = b""
        self._watch: asyncio.TimerHandle | None = None
        self._silent_looks = 0

    @property
    def waiting(self) -> int:
        """How many signatures are under way."""
        return len(self._waiting)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def send(self, asked: Iterable[_Asked]) -> None:
        if self._transport is None:
            raise RuntimeError("the process has not begun")
        for each in asked:
            self._waiting.append(each)
            line = f"sign {each.key.kid} {each.key.algorithm} {each.text}\n"
            self._transport.write(self._name_key(each.key) + line.encode())
        if self._watch is None:
            self._silent_looks = 0
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
        self._watch = None
        self._silent_looks += 1
        if self._waiting and self._silent_looks <= 2:  # noqa: PLR2004  (as said above)
            self._look_later()
        elif self._waiting:
            log.warning("the process that signs stands still; until the next the worker signs by itself")
            self.stood_still = True
            self.give_up()

    def _name_key(self, key: SigningKey) -> bytes:
        """The first time only."""
        if key.kid in self.known:
            return b""
        self.known.add(key.kid)
        der = cast(RSAKey, key.key).as_bytes("DER", private=True)
        return b"key %s %s\n" % (key.kid.encode(), base64.urlsafe_b64encode(der))

    def data_received(self, data: bytes) -> None:
        self._silent_looks = 0
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            if self.is_ready:
                self._waiting.popleft().tell(line.decode())
            else:
                self.is_ready = line == signing_process.READY

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Whoever still waits gets a signature of the worker's own."""
        self.is_ready = False
        if not self._is_given_up:
            log.warning("the process that signs has ended; until the next the worker signs by itself")
        if self._watch is not None:
            self._watch.cancel()
        while self._waiting:
            self._waiting.popleft().sign_here()
        self.ended.set()


class Signatory:
    """Signs in the worker itself wherever no process does: until it is opened, and from the end of one process until
    the next has begun."""

    def __init__(self) -> None:
        self._line = _Line()
        self._asked: list[_Asked] = []
        self._kids: frozenset[str] = frozenset()
        self._process: subprocess.Popen[bytes] | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()

    def open(self, *, spare_cores: int) -> None:
        """Has a process sign from soon on, if there is a core for it."""
        if spare_cores > 0:
            self._closing.clear()
            self._keeper = asyncio.create_task(self._keep_one())

    async def close(self) -> None:
        """Waits for the end of the process."""
        self._closing.set()
        self._line.give_up()
        if self._keeper is not None:
            await self._keeper

    def follow(self, keys: SigningKeys) -> None:
        """From now on the process signs with these alone. One that knows another key makes way for a new one:
        what it has in its memory goes with it."""
        self._hand_over()
        active = (key for key in keys.active.values() if key.algorithm in signing_process.ALGORITHMS)
        self._kids = frozenset(key.kid for key in active)
        if not self._line.known <= self._kids:
            self._line.give_up()

    async def sign(self, key: SigningKey, text: str) -> str:
        """As `sign_text`. One signature by itself is made at once: another process would not make it sooner."""
        line = self._line
        if not line.is_ready or key.kid not in self._kids:
            return sign_text(key, text)
        if line.waiting + len(self._asked) >= _MOST_WAITING:
            return sign_text(key, text)
        loop = asyncio.get_running_loop()
        if not self._asked:
            loop.call_soon(self._hand_over)
        asked = _Asked(key, text, loop.create_future())
        self._asked.append(asked)
        return await asked.future

    def _hand_over(self) -> None:
        """All that was asked in one turn of the loop."""
        asked, self._asked = self._asked, []
        if self._line.is_ready and (len(asked) > 1 or self._line.waiting):
            self._line.send(asked)
            return
        for each in asked:
            each.sign_here()

    async def _keep_one(self) -> None:
        """One process after the other, never two at once."""
        loop, pause = asyncio.get_running_loop(), 0.0
        while not self._closing.is_set():
            began = loop.time()
            try:
                await self._run()
            except (OSError, RuntimeError) as fault:
                # No process, socket or thread is to be had.
                log.warning("tokens are signed by the worker alone for a while", reason=type(fault).__name__)
            except Exception:  # the next may go better, and whoever closes must not be kept from it
                log.exception("the process that signs could not be kept; the worker signs alone for a while")
            # Whoever waited for one that stood still has lost time: it is no better than one that ends at once.
            pause = find_pause(pause, 0.0 if self._line.stood_still else loop.time() - began)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), pause)

    async def _run(self) -> None:
        """From the start of a process to its end. Raises `OSError` or `RuntimeError` where there is none to be had."""
        line = self._line = _Line()
        process, end = await asyncio.to_thread(_start)
        self._process = process
        try:
            await asyncio.get_running_loop().create_connection(lambda: line, sock=end)
            if self._closing.is_set():
                line.give_up()
            await line.ended.wait()
        finally:
            line.give_up()
            await asyncio.to_thread(_end, process)


def find_pause(before: float, lasted: float) -> float:
    """Seconds until the next process is started, after one that ended in `lasted` seconds and had waited for `before`.
    To start one again and again that ends at once would take the core from others."""
    if lasted >= _STEADY_AFTER:
        return _SHORTEST_PAUSE
    return min(max(2 * before, _SHORTEST_PAUSE), _LONGEST_PAUSE)


def _start() -> "tuple[subprocess.Popen[bytes], socket.socket]":
    """With the worker's end of the socket."""
    own, other = socket.socketpair()
    with other:
        try:
            process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-P", "-m", signing_process.__name__, str(other.fileno())],
                pass_fds=[other.fileno()],
                env={name: os.environ[name] for name in _NEEDED if name in os.environ},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        except BaseException:
            own.close()
            raise
    own.setblocking(False)
    return process, own


def _end(process: "subprocess.Popen[bytes]") -> None:
    with suppress(subprocess.TimeoutExpired):
        process.wait(_END_WITHIN)
    process.kill()
    process.wait()
