"""The SQL of exports. Every function takes a connection and none commits."""

from datetime import datetime
from uuid import UUID

from borvo.dataserver.export.model import ATTEMPTS_MAXIMUM, LEASE, Export, Format
from borvo.dataserver.model import StoredSample
from borvo.dataserver.past import attach_children, compose_state, find_since
from borvo.dataserver.statements import SAMPLE_COLUMNS
from borvo.kernel.ids import PersonId
from borvo.storage.database import Connection, Row

_COLUMNS = (
    "person_id, id, format, position, total, written, parts, size, after_id, attempts, created_at, finished_at, "
    "failed_at, expires_at"
)


def _read(row: Row) -> Export:
    return Export(**{**row, "format": Format(row["format"]), "person_id": PersonId(row["person_id"])})


async def insert_export(
    connection: Connection,
    person_id: PersonId,
    export_id: UUID,
    format_: Format,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Of the samples that are there now: their number and the person's position are read by this one statement."""
    await connection.execute(
        """insert into sample_export (person_id, id, format, position, total, written, parts, size, attempts,
                                      created_at, expires_at)
           select $1, $2, $3,
                  coalesce((select p.position from sample_position p where p.person_id = $1), 0),
                  coalesce((select sum(c.samples) from sample_count c where c.person_id = $1), 0),
                  0, 0, 0, 0, $4, $5""",
        person_id,
        export_id,
        format_,
        now,
        expires_at,
    )


async def lock_exports(connection: Connection, person_id: PersonId) -> None:
    """Requests of one person take turns until the transaction ends."""
    await connection.execute(
        "select pg_advisory_xact_lock(hashtextextended('exports ' || $1::text, 0))", str(person_id)
    )


async def list_exports(connection: Connection, person_id: PersonId, now: datetime) -> list[Export]:
    """The newest first, without those that have expired."""
    rows = await connection.fetch(
        f"""select {_COLUMNS} from sample_export where person_id = $1 and expires_at > $2
            order by created_at desc, id desc""",
        person_id,
        now,
    )
    return [_read(row) for row in rows]


async def claim_export(connection: Connection, now: datetime) -> Export | None:
    """Takes up the oldest that nobody is at; those that another is just taking are passed over."""
    row = await connection.fetchrow(
        f"""update sample_export e set attempts = e.attempts + 1, claimed_until = $2
            where (e.person_id, e.id) in (
              select person_id, id from sample_export
              where finished_at is null and failed_at is null and (claimed_until is null or claimed_until <= $1)
              order by created_at limit 1 for update skip locked)
            returning {_COLUMNS}""",
        now,
        now + LEASE,
    )
    return _read(row) if row else None


async def give_up_export(connection: Connection, export: Export, now: datetime) -> None:
    await connection.execute(
        "update sample_export set failed_at = $3 where person_id = $1 and id = $2 and attempts > $4",
        export.person_id,
        export.id,
        now,
        ATTEMPTS_MAXIMUM,
    )


_BATCH = compose_state(
    SAMPLE_COLUMNS,
    "$2::bigint",
    "$5::timestamptz",
    "s.person_id = $1 and s.position = 0 and s.id > $3::uuid",
    "order by s.id limit $4::bigint",
)
_FIRST = UUID(int=0)


async def load_batch(connection: Connection, export: Export, most: int) -> list[StoredSample]:
    """What comes next in the order of ids, with all parts, as it was."""
    since = find_since(export.created_at)
    rows = await connection.fetch(
        f"select * from ({_BATCH}) b order by b.id limit $4::bigint",
        export.person_id,
        export.position,
        export.after_id or _FIRST,
        most,
        since,
    )
    return await attach_children(connection, export.person_id, rows, export.position, since)


async def add_part(
    connection: Connection, export: Export, content: bytes, ahead: Export, now: datetime
) -> bool:
    """Keeps a part, and that the export is as far as `ahead`; False when another goes on with it, or it is gone."""
    row = await connection.fetchrow(
        """with moved as (
             update sample_export set written = $4, parts = $5, size = $6, after_id = $7, claimed_until = $8,
                    finished_at = $9, expires_at = $10
             where person_id = $1 and id = $2 and attempts = $3 and finished_at is null returning person_id, id)
           insert into sample_export_part (person_id, export_id, number, content)
           select person_id, id, $5, $11 from moved returning number""",
        export.person_id,
        export.id,
        export.attempts,
        ahead.written,
        ahead.parts,
        ahead.size,
        ahead.after_id,
        now + LEASE,
        ahead.finished_at,
        ahead.expires_at,
        content,
    )
    return row is not None


async def load_part(
    connection: Connection, person_id: PersonId, export_id: UUID, number: int
) -> bytes | None:
    content: bytes | None = await connection.fetchval(
        "select content from sample_export_part where person_id = $1 and export_id = $2 and number = $3",
        person_id,
        export_id,
        number,
    )
    return content


_DELETE = "delete from sample_export where {} returning person_id, id"
# A statement of its own, after the other has waited for a worker that was just adding a part: that one is seen now.
_DELETE_PARTS = """delete from sample_export_part p using unnest($1::uuid[], $2::uuid[]) as gone (person_id, id)
  where p.person_id = gone.person_id and p.export_id = gone.id"""


async def _delete(connection: Connection, condition: str, *values: object) -> int:
    """How many there were. Neither without its parts, nor parts alone, are left behind."""
    async with connection.transaction():
        gone = await connection.fetch(_DELETE.format(condition), *values)
        if gone:
            await connection.execute(_DELETE_PARTS, *map(list, zip(*gone, strict=True)))
    return len(gone)


async def delete_export(connection: Connection, person_id: PersonId, export_id: UUID) -> bool:
    """Whether it was there."""
    return bool(await _delete(connection, "person_id = $1 and id = $2", person_id, export_id))


async def delete_exports(connection: Connection, person_id: PersonId) -> int:
    """All of hers; how many those were."""
    return await _delete(connection, "person_id = $1", person_id)


async def delete_expired(connection: Connection, now: datetime) -> None:
    """What has expired."""
    await _delete(connection, "expires_at <= $1", now)
