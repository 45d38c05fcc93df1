"""The SQL of the chain's links. Every function takes a connection and none commits."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from borvo.storage.database import Connection, Row
from borvo.storage.security_events.digests import CONTENT_COLUMNS
from borvo.storage.security_events.heads import GENESIS
from borvo.storage.security_events.log import NAMED_COLUMNS, find_first

BATCH = 2_000
"""How many events get their link at a time."""
_PAGE = 5_000
_NO_ID = UUID(int=0)
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
_COLUMNS = "position, person_id, event_id, at, content, digest, is_headed"


@dataclass(frozen=True, slots=True)
class Link:
    """One event's place in the chain. `content` stands for the event, `digest` for all up to here."""

    position: int
    person_id: UUID
    event_id: UUID
    at: datetime
    content: bytes
    digest: bytes
    is_headed: bool = True


# The log is read from the first id on, and not from its beginning: ids are in the order of time, and the bound on the
# time itself is for those alone that another hand put in, so its index is of no use (`is true`). For each event the
# next link in the order of the index is looked up, which is its own, or it has none: so written, no plan that was made
# for a small table reads all links each time.
_UNLINKED = f"""
    select {", ".join(f"e.{name}" for name in CONTENT_COLUMNS)} from security_event e
    where e.id >= $1 and (e.at >= $2) is true
      and (select (l.person_id, l.event_id) = (e.person_id, e.id) from security_event_link l
           where (l.person_id, l.event_id) >= (e.person_id, e.id)
           order by l.person_id, l.event_id limit 1) is not true
    order by e.id limit {BATCH}"""

_COUNT_UNLINKED = """
    select count(*) from security_event e
    where e.at < $1
      and not exists (select from security_event_link l where l.person_id = e.person_id and l.event_id = e.id)"""


async def load_unlinked(connection: Connection, since: datetime | None) -> list[Row]:
    """At most `BATCH` of those of that time on, or of all, in the order in which they were recorded, by their
    `CONTENT_COLUMNS`."""
    return await connection.fetch(_UNLINKED, find_first(since) or _NO_ID, since or _LONG_AGO)


async def count_unlinked(connection: Connection, before: datetime) -> int:
    count: int = await connection.fetchval(_COUNT_UNLINKED, before)
    return count


async def insert_links(
    connection: Connection,
    first: int,
    events: Sequence[Row],
    contents: Sequence[bytes],
    digests: Sequence[bytes],
) -> None:
    """One behind the other, from the `first` position on."""
    await connection.execute(
        f"""insert into security_event_link ({_COLUMNS})
            select $1 + place - 1, person_id, event_id, at, content, digest, true
            from unnest($2::uuid[], $3::uuid[], $4::timestamptz[], $5::bytea[], $6::bytea[])
              with ordinality as link (person_id, event_id, at, content, digest, place)""",
        first,
        [each["person_id"] for each in events],
        [each["id"] for each in events],
        [each["at"] for each in events],
        contents,
        digests,
    )


async def read_links(connection: Connection, after: int) -> AsyncIterator[Row]:
    while True:
        rows = await connection.fetch(
            f"""select l.position, l.person_id as link_person, l.event_id, l.at as link_at, l.content, l.digest,
                  l.is_headed, {NAMED_COLUMNS}
                from security_event_link l
                  left join security_event e on e.person_id = l.person_id and e.id = l.event_id
                where l.position > $1 order by l.position limit $2""",
            after,
            _PAGE,
        )
        for row in rows:
            yield row
        if len(rows) < _PAGE:
            return
        after = rows[-1]["position"]


async def load_anchor(connection: Connection) -> "Row | None":
    return await connection.fetchrow(
        "select position, at, content, digest, before, is_headed, signature from security_event_anchor"
    )


def read_anchor(row: Row) -> Link:
    """Without the event, whose name is not kept."""
    return Link(row["position"], _NO_ID, _NO_ID, row["at"], row["content"], row["digest"], row["is_headed"])


async def sign_anchor(connection: Connection, signature: bytes) -> None:
    await connection.execute("update security_event_anchor set signature = $1", signature)


async def shorten(connection: Connection, kept: timedelta) -> Link | None:
    """Takes away the links at the beginning that are older than `kept` and whose events have gone, and keeps the last
    of them as the anchor of the rest, which is to be signed; None when there was nothing to take."""
    row = await connection.fetchrow(
        f"""with first_kept as (
              select coalesce((
                -- By position, so that it ends at the first and does not look at the whole chain.
                select l.position from security_event_link l
                where l.at >= now() - $1::interval
                  or exists (select from security_event e where e.person_id = l.person_id and e.id = l.event_id)
                order by l.position limit 1
              ), {2**63 - 1}) as position
            ), gone as (
              delete from security_event_link l using first_kept k
              where l.position < k.position returning {", ".join(f"l.{name}" for name in _COLUMNS.split(", "))}
            ), last_two as (
              select * from gone order by position desc limit 2
            ), last as (select * from last_two order by position desc limit 1)
            insert into security_event_anchor as anchor (id, position, at, content, digest, before, is_headed)
            select 1, last.position, last.at, last.content, last.digest,
                   coalesce((select digest from last_two where position = last.position - 1),
                            (select digest from security_event_anchor where position = last.position - 1), $2),
                   last.is_headed
            from last
            on conflict (id) do update set position = excluded.position, at = excluded.at,
              content = excluded.content, digest = excluded.digest, before = excluded.before,
              is_headed = excluded.is_headed, signature = null
            returning anchor.*""",
        kept,
        GENESIS,
    )
    return read_anchor(row) if row else None
