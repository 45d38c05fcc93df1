"""The process that signs for a worker: what it signs."""

import asyncio
import socket
import threading
from contextlib import closing

import httpx
import pytest

from borvo.accounts import hash_process
from borvo.assembly import Platform
from borvo.companion import process
from borvo.companion.keeper import Companion
from borvo.identity import signatory, signing_process
from borvo.identity.keys import ALGORITHMS, SigningKey
from borvo.identity.signatory import Signatory, describe_key, sign_text
from tests.factories.clients import SECRET, register_client
from tests.functional.browser import Browser
from tests.functional.conftest import reuse_key
from tests.functional.identity.aspnet import half_hash
from tests.functional.identity.flows import build_basic, obtain_lasting, refresh, register_lasting
from tests.functional.identity.signing import (
    PSS,
    RSA,
    describe,
    hold,
    open_at,
    sign_many,
    verify,
)

QUICK = SigningKey("three", "EdDSA", reuse_key("EdDSA"))


async def test_what_comes_together_is_signed_beside_the_loop_as_the_worker_would(
    opened: Signatory, made_here: list[str]
) -> None:
    await asyncio.gather(sign_many(opened, RSA, 9), sign_many(opened, PSS, 9))
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
    opened.follow(hold(RSA, PSS, QUICK))
    made_here.clear()
    await asyncio.gather(opened.sign(QUICK, "a.b"), opened.sign(QUICK, "a.c"))
    assert made_here == ["a.b", "a.c"]


async def test_a_companion_that_is_not_there_to_sign_is_not_asked_to(made_here: list[str]) -> None:
    signing = Signatory(Companion([f"{hash_process.__name__}=1"]))
    signing.follow(hold(RSA, PSS))
    await open_at(signing)
    try:
        await sign_many(signing, RSA, 3)
        assert signing._companion.is_ready
    finally:
        await signing._companion.close()
    assert len(made_here) == 3


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


def test_the_process_answers_line_by_line_however_they_come() -> None:
    worker, other = socket.socketpair()
    thread = threading.Thread(target=process.serve, args=[other, [signing_process.__name__]])
    thread.start()
    sent = f"key 1 {describe_key(RSA)}\n" + "".join(f"sign {n} one RS256 {n}\n" for n in range(2, 7))
    with closing(worker), other:
        for start in range(0, len(sent), 700):
            worker.sendall(sent[start : start + 700].encode())
        got = b""
        while got.count(b"\n") < 6:
            got += worker.recv(1000)
        worker.shutdown(socket.SHUT_WR)
        thread.join()
    expected = [f"{number} {sign_text(RSA, str(number))}" for number in range(2, 7)]
    assert got.decode().split("\n") == ["ready", *expected, ""]


@pytest.mark.parametrize("text", [b"unknown RS256 x", b"one none x", b"one RS256", b"x", b""])
def test_what_no_worker_has_signed_is_not_signed(text: bytes) -> None:
    signer = signing_process.Signer()
    signer.learn(b"1", describe_key(RSA).encode())
    with pytest.raises((KeyError, ValueError)):
        signer.sign(b"2", text)


@pytest.mark.parametrize(
    "text",
    [b"one e30", b"one", b"", describe_key(QUICK).encode()],
    ids=["no key", "no text", "nothing", "of another kind"],
)
def test_what_is_no_rsa_key_is_not_kept(text: bytes) -> None:
    with pytest.raises((ValueError, TypeError)):
        signing_process.Signer().learn(b"1", text)


@pytest.mark.parametrize("line", [b"shred 1 x", b"sign", b"sign 1", b""])
def test_a_line_that_no_worker_sends_ends_the_process(line: bytes) -> None:
    worker, other = socket.socketpair()
    with worker, other:
        worker.sendall(line + b"\n")
        with pytest.raises((KeyError, ValueError)):
            process.serve(other, [signing_process.__name__])


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
        await platform.companion.close()
    assert len(made_here) < 14
    for each in services:
        assert (await lasting.read_id_token(each.json()["access_token"]))["client_id"] == service
    for each in renewed:
        claims = await lasting.read_id_token(each.json()["id_token"])
        assert claims["at_hash"] == half_hash(each.json()["access_token"])
