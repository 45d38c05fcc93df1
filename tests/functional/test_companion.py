"""The process beside a worker, whatever it has to do."""

import asyncio
import errno
import socket
from pathlib import Path

import pytest

from borvo.companion import keeper, process
from borvo.companion.keeper import Companion
from tests.functional.companions import open_companion

_DUTY = """
def begin(answer, argument):
    return {b"forget": lambda number, text: None, b"repeat": lambda number, text: text}
"""


@pytest.fixture
def forgetful(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Companion:
    """What it is told to forget it never answers."""
    tmp_path.joinpath("forgetful.py").write_text(_DUTY)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    return Companion(["forgetful"])


async def test_nobody_waits_for_what_is_forgotten_while_others_are_answered(
    forgetful: Companion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "_LOOK_EVERY", 0.01)
    await open_companion(forgetful)
    waiting = asyncio.ensure_future(forgetful.ask("forget", "me"))
    try:
        async with asyncio.timeout(20):
            while not waiting.done():
                if forgetful.is_ready:
                    assert await forgetful.ask("repeat", "it") in {b"it", None}
                await asyncio.sleep(0)
        assert await waiting is None
    finally:
        await forgetful.close()


class _Short(socket.socket):
    """Breaks off in the middle of the first line."""

    def sendall(self, data: object, flags: int = 0, /) -> None:
        assert isinstance(data, bytes)
        if data.startswith(b"15 "):
            super().sendall(data[:1], flags)
            raise OSError(errno.ENOBUFS, "no room")
        super().sendall(data, flags)


def test_no_answer_completes_one_that_broke_off() -> None:
    """The half of one number and all of another would be a third."""
    worker, other = socket.socketpair()
    with worker, _Short(fileno=other.detach()) as short:
        sender = process._Sender(short)
        sender.answer(b"15", b"wrong")
        sender.answer(b"7", b"right")
        worker.settimeout(20)
        assert worker.recv(100) == b"1"
        assert worker.recv(100) == b""
        assert short.recv(100) == b""
