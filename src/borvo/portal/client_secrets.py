"""Verifies client secrets: on the way of every token request, so fast where that costs no safety."""

import hmac
import time
from collections.abc import Callable

from borvo.accounts.public import Passwords
from borvo.kernel.digests import digest_with_key, is_same
from borvo.kernel.entropy import Entropy, read_system_entropy
from borvo.portal.model import RegisteredClient, SecretAlgorithm, StoredSecret

MEMO_SECONDS = 60.0
MEMO_ENTRIES = 1024


class _Memo:
    """Remembers for a minute that a slow verification succeeded; failures are never remembered."""

    def __init__(self, key: bytes, read_seconds: Callable[[], float]) -> None:
        self._key = key
        self._read_seconds = read_seconds
        self._expiries: dict[bytes, float] = {}

    def name(self, client: RegisteredClient, stored: StoredSecret, secret: str) -> bytes:
        """Under a key that lives and dies with the process: a memory dump names no secret. The first two parts
        have a fixed length and the third holds no zero byte, so no two triples share a text."""
        parts = client.client_key.bytes + stored.id.bytes + stored.digest + b"\0" + secret.encode()
        return hmac.digest(self._key, parts, "sha256")

    def holds(self, name: bytes) -> bool:
        expiry = self._expiries.get(name)
        return expiry is not None and self._read_seconds() < expiry

    def add(self, name: bytes) -> None:
        self._expiries.pop(name, None)
        if len(self._expiries) >= MEMO_ENTRIES:
            # Dictionaries keep the order of insertion and all entries live equally long: the first is the oldest.
            del self._expiries[next(iter(self._expiries))]
        self._expiries[name] = self._read_seconds() + MEMO_SECONDS


class SecretVerifier:
    """Compares a presented secret with the live secrets of the client as it was just loaded, so that a removed
    secret stops working with the next request, whatever is remembered."""

    def __init__(
        self,
        key: bytes,
        passwords: Passwords,
        *,
        entropy: Entropy = read_system_entropy,
        read_seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._key = key
        self._passwords = passwords
        self._memo = _Memo(entropy(32), read_seconds)

    def digest(self, generated: str) -> bytes:
        """How a generated secret is stored: useless to whoever has the database but not the key."""
        return digest_with_key(self._key, generated)

    async def hash(self, chosen: str) -> bytes:
        """How a secret that a developer chose is stored."""
        return (await self._passwords.hash(chosen)).encode()

    async def verify(self, client: RegisteredClient, secret: str) -> bool:
        """Every refusal costs at least one slow hash, so that time tells neither who exists nor what kind of
        secret a client has."""
        if self._is_generated(client, secret):
            return True
        chosen = [stored for stored in client.secrets if stored.algorithm == SecretAlgorithm.SLOW_HASH]
        if any(self._memo.holds(self._memo.name(client, stored, secret)) for stored in chosen):
            return True
        for stored in chosen:
            if await self._passwords.verify(stored.digest.decode(), secret):
                self._memo.add(self._memo.name(client, stored, secret))
                return True
        return False if chosen else await self.verify_nothing(secret)

    async def verify_nothing(self, secret: str) -> bool:
        """For an unknown client: always False, after the time that a refusal takes."""
        return await self._passwords.verify(None, secret)

    def _is_generated(self, client: RegisteredClient, secret: str) -> bool:
        digest = self.digest(secret)
        # No early end: all are compared, each in constant time.
        verdicts = [is_same(stored.digest, digest) for stored in client.secrets if stored.is_generated]
        return any(verdicts)
