"""The life of the process that signs for a worker: nobody waits for one that is gone, and another takes its place."""

import asyncio
import os
import signal
import socket
from collections.abc import Sequence
from pathlib import Path
from subprocess import Popen

import pytest
from structlog.testing import capture_logs

from borvo.assembly import Platform
from borvo.companion import keeper
from borvo.identity import signatory, signing_process
from borvo.identity.keys import KeyCabinet, SigningKey
from borvo.identity.signatory import Signatory, sign_text
from tests.functional.conftest import TestClock, reuse_keys
from tests.functional.identity.signing import (
    PSS,
    RSA,
    await_line,
    build_signatory,
    describe,
    fail_to_start,
    hold,
    open_at,
    sign_many,
    verify,
)


async def test_nobody_waits_for_a_process_that_was_killed(opened: Signatory, made_here: list[str]) -> None:
    process = opened._companion._process
    assert process is not None
    asked = asyncio.ensure_future(sign_many(opened, RSA, 20))
    # They are handed over.
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    process.kill()
    await asked
    await await_line(opened, is_ready=False)
    made_here.clear()
    await sign_many(opened, RSA, 3)
    assert len(made_here) == 3


async def test_nobody_waits_for_the_signature_of_one_who_has_gone_away(
    opened: Signatory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever becomes of it, that of the next is made."""

    def fail(key: SigningKey, text: str) -> str:
        if text == describe("RS256", 0):
            raise ValueError("no signature")
        return sign_text(key, text)

    monkeypatch.setattr(signatory, "sign_text", fail)
    process = opened._companion._process
    assert process is not None
    process.send_signal(signal.SIGSTOP)
    asked = [asyncio.ensure_future(opened.sign(RSA, describe("RS256", number))) for number in range(3)]
    while not opened._under_way:  # noqa: ASYNC110  (nobody tells)
        await asyncio.sleep(0)
    asked[0].cancel()
    process.kill()
    async with asyncio.timeout(20):
        signatures = await asyncio.gather(*asked[1:])
    for number, signature in enumerate(signatures, 1):
        assert verify(RSA, describe("RS256", number), signature)


@pytest.mark.usefixtures("shortly")
async def test_a_process_that_was_killed_is_followed_by_another(
    opened: Signatory, made_here: list[str]
) -> None:
    await sign_many(opened, RSA, 3)
    first = opened._companion._process
    assert first is not None
    first.kill()
    await await_line(opened, is_ready=False)
    await await_line(opened, is_ready=True)
    made_here.clear()
    await sign_many(opened, RSA, 9)
    assert not made_here
    second = opened._companion._process
    assert second is not None
    assert second.pid != first.pid
    await opened._companion.close()
    assert (first.returncode, second.returncode) == (-signal.SIGKILL, 0)


async def test_a_process_that_cannot_start_is_done_without_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, made_here: list[str]
) -> None:
    faults = [RuntimeError("no thread"), BlockingIOError(), OSError()]
    fail_to_start(monkeypatch, faults)
    signing = build_signatory()
    signing._companion.open()
    await sign_many(signing, RSA, 2)
    assert len(made_here) == 2
    monkeypatch.setattr(keeper, "_SHORTEST_PAUSE", 0.001)
    await await_line(signing, is_ready=True)
    assert not faults
    await signing._companion.close()


@pytest.mark.usefixtures("shortly")
async def test_what_nobody_foresaw_is_logged_tried_again_and_no_hindrance_to_closing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fail_to_start(monkeypatch, [ValueError("nobody foresaw it")])
    signing = build_signatory()
    with capture_logs() as logs:
        await open_at(signing)
        await signing._companion.close()
    (told,) = [each for each in logs if each["log_level"] == "error"]
    assert told["exc_info"]


@pytest.mark.usefixtures("shortly")
async def test_one_begins_once_the_one_before_is_gone(
    opened: Signatory, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, start, gone = opened._companion._process, keeper._start, list[bool]()
    assert first is not None

    def look(duties: Sequence[str]) -> tuple[Popen[bytes], socket.socket]:
        gone.append(first.returncode is not None)
        return start(duties)

    monkeypatch.setattr(keeper, "_start", look)
    monkeypatch.setattr(keeper, "_LOOK_EVERY", 0.01)
    monkeypatch.setattr(keeper, "_END_WITHIN", 0.05)
    # It would take nothing but the end that nobody can ignore.
    first.send_signal(signal.SIGSTOP)
    await sign_many(opened, RSA, 9)
    await await_line(opened, is_ready=True)
    assert gone == [True]
    assert first.returncode == -signal.SIGKILL


async def test_one_that_stood_still_counts_as_one_that_ended_at_once(
    opened: Signatory, monkeypatch: pytest.MonkeyPatch
) -> None:
    process, asked = opened._companion._process, list[float]()
    assert process is not None

    def note(before: float, lasted: float) -> float:
        asked.append(lasted)
        return before + 60

    monkeypatch.setattr(keeper, "find_pause", note)
    monkeypatch.setattr(keeper, "_LOOK_EVERY", 0.01)
    monkeypatch.setattr(keeper, "_END_WITHIN", 0.05)
    process.send_signal(signal.SIGSTOP)
    await sign_many(opened, RSA, 9)
    await opened._companion.close()
    assert asked == [0.0]


async def test_nobody_waits_for_a_process_that_stands_still(
    opened: Signatory,
    made_here: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    process = opened._companion._process
    assert process is not None
    monkeypatch.setattr(keeper, "_LOOK_EVERY", 0.01)
    process.send_signal(signal.SIGSTOP)
    try:
        async with asyncio.timeout(60):
            await sign_many(opened, RSA, 20)
    finally:
        process.send_signal(signal.SIGCONT)
    assert len(made_here) == 20
    assert not opened._companion._line.is_ready
    # It ends without a word when it goes on.
    await asyncio.to_thread(process.wait)
    assert "Traceback" not in capfd.readouterr().err


async def test_a_process_that_goes_on_is_waited_for(opened: Signatory, made_here: list[str]) -> None:
    line = opened._companion._line
    asked = asyncio.ensure_future(sign_many(opened, RSA, 20))
    while not opened._under_way:  # noqa: ASYNC110  (nobody tells)
        await asyncio.sleep(0)
    while not asked.done():
        # Signatures come between the looks.
        first = next(iter(line._waiting), None)
        line._look()
        while first in line._waiting:  # noqa: ASYNC110  (nobody tells)
            await asyncio.sleep(0)
        await asyncio.sleep(0)
    line._look()
    assert line.is_ready
    assert not made_here


async def test_nobody_waits_for_a_signature_whose_key_cannot_be_told(
    opened: Signatory, made_here: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told, faults = signatory.describe_key, [MemoryError()]

    def fail(key: SigningKey) -> str:
        if faults:
            raise faults.pop()
        return told(key)

    monkeypatch.setattr(signatory, "describe_key", fail)
    async with asyncio.timeout(20):
        await sign_many(opened, RSA, 3)
        assert len(made_here) == 1
        # The key is told with the next.
        await sign_many(opened, RSA, 3)
    assert len(made_here) == 1
    assert opened._companion.is_ready


@pytest.mark.usefixtures("shortly")
async def test_what_signs_no_more_is_forgotten_with_the_process_that_knew_it(
    opened: Signatory, made_here: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    next_one = SigningKey("four", "RS256", reuse_keys(skip=1)("RS256"))
    under_way = asyncio.ensure_future(sign_many(opened, RSA, 9))
    # They have asked, and are not handed over yet.
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert len(opened._asked) == 9
    first = opened._companion._process
    opened.follow(hold(next_one, PSS))
    assert not opened._companion._line.is_ready
    await under_way
    await await_line(opened, is_ready=True)
    made_here.clear()
    await sign_many(opened, RSA, 3)
    assert len(made_here) == 3
    await sign_many(opened, next_one, 3)
    assert len(made_here) == 3
    assert opened._companion.told == {"four"}
    assert first is not None
    assert first.returncode == 0
    opened.follow(hold(next_one))
    assert opened._companion._line.is_ready
    assert "Traceback" not in capfd.readouterr().err


async def test_a_key_that_is_withdrawn_is_forgotten_though_nobody_asks_for_tokens(
    platform: Platform, clock: TestClock
) -> None:
    cabinet = platform.identity.cabinet
    before = await cabinet.current()
    signing = platform.identity.signatory
    assert signing._kids == {before.active[name].kid for name in signing_process.ALGORITHMS}
    elsewhere = KeyCabinet(
        platform.database,
        platform.keyring,
        clock,
        platform.entropy,
        reuse_keys(skip=1),
        events=platform.events,
    )
    made, _ = await elsewhere.replace(["RS256"])
    clock.advance(minutes=10)
    await cabinet.maintain()
    assert signing._kids == {made[0].kid, before.active["PS256"].kid}


async def test_the_process_knows_no_secret_of_the_worker_and_ends_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("BORVO_SECRET_KEY", "PGPASSWORD", "SMTP_PASSWORD"):
        monkeypatch.setenv(name, "a-secret-of-the-worker")
    needed = {"PYTHONPATH": "/somewhere", "CRYPTOGRAPHY_OPENSSL_NO_LEGACY": "1"}
    for name, value in needed.items():
        monkeypatch.setenv(name, value)
    signing = build_signatory()
    await open_at(signing)
    await sign_many(signing, RSA, 2)
    process = signing._companion._process
    assert process is not None
    about = Path(f"/proc/{process.pid}")
    environment = about.joinpath("environ").read_bytes()
    assert b"a-secret-of-the-worker" not in environment
    for name, value in needed.items():
        assert f"{name}={value}\0".encode() in environment
    command = about.joinpath("cmdline").read_bytes().split(b"\0")
    assert command[4].isdigit()
    assert command[5:] == [signing_process.__name__.encode(), b""]
    os.kill(process.pid, 15)
    await sign_many(signing, RSA, 2)
    assert process.poll() is None
    await signing._companion.close()
    assert process.returncode == 0
