"""Finds, whenever the database is opened, the keys that outlive a change of the instance's secret."""

from borvo.identity.public import find_witness
from borvo.kernel.clock import Clock
from borvo.kernel.entropy import Entropy
from borvo.storage.database import Connection
from borvo.storage.kept_keys import complete_kept_keys, load_kept_keys
from borvo.storage.sealing import Keyring


async def load_lasting_keys(keyring: Keyring, clock: Clock, entropy: Entropy, connection: Connection) -> None:
    """Raises `SealError` for a secret under which nothing here was sealed."""
    if not keyring.has_others:
        keyring.keep(await load_kept_keys(connection, keyring))
        return
    async with connection.transaction():
        witness = await find_witness(connection)
        keyring.keep(await complete_kept_keys(connection, keyring, entropy, clock(), witness))
