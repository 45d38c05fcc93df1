"""The process that signs for a worker: what it signs, and that nobody waits for one that is gone."""

import asyncio
import os
import signal
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from joserfc import jws

from borvo.assembly import Platform
from borvo.identity import signatory, signing_process
from borvo.identity.keys import ALGORITHMS, SigningKey
from borvo.identity.signatory import Signatory, sign_text
from tests.factories.clients import SECRET, register_client
from tests.functional.browser import Browser
from tests.functional.conftest import reuse_key
from tests.functional.identity.aspnet import half_hash
from tests.functional.identity.flows import build_basic, obtain_lasting, refresh, register_lasting

RSA = SigningKey("one", "RS256", reuse_key("RS256"))


def verify(key: SigningKey, text: str, signature: str) -> bool:
    """By the library, of which the process uses nothing."""
    return bool(jws.deserialize_compact(f"{text}.{signature}", key.key, algorithms=[key.algorithm]))


def describe(algorithm: str, number: int) -> str:
    header = {"RS256": "eyJhbGciOiJSUzI1NiJ9", "PS256": "eyJhbGciOiJQUzI1NiJ9"}[algorithm]
    return f"{header}.{'AAAA' * (number + 1)}"


@pytest.fixture
async def opened() -> AsyncIterator[Signatory]:
    """With its process."""
    signing = Signatory()
    await open_at(signing)
    yield signing
    await signing.close()


async def open_at(signing: Signatory) -> None:
    await signing.open(spare_cores=1)
    await await_line(signing, is_ready=True)


async def await_line(signing: Signatory, *, is_ready: bool) -> None:
    async with asyncio.timeout(60):
        while signing._line.is_ready is not is_ready:  # noqa: ASYNC110  (nobody tells)
            await asyncio.sleep(0.001)


@pytest.fixture
def made_here(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that the worker signed by itself."""
    texts: list[str] = []

    def note(key: SigningKey, text: str) -> str:
        texts.append(text)
        return sign_text(key, text)

    monkeypatch.setattr(signatory, "sign_text", note)
    return texts


async def sign_many(signing: Signatory, key: SigningKey, count: int) -> None:
    texts = [describe(key.algorithm, number) for number in range(count)]
    signatures = await asyncio.gather(*(signing.sign(key, text) for text in texts))
    assert all(verify(key, *pair) for pair in zip(texts, signatures, strict=True))


async def test_what_comes_together_is_signed_beside_the_loop_as_the_worker_would(
    opened: Signatory, made_here: list[str]
) -> None:
    pss = SigningKey("two", "PS256", reuse_key("PS256"))
    await asyncio.gather(sign_many(opened, RSA, 9), sign_many(opened, pss, 9))
    assert not made_here
    texts = [describe("RS256", number) for number in range(3)]
    signatures = await asyncio.gather(*(opened.sign(RSA, text) for text in texts))
    assert signatures == [sign_text(RSA, text) for text in texts]


async def test_what_is_alone_too_much_or_quick_is_signed_by_the_worker(
    opened: Signatory, made_here: list[str]
) -> None:
    assert verify(RSA, describe("RS256", 1), await opened.sign(RSA, describe("RS256", 1)))
    assert len(made_here) == 1
    await sign_many(opened, RSA, 40)
    assert len(made_here) == 1 + 40 - signatory._MOST_WAITING
    quick = SigningKey("three", "EdDSA", reuse_key("EdDSA"))
    made_here.clear()
    await asyncio.gather(opened.sign(quick, "a.b"), opened.sign(quick, "a.c"))
    assert made_here == ["a.b", "a.c"]


async def test_without_a_core_to_spare_there_is_no_process(made_here: list[str]) -> None:
    signing = Signatory()
    await signing.open(spare_cores=0)
    assert signing._process is None
    await sign_many(signing, RSA, 2)
    assert len(made_here) == 2
    await signing.close()


async def test_a_process_that_cannot_start_is_done_without(
    monkeypatch: pytest.MonkeyPatch, made_here: list[str]
) -> None:
    def fail(_: object) -> None:
        raise BlockingIOError

    monkeypatch.setattr(signatory, "_start", fail)
    signing = Signatory()
    await signing.open(spare_cores=1)
    await sign_many(signing, RSA, 2)
    assert len(made_here) == 2
    await signing.close()


async def test_nobody_waits_for_a_process_that_was_killed(opened: Signatory, made_here: list[str]) -> None:
    process = opened._process
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


async def test_nobody_waits_for_a_process_that_stands_still(
    opened: Signatory,
    made_here: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    process = opened._process
    assert process is not None
    monkeypatch.setattr(signatory, "_LOOK_EVERY", 0.01)
    process.send_signal(signal.SIGSTOP)
    try:
        async with asyncio.timeout(60):
            await sign_many(opened, RSA, 20)
    finally:
        process.send_signal(signal.SIGCONT)
    assert len(made_here) == 20
    assert not opened._line.is_ready
    # It ends without a word when it goes on.
    await asyncio.to_thread(process.wait)
    assert "Traceback" not in capfd.readouterr().err


async def test_a_process_that_goes_on_is_waited_for(opened: Signatory, made_here: list[str]) -> None:
    line = opened._line
    asked = asyncio.ensure_future(sign_many(opened, RSA, 9))
    while not line.waiting:  # noqa: ASYNC110  (nobody tells)
        await asyncio.sleep(0)
    for _ in range(9):
        # Signatures come between the looks.
        line._look()
        line._silent_looks = 0
    await asked
    line._look()
    assert line.is_ready
    assert not made_here


async def test_whoever_goes_away_keeps_no_signature_from_others(opened: Signatory) -> None:
    asked = [asyncio.ensure_future(opened.sign(RSA, describe("RS256", number))) for number in range(6)]
    await asyncio.sleep(0)
    asked[0].cancel()
    await asyncio.sleep(0)
    asked[3].cancel()
    signatures = await asyncio.gather(*asked, return_exceptions=True)
    assert [isinstance(each, asyncio.CancelledError) for each in signatures] == [
        n in {0, 3} for n in range(6)
    ]
    assert verify(RSA, describe("RS256", 5), str(signatures[5]))


async def test_the_process_knows_no_secret_of_the_worker_and_ends_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BORVO_SECRET_KEY", "a-secret-of-the-worker")
    signing = Signatory()
    await open_at(signing)
    await sign_many(signing, RSA, 2)
    process = signing._process
    assert process is not None
    about = Path(f"/proc/{process.pid}")
    assert b"BORVO_" not in about.joinpath("environ").read_bytes()
    command = about.joinpath("cmdline").read_bytes().split(b"\0")
    assert len(command) == 6
    assert command[4].isdigit()
    os.kill(process.pid, 15)
    await sign_many(signing, RSA, 2)
    assert process.poll() is None
    await signing.close()
    assert process.returncode == 0


def test_the_process_answers_line_by_line_however_they_come() -> None:
    worker, other = socket.socketpair()
    thread = threading.Thread(target=signing_process.serve, args=[other])
    thread.start()
    line = signatory._Line()
    sent = line._name_key(RSA) + b"".join(b"sign one RS256 %d\n" % number for number in range(5))
    assert line._name_key(RSA) == b""
    with closing(worker), other:
        for start in range(0, len(sent), 700):
            worker.sendall(sent[start : start + 700])
        got = b""
        while got.count(b"\n") < 6:
            got += worker.recv(1000)
        worker.shutdown(socket.SHUT_WR)
        thread.join()
    expected = [sign_text(RSA, str(number)) for number in range(5)]
    assert got.decode().split("\n") == ["ready", *expected, ""]


@pytest.mark.parametrize("line", [b"sign unknown RS256 x", b"sign one none x", b"key one e30", b"x", b""])
def test_a_line_that_no_worker_sends_is_not_answered(line: bytes) -> None:
    signer = signing_process.Signer()
    signer.answer(signatory._Line()._name_key(RSA).strip())
    with pytest.raises((KeyError, ValueError, TypeError)):
        signer.answer(line)


def test_it_signs_by_algorithms_that_are_served() -> None:
    assert set(ALGORITHMS) >= signing_process.ALGORITHMS


async def test_tokens_that_are_asked_for_together_are_good(
    platform: Platform, http: httpx.AsyncClient, ada: Browser, made_here: list[str]
) -> None:
    lasting = await register_lasting(platform, http)
    service = await register_client(
        platform, "demo.service", grant_types=["client_credentials"], scopes=["agency_api"]
    )
    tokens = [await obtain_lasting(lasting, ada) for _ in range(4)]
    fields, header = {"grant_type": "client_credentials"}, build_basic(service, SECRET)
    await open_at(platform.identity.signatory)
    try:
        made_here.clear()
        renewed = await asyncio.gather(*(refresh(lasting, each["refresh_token"]) for each in tokens))
        asked = [http.post("/connect/token", data=fields, headers=header) for _ in range(6)]
        services = await asyncio.gather(*asked)
    finally:
        await platform.identity.signatory.close()
    assert len(made_here) < 14
    for each in services:
        assert (await lasting.read_id_token(each.json()["access_token"]))["client_id"] == service
    for each in renewed:
        claims = await lasting.read_id_token(each.json()["id_token"])
        assert claims["at_hash"] == half_hash(each.json()["access_token"])
