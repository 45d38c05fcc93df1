"""The SQL of assertions that were used. It takes a connection and never commits."""

from datetime import datetime

from borvo.kernel.ids import ClientKey
from borvo.storage.database import Connection


async def spend_assertion(
    connection: Connection, client_key: ClientKey, digest: bytes, expires_at: datetime
) -> bool:
    """Whether this is the first use: of many at once, in whichever workers, one is (RFC 7523 3)."""
    spent = await connection.fetchval(
        """insert into used_assertion (client_key, digest, expires_at) values ($1, $2, $3)
           on conflict do nothing returning true""",
        client_key,
        digest,
        expires_at,
    )
    return bool(spent)
