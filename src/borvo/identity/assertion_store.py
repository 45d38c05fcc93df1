"""The SQL of assertions that were used. It takes a connection and never commits."""

from borvo.identity.assertions import Assertion
from borvo.kernel.ids import ClientKey
from borvo.storage.database import Connection
from borvo.storage.marks import UNLESS_FORGOTTEN

_SPEND = f"""
    insert into used_assertion (client_key, digest, expires_at) select $1::uuid, $2::bytea, $3::timestamptz
    {UNLESS_FORGOTTEN.format(instant="$4")}
    on conflict do nothing returning true"""


async def spend_assertion(connection: Connection, client_key: ClientKey, assertion: Assertion) -> bool:
    """Whether this is the first use: of many at once, in whichever workers, one is (RFC 7523 3)."""
    spent = await connection.fetchval(
        _SPEND, client_key, assertion.digest, assertion.expires_at, assertion.usable_from
    )
    return bool(spent)
