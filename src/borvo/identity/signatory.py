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
from borvo.identity.keys import ALGORITHMS, SigningKey
from borvo.kernel.entropy import encode_bytes

_REGISTRY = JWSRegistry(algorithms=list(ALGORITHMS))
_MOST_WAITING = 24
"""Beyond it the worker signs by itself, and so both do."""
_END_WITHIN = 5.0
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
            self.future.set_exception(fault)

    def tell(self, signature: str) -> None:
        # Whoever asked may have gone away.
        if not self.future.done():
            self.future.set_result(signature)


class _Line(asyncio.Protocol):
    """The worker's end of the socket."""

    def __init__(self) -> None:
        self.is_ready = False
        self.transport: asyncio.Transport | None = None
        self._known: set[str] = set()
        self._waiting: deque[_Asked] = deque()
        self._rest = b""
        self._watch: asyncio.TimerHandle | None = None
        self._silent_looks = 0

    @property
    def waiting(self) -> int:
        """How many signatures are under way."""
        return len(self._waiting)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def send(self, asked: Iterable[_Asked]) -> None:
        if self.transport is None:
            raise RuntimeError("the process has not begun")
        for each in asked:
            self._waiting.append(each)
            line = f"sign {each.key.kid} {each.key.algorithm} {each.text}\n"
            self.transport.write(self._name_key(each.key) + line.encode())
        if self._watch is None:
            self._silent_looks = 0
            self._look_later()

    def _look_later(self) -> None:
        """One timer for all that are under way: one each would cost more than it is worth."""
        self._watch = asyncio.get_running_loop().call_later(_LOOK_EVERY, self._look)

    def _look(self) -> None:
        self._watch = None
        self._silent_looks += 1
        if self._waiting and self._silent_looks <= 2:  # noqa: PLR2004  (as said above)
            self._look_later()
        elif self._waiting and self.transport is not None:
            log.warning("the process that signs stands still; the worker signs by itself")
            self.transport.abort()

    def _name_key(self, key: SigningKey) -> bytes:
        """The first time only."""
        if key.kid in self._known:
            return b""
        self._known.add(key.kid)
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

    def eof_received(self) -> None:
        log.warning("the process that signs has ended; the worker signs by itself")

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Whoever still waits gets a signature of the worker's own."""
        self.is_ready = False
        if self._watch is not None:
            self._watch.cancel()
        while self._waiting:
            self._waiting.popleft().sign_here()


class Signatory:
    """Signs in the worker itself until it is opened, and again once the process has ended."""

    def __init__(self) -> None:
        self._line = _Line()
        self._asked: list[_Asked] = []
        self._process: subprocess.Popen[bytes] | None = None

    async def open(self, *, spare_cores: int) -> None:
        """Starts the process, if there is a core for it."""
        if spare_cores <= 0:
            return
        own, other = socket.socketpair()
        with other:
            try:
                self._process = await asyncio.to_thread(_start, other)
            except OSError as fault:
                own.close()
                log.warning("tokens are signed by the worker alone", reason=type(fault).__name__)
                return
        own.setblocking(False)
        await asyncio.get_running_loop().create_connection(lambda: self._line, sock=own)

    async def close(self) -> None:
        """Waits for the end of the process."""
        if self._line.transport is not None:
            self._line.transport.close()
        if self._process is not None:
            await asyncio.to_thread(_end, self._process)

    async def sign(self, key: SigningKey, text: str) -> str:
        """As `sign_text`. One signature by itself is made at once: another process would not make it sooner."""
        line = self._line
        if not line.is_ready or key.algorithm not in signing_process.ALGORITHMS:
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


def _start(end: socket.socket) -> "subprocess.Popen[bytes]":
    # The worker's secrets are none of its business.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BORVO_")}
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-P", "-m", signing_process.__name__, str(end.fileno())],
        pass_fds=[end.fileno()],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )


def _end(process: "subprocess.Popen[bytes]") -> None:
    with suppress(subprocess.TimeoutExpired):
        process.wait(_END_WITHIN)
    process.kill()
    process.wait()
