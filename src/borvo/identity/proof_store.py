"""The SQL of proofs of possession that were used. It takes a connection and never commits."""

from borvo.identity.possession import Proof
from borvo.storage.database import Connection
from borvo.storage.marks import UNLESS_FORGOTTEN

_SPEND = f"""
    insert into used_proof (digest, expires_at) select $1::bytea, $2::timestamptz
    {UNLESS_FORGOTTEN.format(instant="$3")}
    on conflict do nothing returning true"""


async def spend_proof(connection: Connection, proof: Proof) -> bool:
    """Whether this is the first use: of many at once, in whichever workers, one is (RFC 9449 11.1)."""
    spent = await connection.fetchval(
        _SPEND,
        proof.digest,
        proof.expires_at,
        proof.usable_from,
    )
    return bool(spent)
