"""Signing keys: made on first start, sealed at rest, cached in each process."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from joserfc.jwk import ECKey, Key, KeySet, RSAKey

from borvo.identity import store
from borvo.kernel.clock import Clock
from borvo.kernel.entropy import Entropy
from borvo.storage.database import Database
from borvo.storage.sealing import Keyring

ALGORITHMS = ("RS256", "ES256")
_PURPOSE = "signing keys"
# How long a worker may be behind another that has made or retired a key.
_REFRESH = timedelta(seconds=60)

GenerateKey = Callable[[str], Key]


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key with its `kid`, the RFC 7638 thumbprint."""

    kid: str
    algorithm: str
    key: Key


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """The keys of the instance at one moment. `active` signs, one an algorithm; `key_set` verifies."""

    active: dict[str, SigningKey]
    key_set: KeySet
    jwks: dict[str, Any]
    loaded_at: datetime


def generate_key(algorithm: str) -> Key:
    """A fresh private key: RSA with 2048 bits for RS256, P-256 for ES256."""
    if algorithm == "RS256":
        return RSAKey.generate_key(2048, auto_kid=True)
    return ECKey.generate_key("P-256", auto_kid=True)


def _publish(kid: str, algorithm: str, key: Key) -> dict[str, Any]:
    return {**key.as_dict(private=False), "kid": kid, "use": "sig", "alg": algorithm}


class KeyCabinet:
    """Keeps the keys. `current` is answered from memory; the database is asked once a minute at most."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        clock: Clock,
        entropy: Entropy,
        generate: GenerateKey = generate_key,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._entropy = entropy
        self._generate = generate
        self._keys: SigningKeys | None = None
        self._lock = asyncio.Lock()

    async def current(self) -> SigningKeys:
        """The keys; makes those that are missing the first time. Loaded outside the pool: those who wait here
        hold connections of it themselves."""
        keys = self._keys
        if keys is not None and abs(self._clock() - keys.loaded_at) < _REFRESH:
            return keys
        async with self._lock:
            if self._keys is None or abs(self._clock() - self._keys.loaded_at) >= _REFRESH:
                self._keys = await self._load()
            return self._keys

    async def _load(self) -> SigningKeys:
        async with self._database.spare_connection() as connection:
            rows = await store.load_keys(connection)
        if missing := set(ALGORITHMS) - {row["algorithm"] for row in rows if row["retired_at"] is None}:
            await self._create(sorted(missing))
            return await self._load()
        active: dict[str, SigningKey] = {}
        for row in rows:
            if row["retired_at"] is None:
                plain = self._keyring.unseal(_PURPOSE, row["sealed_private_jwk"])
                active[row["algorithm"]] = SigningKey(
                    row["kid"], row["algorithm"], _import_key(json.loads(plain))
                )
        # A retired key still verifies: a logout hint may be signed with it (RP-Initiated Logout 2).
        jwks = {"keys": [json.loads(row["public_jwk"]) for row in rows]}
        return SigningKeys(active, KeySet.import_key_set(cast(Any, jwks)), jwks, self._clock())

    async def _create(self, algorithms: list[str]) -> None:
        keys = [(name, await asyncio.to_thread(self._generate, name)) for name in algorithms]
        async with self._database.spare_connection() as connection:
            # Two processes may start at once: only the first one's keys are kept.
            await store.lock_keys(connection)
            present = {
                row["algorithm"] for row in await store.load_keys(connection) if row["retired_at"] is None
            }
            for algorithm, key in keys:
                if algorithm not in present:
                    kid = key.thumbprint()
                    plain = json.dumps(key.as_dict(private=True)).encode()
                    sealed = self._keyring.seal(_PURPOSE, plain, self._entropy)
                    public = json.dumps(_publish(kid, algorithm, key))
                    await store.insert_key(connection, kid, algorithm, public, sealed, self._clock())


def _import_key(jwk: dict[str, Any]) -> Key:
    return RSAKey.import_key(jwk) if jwk["kty"] == "RSA" else ECKey.import_key(jwk)
