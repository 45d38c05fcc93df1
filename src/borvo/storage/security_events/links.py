"""The SQL of the chain's links. Every function takes a connection and none commits."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from borvo.storage.database import Connection, Row
from borvo.storage.security_events.heads import GENESIS
from borvo.storage.security_events.log import NAMED_COLUMNS, read_event
from borvo.storage.security_events.model import RecordedEvent

_BATCH = 2_000
_PAGE = 5_000
# An event may be committed that long after it was recorded.
_LOOK_BACK = timedelta(hours=1)
_NO_ID = UUID(int=0)
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


_UNLINKED = f"""
    select {NAMED_COLUMNS} from security_event e
    where ($1::timestamptz is null or e.at >= $1)
      and not exists (select from security_event_link l where l.person_id = e.person_id and l.event_id = e.id)
    order by e.id limit $2"""

_COUNT_UNLINKED = """
    select count(*) from security_event e
    where e.at < $1
      and not exists (select from security_event_link l where l.person_id = e.person_id and l.event_id = e.id)"""


async def load_unlinked(connection: Connection, newest: datetime | None) -> list[RecordedEvent]:
    """Some of them, in the order in which they were recorded. `newest` is the time of the last one that has a link."""
    rows = await connection.fetch(_UNLINKED, newest - _LOOK_BACK if newest else None, _BATCH)
    return [read_event(row) for row in rows]


async def count_unlinked(connection: Connection, before: datetime) -> int:
    count: int = await connection.fetchval(_COUNT_UNLINKED, before)
    return count


async def insert_links(connection: Connection, links: list[Link]) -> None:
    await connection.executemany(
        f"insert into security_event_link ({_COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7)",
        [
            (
                each.position,
                each.person_id,
                each.event_id,
                each.at,
                each.content,
                each.digest,
                each.is_headed,
            )
            for each in links
        ],
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
