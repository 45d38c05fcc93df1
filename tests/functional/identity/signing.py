"""A signatory with keys of its own, and looks at what it signs."""

import asyncio
import socket
from collections.abc import Sequence
from datetime import UTC, datetime
from subprocess import Popen

import pytest
from joserfc import jws

from borvo.companion import keeper
from borvo.companion.keeper import Companion
from borvo.identity import signing_process
from borvo.identity.keys import SigningKey, SigningKeys
from borvo.identity.signatory import Signatory
from tests.functional.companions import await_companion, open_companion
from tests.functional.conftest import reuse_key

RSA = SigningKey("one", "RS256", reuse_key("RS256"))
PSS = SigningKey("two", "PS256", reuse_key("PS256"))


def verify(key: SigningKey, text: str, signature: str) -> bool:
    """By the library, of which the process uses nothing."""
    return bool(jws.deserialize_compact(f"{text}.{signature}", key.key, algorithms=[key.algorithm]))


def describe(algorithm: str, number: int) -> str:
    header = {"RS256": "eyJhbGciOiJSUzI1NiJ9", "PS256": "eyJhbGciOiJQUzI1NiJ9"}[algorithm]
    return f"{header}.{'AAAA' * (number + 1)}"


def hold(*keys: SigningKey) -> SigningKeys:
    """Those that sign, each for its algorithm."""
    return SigningKeys(
        {key.algorithm: key for key in keys}, {}, {}, {}, datetime(2026, 1, 1, tzinfo=UTC), None
    )


def build_signatory() -> Signatory:
    signing = Signatory(Companion([signing_process.__name__]))
    signing.follow(hold(RSA, PSS))
    return signing


def fail_to_start(monkeypatch: pytest.MonkeyPatch, faults: list[Exception]) -> None:
    """With each of them, the last first; then processes start. What is left of them is what was not met."""
    start = keeper._start

    def fail(duties: Sequence[str]) -> tuple[Popen[bytes], socket.socket]:
        if faults:
            raise faults.pop()
        return start(duties)

    monkeypatch.setattr(keeper, "_start", fail)


async def open_at(signing: Signatory) -> None:
    await open_companion(signing._companion)


async def await_line(signing: Signatory, *, is_ready: bool) -> None:
    await await_companion(signing._companion, is_ready=is_ready)


async def sign_many(signing: Signatory, key: SigningKey, count: int) -> None:
    texts = [describe(key.algorithm, number) for number in range(count)]
    signatures = await asyncio.gather(*(signing.sign(key, text) for text in texts))
    assert all(verify(key, *pair) for pair in zip(texts, signatures, strict=True))
