"""Verifies client secrets: on the way of every token request, so fast where that costs no safety."""

import asyncio
import hmac
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from borvo.accounts.public import Passwords
from borvo.kernel.clock import Clock, read_system_clock
from borvo.kernel.digests import digest_with_key, is_same
from borvo.kernel.entropy import Entropy, read_system_entropy
from borvo.kernel.ids import ClientKey
from borvo.portal.model import RegisteredClient, SecretAlgorithm, StoredSecret
from borvo.portal.secret_format import create_client_secret
from borvo.portal.secret_uses import SecretUses
from borvo.storage.sealing import FindKey

MEMO_SECONDS = 60.0
MEMO_ENTRIES = 1024


class _Memo:
    """Remembers for a minute that a slow verification succeeded; failures are never remembered. Whoever comes with the
    same while it is verified waits for that: when the minute of a busy client ends, all its requests would hash."""

    def __init__(self, key: bytes, read_seconds: Callable[[], float]) -> None:
        self._key = key
        self._read_seconds = read_seconds
        self._expiries: dict[bytes, float] = {}
        self._under_way: dict[bytes, asyncio.Task[bool]] = {}

    def name(self, client: RegisteredClient, stored: StoredSecret, secret: str) -> bytes:
        """Under a key that lives and dies with the process: a memory dump names no secret. The first two parts
        have a fixed length and the third holds no zero byte, so no two triples share a text."""
        parts = client.client_key.bytes + stored.id.bytes + stored.digest + b"\0" + secret.encode()
        return hmac.digest(self._key, parts, "sha256")

    def holds(self, name: bytes) -> bool:
        expiry = self._expiries.get(name)
        return expiry is not None and self._read_seconds() < expiry

    async def verify(self, name: bytes, verify: Callable[[], Awaitable[bool]]) -> bool:
        """What the slow verification comes to."""
        task = self._under_way.get(name)
        if task is None:
            task = self._under_way[name] = asyncio.create_task(self._run(name, verify))
        # Whoever goes away takes nothing from the others.
        return await asyncio.shield(task)

    async def _run(self, name: bytes, verify: Callable[[], Awaitable[bool]]) -> bool:
        try:
            is_right = await verify()
        finally:
            del self._under_way[name]
        if is_right:
            self.add(name)
        return is_right

    def add(self, name: bytes) -> None:
        self._expiries.pop(name, None)
        if len(self._expiries) >= MEMO_ENTRIES:
            # Dictionaries keep the order of insertion and all entries live equally long: the first is the oldest.
            del self._expiries[next(iter(self._expiries))]
        self._expiries[name] = self._read_seconds() + MEMO_SECONDS


class SecretVerifier:
    """Compares a presented secret with the live secrets of the client as it was just loaded, so that a removed or
    expired secret stops working with the next request, whatever is remembered. `uses` is told of each that is right."""

    def __init__(
        self,
        key: FindKey,
        passwords: Passwords,
        *,
        clock: Clock = read_system_clock,
        entropy: Entropy = read_system_entropy,
        read_seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self.uses = SecretUses()
        self._key = key
        self._clock = clock
        self._entropy = entropy
        self._passwords = passwords
        self._memo = _Memo(entropy(32), read_seconds)
        self._lent: dict[ClientKey, set[bytes]] = {}

    def digest(self, generated: str) -> bytes:
        """How a generated secret is stored: useless to whoever has the database but not the key."""
        return digest_with_key(self._key(), generated)

    async def hash(self, chosen: str) -> bytes:
        """How a secret that a developer chose is stored."""
        return (await self._passwords.hash(chosen)).encode()

    @contextmanager
    def lend(self, client: RegisteredClient) -> Iterator[str]:
        """A secret that works within the block, in this process, and is stored nowhere: it can neither be left behind
        nor count as a use of one of the client's own."""
        secret = create_client_secret(self._entropy)
        digest = self.digest(secret)
        self._lent.setdefault(client.client_key, set()).add(digest)
        try:
            yield secret
        finally:
            lent = self._lent[client.client_key]
            lent.discard(digest)
            if not lent:
                del self._lent[client.client_key]

    def is_lent(self, client: RegisteredClient, secret: str) -> bool:
        """Whether it is one of those that `lend` gave away and that still work."""
        lent = self._lent.get(client.client_key)
        return lent is not None and self.digest(secret) in lent

    async def verify(self, client: RegisteredClient, secret: str) -> bool:
        """Every refusal costs at least one slow hash, so that time tells neither who exists nor what kind of
        secret a client has, nor whether one has expired."""
        if self.is_lent(client, secret):
            return True
        now = self._clock()
        found = await self._find(client, [stored for stored in client.secrets if stored.is_live(now)], secret)
        if found is None:
            return False
        self.uses.note(client.client_key, found.id, now)
        return True

    async def is_known(self, client: RegisteredClient, secret: str) -> bool:
        """Whether it is one of the client's secrets, an expired one too; that is no use of it."""
        return await self._find(client, client.secrets, secret) is not None

    def is_generated(self, client: RegisteredClient, secret: str) -> bool:
        """Whether it is one of the client's generated secrets, at the cost of one digest."""
        return self._find_generated(client.secrets, secret) is not None

    async def verify_nothing(self, secret: str) -> bool:
        """For an unknown client: always False, after the time that a refusal takes."""
        return await self._passwords.verify(None, secret)

    async def _find(
        self, client: RegisteredClient, secrets: Sequence[StoredSecret], secret: str
    ) -> StoredSecret | None:
        if generated := self._find_generated(secrets, secret):
            return generated
        chosen = [stored for stored in secrets if stored.algorithm == SecretAlgorithm.SLOW_HASH]
        named = [(self._memo.name(client, stored, secret), stored) for stored in chosen]
        for name, stored in named:
            if self._memo.holds(name):
                return stored
        for name, stored in named:
            if await self._memo.verify(name, partial(self._passwords.verify, stored.digest.decode(), secret)):
                return stored
        if not chosen:
            await self.verify_nothing(secret)
        return None

    def _find_generated(self, secrets: Iterable[StoredSecret], secret: str) -> StoredSecret | None:
        digest, found = self.digest(secret), None
        for stored in secrets:
            # No early end: all are compared, each in constant time.
            if stored.is_generated and is_same(stored.digest, digest):
                found = stored
        return found
