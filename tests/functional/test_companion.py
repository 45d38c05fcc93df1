"""The process beside a worker, whatever it has to do."""

import asyncio
import errno
import socket
from pathlib import Path

import pytest

from borvo.accounts import hash_process
from borvo.assembly import companion as assembly
from borvo.companion import keeper, process
from borvo.companion.keeper import Companion
from borvo.identity import signing_process
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


async def test_whoever_closes_it_while_it_begins_does_not_wait_for_it() -> None:
    companion = Companion()
    companion.open()
    # The process is being started, in a thread.
    await asyncio.sleep(0)
    async with asyncio.timeout(20):
        await companion.close()
    started = companion._process
    assert started is not None
    assert started.returncode == 0


def _count_threads(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


async def test_it_verifies_as_many_passwords_at_once_as_its_worker_may(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(assembly, "count_cores", lambda: 6)
    companion = assembly.build_companion(2)
    assert assembly.build_passwords(2, companion)._threads == 3
    assert companion._duties[0] == f"{hash_process.__name__}=3"
    await open_companion(companion)
    try:
        started = companion._process
        assert started is not None
        # And one that reads.
        assert _count_threads(started.pid) == 1 + 3
    finally:
        await companion.close()


@pytest.mark.parametrize(("workers", "signs"), [(1, True), (3, True), (4, False), (5, False)])
def test_it_signs_where_a_core_is_to_spare(
    monkeypatch: pytest.MonkeyPatch, workers: int, *, signs: bool
) -> None:
    monkeypatch.setattr(assembly, "count_cores", lambda: 4)
    companion = assembly.build_companion(workers)
    assert companion.has(signing_process.__name__) is signs
    assert companion.has(hash_process.__name__)


@pytest.mark.parametrize(
    ("before", "lasted", "pause"),
    [(0, 0.1, 1), (1, 0.1, 2), (2, 59, 4), (500, 3, 600), (600, 3, 600), (600, 61, 1), (0, 61, 1)],
)
def test_the_sooner_processes_end_the_later_the_next_begins(
    before: float, lasted: float, pause: float
) -> None:
    assert keeper.find_pause(before, lasted) == pause
