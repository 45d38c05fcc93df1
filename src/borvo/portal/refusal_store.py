"""The SQL of refused requests. Every function takes a connection and none commits."""

from collections.abc import Sequence
from dataclasses import astuple
from datetime import datetime
from uuid import UUID

from borvo.kernel.ids import ClientKey
from borvo.portal.model import Refusal
from borvo.storage.database import Connection

_COLUMNS = "at, endpoint, error, reason, parameter, sent, expected, correlation_id"
# Workers take turns: two that trim the same ring at once would each keep too many.
_TURN = "select pg_advisory_xact_lock(hashtextextended('client_refusal', 0))"
_INSERT = f"""
    insert into client_refusal (client_key, id, {_COLUMNS})
    select c.client_key, r.id, r.at, r.endpoint, r.error, r.reason, r.parameter, r.sent, r.expected, r.correlation_id
    from unnest($1::text[], $2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[],
                $8::text[], $9::text[], $10::text[])
      as r (client_id, id, {_COLUMNS})
    join client c on c.client_id = r.client_id
    returning client_key"""
_TRIM = """
    delete from client_refusal r using unnest($1::uuid[]) as touched (client_key)
    where r.client_key = touched.client_key and r.id <= (
      select id from client_refusal o where o.client_key = touched.client_key order by id desc offset $2 limit 1)"""


async def insert_refusals(
    connection: Connection, rows: Sequence[tuple[str, UUID, Refusal]], kept: int
) -> None:
    """Those of clients that are registered; of each only the latest are kept."""
    await connection.execute(_TURN)
    columns = zip(
        *((client_id, row_id, *astuple(refusal)) for client_id, row_id, refusal in rows), strict=True
    )
    inserted = await connection.fetch(_INSERT, *(list(column) for column in columns))
    touched = {row["client_key"] for row in inserted}
    if touched:
        await connection.execute(_TRIM, list(touched), kept)


async def list_refusals(
    connection: Connection, client_key: ClientKey, correlation_id: str, before: UUID, most: int
) -> list[tuple[UUID, Refusal]]:
    """Newest first, from the one `before` backwards; with a correlation id those of that request only."""
    rows = await connection.fetch(
        f"""select id, {_COLUMNS} from client_refusal
            where client_key = $1 and id < $2 and ($3 = '' or correlation_id = $3) order by id desc limit $4""",
        client_key,
        before,
        correlation_id,
        most,
    )
    return [(row["id"], Refusal(*list(row.values())[1:])) for row in rows]


async def delete_old(connection: Connection, before: datetime) -> None:
    await connection.execute("delete from client_refusal where at < $1", before)
