"""Signing keys: made on first start, sealed at rest, cached in each process, followed by others in time."""

import asyncio
import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from joserfc.jwk import ECKey, JWKRegistry, Key, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from borvo.identity import key_store
from borvo.identity.key_schedule import (
    ANNOUNCEMENT,
    KEY_REFRESH,
    MINIMUM_ANNOUNCEMENT,
    KeyPlan,
    KeyState,
    StoredKey,
    find_due,
    find_without_successor,
    plan_keys,
)
from borvo.identity.key_store import KeyMaterial
from borvo.kernel.clock import Clock
from borvo.kernel.entropy import Entropy
from borvo.portal.public import SigningAlgorithm
from borvo.storage.database import Connection, Database
from borvo.storage.sealing import Keyring, SealedColumn
from borvo.storage.security_events.log import SecurityLog
from borvo.storage.security_events.model import SUPPORT, SecurityEvent, SecurityEventKind

ALGORITHMS = tuple(algorithm.value for algorithm in SigningAlgorithm)
SCHEDULE = "key schedule"
"""Who rotates keys by their age, in the security event log."""

_PURPOSE = "signing keys"
SEALED_SIGNING_KEYS = SealedColumn("signing_key", "sealed_private_jwk", ("kid",), lambda _: _PURPOSE)
# RFC 9864 prefers the name Ed25519, which clients do not know yet: theirs is the old one, and it is no weaker. Said at
# every token, the warning would only cost.
JWSRegistry.algorithms[SigningAlgorithm.EDDSA].security_warning = None

GenerateKey = Callable[[str], Key]


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key with its `kid`, the RFC 7638 thumbprint."""

    kid: str
    algorithm: str
    key: Key


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """A public key and the one algorithm that it serves."""

    algorithm: str
    key: Key


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """The keys of the instance at one moment. `active` signs, one an algorithm; the others verify, by `kid`."""

    active: dict[str, SigningKey]
    access: dict[str, VerifyingKey]
    hints: dict[str, VerifyingKey]
    jwks: dict[str, Any]
    loaded_at: datetime
    changes_at: datetime | None

    def is_current(self, now: datetime) -> bool:
        """Whether they may be used without asking the database again. The clock may have been set back."""
        is_fresh = abs(now - self.loaded_at) < KEY_REFRESH
        return is_fresh and (self.changes_at is None or now < self.changes_at)


async def find_witness(connection: Connection) -> tuple[str, bytes] | None:
    """A purpose and what was sealed for it under the secret with which the instance was begun; None before it has
    keys."""
    materials = await key_store.load_keys(connection)
    return next(((_PURPOSE, m.sealed_private_jwk) for m in materials if m.sealed_private_jwk), None)


def generate_key(algorithm: str) -> Key:
    """A fresh private key: RSA with 2048 bits, P-256, or Ed25519."""
    if algorithm == SigningAlgorithm.ES256:
        return ECKey.generate_key("P-256", auto_kid=True)
    if algorithm == SigningAlgorithm.EDDSA:
        return OKPKey.generate_key("Ed25519", auto_kid=True)
    return RSAKey.generate_key(2048, auto_kid=True)


def _publish(kid: str, algorithm: str, key: Key) -> dict[str, Any]:
    return {**key.as_dict(private=False), "kid": kid, "use": "sig", "alg": algorithm}


def _select(materials: Iterable[KeyMaterial], kids: Collection[str]) -> dict[str, VerifyingKey]:
    return {
        material.stored.kid: VerifyingKey(
            material.stored.algorithm, JWKRegistry.import_key(json.loads(material.public_jwk))
        )
        for material in materials
        if material.stored.kid in kids
    }


class KeyCabinet:
    """Keeps the keys. `current` is answered from memory; the database is asked once a minute, and when the schedule
    changes. With `rotate_after` a key that has signed that long is followed by another."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        clock: Clock,
        entropy: Entropy,
        generate: GenerateKey = generate_key,
        *,
        events: SecurityLog,
        rotate_after: timedelta | None = None,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._entropy = entropy
        self._generate = generate
        self._events = events
        self._rotate_after = rotate_after
        self._keys: SigningKeys | None = None
        self._opened: dict[str, Key] = {}
        self._followers: list[Callable[[SigningKeys], None]] = []
        self._lock = asyncio.Lock()

    def tell(self, follow: Callable[[SigningKeys], None]) -> None:
        """Has it hear of the keys each time they are loaded."""
        self._followers.append(follow)

    async def current(self) -> SigningKeys:
        """The keys; makes those that are missing the first time. Loaded outside the pool: those who wait here
        hold connections of it themselves."""
        keys = self._keys
        if keys is not None and keys.is_current(self._clock()):
            return keys
        async with self._lock:
            if self._keys is None or not self._keys.is_current(self._clock()):
                self._keys = await self._load()
                for follow in self._followers:
                    follow(self._keys)
            return self._keys

    async def list_states(self) -> list[tuple[StoredKey, KeyState]]:
        """Every key with what it is for now, the oldest first."""
        await self.current()
        keys = [material.stored for material in await self._fetch()]
        states = plan_keys(keys, self._clock()).states
        return [(key, states[key.kid]) for key in keys]

    async def rotate(
        self, algorithms: Iterable[str], announcement: timedelta = ANNOUNCEMENT, *, actor: str = SUPPORT
    ) -> list[StoredKey]:
        """Announces a successor of each algorithm's key; the successors. An algorithm for which one is announced
        already gets none. Raises `ValueError` when the time is too short for everybody to learn of them."""
        if announcement < MINIMUM_ANNOUNCEMENT:
            raise ValueError(f"a key is announced for {MINIMUM_ANNOUNCEMENT} or longer")
        await self.current()
        made = await self._make(algorithms, announcement)
        async with self._database.spare_connection() as connection:
            present = await self._lock_and_load(connection)
            free = find_without_successor(present, self._clock())
            announced = [material for material in made if material.stored.algorithm in free]
            await self._follow(connection, announced, actor)
        self._keys = None
        return [material.stored for material in announced]

    async def replace(self, algorithms: Collection[str]) -> tuple[list[StoredKey], list[str]]:
        """For keys that others may know: new ones sign at once, and all whose private part existed verify nothing
        any more. The new keys, and the kids of those withdrawn."""
        await self.current()
        made = await self._make(algorithms, timedelta())
        async with self._database.spare_connection() as connection:
            await key_store.lock_keys(connection)
            withdrawn = await key_store.withdraw_keys(connection, algorithms, self._clock())
            await self._follow(connection, made, SUPPORT, withdrawn)
        self._keys = None
        return [material.stored for material in made], withdrawn

    async def maintain(self) -> None:
        """Announces successors of keys that have signed long enough, and erases private parts that have served. Where
        nobody asks for keys, this process too forgets those that sign no more."""
        await self.current()
        present = [material.stored for material in await self._fetch()]
        now = self._clock()
        due = find_due(present, now, self._rotate_after) if self._rotate_after else []
        if due:
            await self.rotate(due, actor=SCHEDULE)
        if served := plan_keys(present, now).list_in(KeyState.RETIRED):
            async with self._database.spare_connection() as connection:
                await key_store.erase_private_parts(connection, served)

    async def _follow(
        self,
        connection: Connection,
        successors: Iterable[KeyMaterial],
        actor: str,
        withdrawn: Collection[str] = (),
    ) -> None:
        await _insert(connection, successors)
        for key in (material.stored for material in successors):
            detail = {"algorithm": key.algorithm, "kid": key.kid, "signs_from": key.activates_at.isoformat()}
            event = SecurityEvent(SecurityEventKind.KEY_ROTATED, actor=actor, detail=detail)
            await self._events.record(connection, event)
        for kid in withdrawn:
            event = SecurityEvent(SecurityEventKind.KEY_ROTATED, actor=actor, detail={"withdrawn": kid})
            await self._events.record(connection, event)

    async def _fetch(self) -> list[KeyMaterial]:
        async with self._database.spare_connection() as connection:
            return await key_store.load_keys(connection)

    async def _load(self) -> SigningKeys:
        materials = await self._fetch()
        now = self._clock()
        plan = plan_keys([material.stored for material in materials], now)
        if missing := set(ALGORITHMS) - set(plan.signing):
            await self._create(sorted(missing))
            return await self._load()
        signing = _list_signing(materials, plan)
        await self._open(signing)
        return SigningKeys(
            active={stored.algorithm: self._present(stored) for stored in (m.stored for m in signing)},
            access=_select(materials, plan.verifying_access),
            hints=_select(materials, plan.verifying_hints),
            jwks={"keys": [json.loads(m.public_jwk) for m in materials if m.stored.kid in plan.published]},
            loaded_at=now,
            changes_at=plan.changes_at,
        )

    def _present(self, stored: StoredKey) -> SigningKey:
        return SigningKey(stored.kid, stored.algorithm, self._opened[stored.kid])

    async def _open(self, materials: Collection[KeyMaterial]) -> None:
        """Keeps what is open already. In threads: an RSA key is checked for 30 ms, in which nobody would be served."""
        known = self._opened
        kids = [material.stored.kid for material in materials]
        new = [material for material in materials if material.stored.kid not in known]
        keys = await asyncio.gather(*(asyncio.to_thread(self._unseal, material) for material in new))
        self._opened = {kid: known[kid] for kid in kids if kid in known} | {
            material.stored.kid: key for material, key in zip(new, keys, strict=True)
        }

    def _unseal(self, material: KeyMaterial) -> Key:
        plain = self._keyring.unseal(_PURPOSE, material.sealed_private_jwk or b"")
        return JWKRegistry.import_key(json.loads(plain))

    async def _make(self, algorithms: Iterable[str], announcement: timedelta) -> list[KeyMaterial]:
        """In threads: an RSA key takes a tenth of a second or more."""
        names = list(algorithms)
        keys = await asyncio.gather(*(asyncio.to_thread(self._generate, name) for name in names))
        self._opened |= {key.thumbprint(): key for key in keys}
        now = self._clock()
        return [
            self._seal(StoredKey(key.thumbprint(), name, now, now + announcement), key)
            for name, key in zip(names, keys, strict=True)
        ]

    def _seal(self, stored: StoredKey, key: Key) -> KeyMaterial:
        plain = json.dumps(key.as_dict(private=True)).encode()
        sealed = self._keyring.seal(_PURPOSE, plain, self._entropy)
        return KeyMaterial(stored, json.dumps(_publish(stored.kid, stored.algorithm, key)), sealed)

    async def _create(self, algorithms: list[str]) -> None:
        made = await self._make(algorithms, timedelta())
        async with self._database.spare_connection() as connection:
            # Two processes may start at once: only the first one's keys are kept.
            present = plan_keys(await self._lock_and_load(connection), self._clock()).signing
            await _insert(connection, [m for m in made if m.stored.algorithm not in present])

    async def _lock_and_load(self, connection: Connection) -> list[StoredKey]:
        await key_store.lock_keys(connection)
        return [material.stored for material in await key_store.load_keys(connection)]


def _list_signing(materials: Iterable[KeyMaterial], plan: KeyPlan) -> list[KeyMaterial]:
    signing = set(plan.signing.values())
    return [material for material in materials if material.stored.kid in signing]


async def _insert(connection: Connection, materials: Iterable[KeyMaterial]) -> None:
    for material in materials:
        await key_store.insert_key(connection, material)
