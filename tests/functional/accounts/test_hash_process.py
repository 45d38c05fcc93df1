"""Passwords verified in the process beside a worker: the same verdicts, whatever becomes of it."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from queue import SimpleQueue

import pytest
from argon2 import PasswordHasher, Type
from argon2.low_level import ffi

from borvo.accounts import hash_process
from borvo.accounts.hash_memory import find_memory
from borvo.accounts.passwords import Passwords
from borvo.assembly import build_platform
from borvo.companion import keeper
from borvo.companion.keeper import Companion
from borvo.settings import Settings
from tests.functional.companions import await_companion, open_companion

PASSWORD = "correct horse pony"
_CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
# Some 20 ms: long enough to do something meanwhile.
_SLOW = PasswordHasher(time_cost=4, memory_cost=19_456, parallelism=1)
# A mapping's line, and how much of it is there.
_MAPPING = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) .*(?:\n(?!Rss).*)*\nRss: +(\d+) kB", re.MULTILINE)


def _measure_memory() -> int:
    """Resident kilobytes of the mapping in which the calling thread hashes."""
    memory = find_memory()
    assert memory is not None
    start = int(ffi.cast("uintptr_t", memory._start))
    mappings = _MAPPING.findall(Path("/proc/self/smaps").read_text(encoding="ascii"))
    (found,) = [int(kept) for first, last, kept in mappings if int(first, 16) <= start < int(last, 16)]
    return found


def _list_priorities(process: int) -> list[int]:
    """Of its threads."""
    threads = Path(f"/proc/{process}/task").iterdir()
    return sorted(os.getpriority(os.PRIO_PROCESS, int(thread.name)) for thread in threads)


@pytest.fixture
async def companion() -> AsyncIterator[Companion]:
    companion = Companion([f"{hash_process.__name__}=2"])
    await open_companion(companion)
    yield companion
    await companion.close()


@pytest.fixture
def beside(companion: Companion) -> Passwords:
    return Passwords(_CHEAP, companion=companion)


@pytest.mark.skipif(sys.platform != "linux", reason="threads have a priority each on Linux only")
async def test_who_hashes_leaves_the_cores_to_others_and_the_rest_of_the_companion_does_not(
    companion: Companion,
) -> None:
    process = companion._process
    assert process is not None
    found = _list_priorities(process.pid)
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert found == [own, own + 5, own + 5]


def test_passwords_are_verified_where_no_priority_may_be_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "setpriority", refuse)
    answers: SimpleQueue[tuple[bytes, bytes]] = SimpleQueue()
    verify = hash_process.begin(lambda *answer: answers.put(answer), "1")[hash_process.KIND.encode()]
    verify(b"7", hash_process.describe(_CHEAP.hash(PASSWORD), [PASSWORD]).encode())
    assert answers.get(timeout=20) == (b"7", hash_process.RIGHT)


@pytest.mark.parametrize(
    "chosen", [PASSWORD, "", " ", "with\nbreaks\x00and zero", "pass wörter ☂", "x" * 4096]
)
@pytest.mark.parametrize("kind", [Type.ID, Type.I])
async def test_the_verdict_is_that_of_the_worker(
    beside: Passwords, verified_here: list[str], chosen: str, kind: Type
) -> None:
    digest = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1, type=kind).hash(chosen)
    assert await beside.verify(digest, chosen)
    assert not await beside.verify(digest, chosen + "x")
    assert not verified_here


async def test_a_password_is_right_in_either_spelling(beside: Passwords, verified_here: list[str]) -> None:
    composed, typed = "p\u00e4sswort", "pa\u0308sswort"
    for stored in (composed, typed):
        assert await beside.verify(_CHEAP.hash(stored), typed)
    assert not verified_here


async def test_what_nobody_has_is_wrong_there_too(beside: Passwords, verified_here: list[str]) -> None:
    assert not await beside.verify(None, "nobody has this password")
    assert not await beside.verify("no digest", PASSWORD)
    assert not verified_here


async def test_each_gets_the_verdict_about_her_own_password(
    beside: Passwords, verified_here: list[str]
) -> None:
    """Answers come in the order in which threads are done."""
    slow, quick = _SLOW.hash(PASSWORD), _CHEAP.hash(PASSWORD)
    asked = [(slow if n % 3 else quick, PASSWORD if n % 2 else "wrong") for n in range(20)]
    verdicts = await asyncio.gather(*(beside.verify(*each) for each in asked))
    assert verdicts == [bool(n % 2) for n in range(20)]
    assert not verified_here


async def test_nobody_waits_for_a_process_that_was_killed(
    beside: Passwords, companion: Companion, verified_here: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "_SHORTEST_PAUSE", 0.001)
    digest = _CHEAP.hash(PASSWORD)
    first = companion._process
    assert first is not None
    first.send_signal(signal.SIGSTOP)
    asked = [asyncio.ensure_future(beside.verify(digest, each)) for each in (PASSWORD, "wrong", PASSWORD)]
    # They are handed over, and one goes away again.
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    asked[0].cancel()
    first.kill()
    async with asyncio.timeout(60):
        assert await asyncio.gather(*asked[1:]) == [False, True]
    assert verified_here == ["wrong", PASSWORD]
    await await_companion(companion, is_ready=True)
    assert await beside.verify(digest, PASSWORD)
    assert len(verified_here) == 2


async def test_nobody_waits_for_a_process_that_stands_still(
    beside: Passwords, companion: Companion, verified_here: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "_LOOK_EVERY", 0.01)
    monkeypatch.setattr(keeper, "_END_WITHIN", 0.05)
    process = companion._process
    assert process is not None
    process.send_signal(signal.SIGSTOP)
    async with asyncio.timeout(60):
        assert await beside.verify(_CHEAP.hash(PASSWORD), PASSWORD)
    assert verified_here == [PASSWORD]


async def test_a_worker_with_a_companion_keeps_no_memory_for_hashes(
    beside: Passwords, companion: Companion
) -> None:
    """It would hold twice what it needs, from the first password on that came before its companion was ready."""
    digest = PasswordHasher(time_cost=1, memory_cost=19_456, parallelism=1).hash(PASSWORD)
    # Both have the same one thread.
    alone = Passwords(_CHEAP)
    assert await alone.verify(digest, PASSWORD)
    kept = await alone._run(_measure_memory)
    companion.renew()
    assert await beside.verify(digest, PASSWORD)
    left = await beside._run(_measure_memory)
    assert kept >= 18_000
    assert left < 1_000


async def test_a_process_that_ends_in_the_middle_says_nothing(
    beside: Passwords, companion: Companion, capfd: pytest.CaptureFixture[str]
) -> None:
    digest = _SLOW.hash(PASSWORD)
    asked = [asyncio.ensure_future(beside.verify(digest, PASSWORD)) for _ in range(6)]
    await asyncio.sleep(0.01)
    await companion.close()
    assert await asyncio.gather(*asked) == [True] * 6
    process = companion._process
    assert process is not None
    assert process.returncode == 0
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (b"", hash_process.WRONG),
        (b"x", hash_process.UNKNOWN),
        (b"_w== _w==", hash_process.UNKNOWN),
        (hash_process.describe(_CHEAP.hash(PASSWORD), [PASSWORD]).encode(), hash_process.RIGHT),
    ],
    ids=["nothing", "not encoded", "no text", "a password"],
)
def test_every_line_is_answered(text: bytes, verdict: bytes) -> None:
    answers: list[tuple[bytes, bytes]] = []
    hash_process._verify(lambda *answer: answers.append(answer), b"7", text)
    assert answers == [(b"7", verdict)]


async def test_what_the_process_cannot_find_out_the_worker_does(
    beside: Passwords, verified_here: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hash_process, "describe", lambda *_: "_w==")
    assert await beside.verify(_CHEAP.hash(PASSWORD), PASSWORD)
    assert verified_here == [PASSWORD]


async def test_a_platform_has_one_companion_that_verifies_its_passwords(
    settings: Settings, verified_here: list[str]
) -> None:
    platform = build_platform(settings)
    people = platform.accounts.passwords
    digest = await people.hash(PASSWORD)
    assert await people.verify(digest, PASSWORD)
    assert verified_here == [PASSWORD]
    await open_companion(platform.companion)
    try:
        assert await people.verify(digest, PASSWORD)
        assert not await people.verify(digest, "wrong")
    finally:
        await platform.companion.close()
    assert verified_here == [PASSWORD]
    assert await people.verify(digest, PASSWORD)
    assert verified_here == [PASSWORD, PASSWORD]
