"""The SQL of proofs of possession that were used. It takes a connection and never commits."""

from borvo.identity.possession import Proof
from borvo.storage.database import Connection


async def spend_proof(connection: Connection, proof: Proof) -> bool:
    """Whether this is the first use: of many at once, in whichever workers, one is (RFC 9449 11.1)."""
    spent = await connection.fetchval(
        "insert into used_proof (digest, expires_at) values ($1, $2) on conflict do nothing returning true",
        proof.digest,
        proof.expires_at,
    )
    return bool(spent)
