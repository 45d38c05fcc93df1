"""The SQL of signing keys. Every function takes a connection and none commits."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from borvo.identity.key_schedule import StoredKey
from borvo.storage.database import Connection

_KEYS_LOCK = 7_201_902


@dataclass(frozen=True, slots=True)
class KeyMaterial:
    """A key as it lies in the database. The private part is sealed, and None once it is erased."""

    stored: StoredKey
    public_jwk: str
    sealed_private_jwk: bytes | None


async def load_keys(connection: Connection) -> list[KeyMaterial]:
    """All keys there ever were, the oldest first."""
    rows = await connection.fetch(
        """select kid, algorithm, public_jwk, sealed_private_jwk, created_at, activates_at, withdrawn_at
           from signing_key order by activates_at, created_at, kid"""
    )
    return [
        KeyMaterial(
            StoredKey(
                row["kid"], row["algorithm"], row["created_at"], row["activates_at"], row["withdrawn_at"]
            ),
            row["public_jwk"],
            row["sealed_private_jwk"],
        )
        for row in rows
    ]


async def lock_keys(connection: Connection) -> None:
    """Waits until no other transaction adds or withdraws keys."""
    await connection.execute("select pg_advisory_xact_lock($1)", _KEYS_LOCK)


async def insert_key(connection: Connection, material: KeyMaterial) -> None:
    key = material.stored
    await connection.execute(
        """insert into signing_key
             (kid, algorithm, public_jwk, sealed_private_jwk, created_at, activates_at)
           values ($1, $2, $3, $4, $5, $6)""",
        key.kid,
        key.algorithm,
        material.public_jwk,
        material.sealed_private_jwk,
        key.created_at,
        key.activates_at,
    )


async def withdraw_keys(connection: Connection, algorithms: Iterable[str], now: datetime) -> list[str]:
    """Withdraws every key of the algorithms whose private part still exists, and erases that; their kids."""
    rows = await connection.fetch(
        """update signing_key set withdrawn_at = $2, sealed_private_jwk = null
           where algorithm = any($1::text[]) and withdrawn_at is null and sealed_private_jwk is not null
           returning kid""",
        list(algorithms),
        now,
    )
    return [row["kid"] for row in rows]


async def erase_private_parts(connection: Connection, kids: Iterable[str]) -> None:
    await connection.execute(
        """update signing_key set sealed_private_jwk = null
           where kid = any($1::text[]) and sealed_private_jwk is not null""",
        list(kids),
    )
