"""The process itself: lines in, lines out.

Its first line says that it is ready. A line to it is `KIND NUMBER TEXT`, one from it `NUMBER TEXT`. What there is to
do stands in modules that its command names, each with a function `begin`. It holds what it is told in memory only, and
ends when the worker that started it closes the socket or dies.

It takes little memory, so it imports nothing of ours and of others what it needs, and neither do those modules.
"""

import os
import signal
import socket
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from importlib import import_module
from threading import Lock
from typing import Protocol, cast

READY = b"ready"

_CHUNK = 65_536
_ANSWERED_AT_ONCE = 4
"""So that the worker goes on with some while others are worked on."""

Handler = Callable[[bytes, bytes], bytes | None]
"""Is given number and text of a line, and gives its answer, if it has one by then. Raises for a line that no worker
sends, which ends the process."""
Answer = Callable[[bytes, bytes], None]
"""Answers a line of that number later, from any thread."""


class Duty(Protocol):
    """A module that the command names."""

    def begin(self, answer: Answer, argument: str) -> Mapping[bytes, Handler]:
        """What it does, by kind of line. `argument` stands behind its name in the command."""


class _Sender:
    """Takes care that no line gets between the parts of another."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._lock = Lock()

    def send(self, data: bytes) -> None:
        with self._lock:
            try:
                self._connection.sendall(data)
            except OSError:
                # The worker has ended, or half a line is out, which the next one must not complete. Whoever reads on
                # either side sees the end.
                with suppress(OSError):
                    self._connection.shutdown(socket.SHUT_RDWR)

    def answer(self, number: bytes, text: bytes) -> None:
        self.send(b"%s %s\n" % (number, text))


def _read_lines(connection: socket.socket) -> Iterator[list[bytes]]:
    """Those that came together, again and again, until the other end is closed."""
    rest = b""
    while data := connection.recv(_CHUNK):
        *lines, rest = (rest + data).split(b"\n")
        yield lines


def _begin(sender: _Sender, duty: str) -> Mapping[bytes, Handler]:
    name, _, argument = duty.partition("=")
    return cast(Duty, import_module(name)).begin(sender.answer, argument)


def _work(handlers: Mapping[bytes, Handler], line: bytes) -> bytes:
    kind, number, text = line.split(b" ", 2)
    answer = handlers[kind](number, text)
    return b"" if answer is None else b"%s %s\n" % (number, answer)


def serve(connection: socket.socket, duties: Iterable[str]) -> None:
    """Until the other end is closed. Raises `ConnectionError` where that happens in the middle."""
    sender = _Sender(connection)
    handlers = {kind: handler for duty in duties for kind, handler in _begin(sender, duty).items()}
    sender.send(READY + b"\n")
    for lines in _read_lines(connection):
        for start in range(0, len(lines), _ANSWERED_AT_ONCE):
            answers = (_work(handlers, line) for line in lines[start : start + _ANSWERED_AT_ONCE])
            if data := b"".join(answers):
                sender.send(data)


def main() -> None:
    """The command names the file descriptor of the socket, and what there is to do."""
    # They are for the worker, which may have answers to give yet, and whose end is noticed in any case.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    with suppress(ConnectionError), socket.socket(fileno=int(sys.argv[1])) as connection:
        serve(connection, sys.argv[2:])
    # Nobody waits any more for what threads have under way.
    os._exit(0)


if __name__ == "__main__":
    main()
