"""Keys that outlive the secret they were derived from: decision 0073.

As long as an instance has known one secret only, they follow from it and nothing is stored. Once it is told of another,
they are kept in the database, sealed like everything else.
"""

from datetime import datetime

from borvo.kernel.entropy import Entropy
from borvo.storage.database import Connection
from borvo.storage.sealing import KeptKey, Keyring, SealedColumn

PAIRWISE = "pairwise subjects"
HIDDEN = "hidden ids"
CLIENT_SECRETS = "client secrets"
REFRESH = "refresh tokens"
EVENT_CHAIN = "security event chain"
RECOVERY_CODES = "recovery codes"

LASTING = (PAIRWISE, HIDDEN, CLIENT_SECRETS, REFRESH)
"""Never change: names by which apps know people, and digests and tokens of which nobody has the original."""
SUCCEEDED = (EVENT_CHAIN, RECOVERY_CODES)
"""Each secret brings a new one, and those before stay to verify what they were used for."""

_LOCK = 7_201_911
_PURPOSE = "kept keys"

SEALED_KEYS = SealedColumn(
    "kept_key", "sealed", ("purpose", "number"), lambda row: name_purpose(row["purpose"], row["number"])
)


def name_purpose(purpose: str, number: int) -> str:
    """One of its own for each: a row copied to another purpose opens nothing."""
    return f"{_PURPOSE} {purpose} {number}"


async def load_kept_keys(connection: Connection, keyring: Keyring) -> dict[str, list[KeptKey]]:
    """By purpose, the oldest first. Raises `SealError` when none of the keyring's secrets opens them."""
    rows = await connection.fetch("select purpose, number, sealed, ended_at from kept_key order by number")
    kept: dict[str, list[KeptKey]] = {}
    for purpose, number, sealed, ended_at in rows:
        key = keyring.unseal(name_purpose(purpose, number), sealed)
        kept.setdefault(purpose, []).append(KeptKey(key, number, ended_at))
    return kept


async def complete_kept_keys(
    connection: Connection,
    keyring: Keyring,
    entropy: Entropy,
    now: datetime,
    witness: tuple[str, bytes] | None,
) -> dict[str, list[KeptKey]]:
    """In a transaction: keeps those that the instance was begun with and, where each secret has a key of its own, that
    of the present secret, unless they are kept already. `witness` was sealed under the secret that was in use."""
    await connection.execute("select pg_advisory_xact_lock($1)", _LOCK)
    kept = await load_kept_keys(connection, keyring)
    for purpose in (*LASTING, *SUCCEEDED):
        if purpose not in kept:
            kept[purpose] = [KeptKey(keyring.derive_of_origin(purpose, witness))]
            await _insert(connection, keyring, entropy, purpose, kept[purpose][0])
    for purpose in SUCCEEDED:
        key = keyring.derive(purpose)
        # A worker that still has the secret of before brings nothing new.
        if key not in [each.key for each in kept[purpose]]:
            following = KeptKey(key, kept[purpose][-1].number + 1)
            await _end(connection, purpose, kept[purpose][-1].number, now)
            await _insert(connection, keyring, entropy, purpose, following)
    return await load_kept_keys(connection, keyring)


async def _insert(
    connection: Connection, keyring: Keyring, entropy: Entropy, purpose: str, key: KeptKey
) -> None:
    sealed = keyring.seal(name_purpose(purpose, key.number), key.key, entropy)
    await connection.execute(
        "insert into kept_key (purpose, number, sealed) values ($1, $2, $3)", purpose, key.number, sealed
    )


async def _end(connection: Connection, purpose: str, number: int, now: datetime) -> None:
    await connection.execute(
        "update kept_key set ended_at = $3 where purpose = $1 and number = $2", purpose, number, now
    )
