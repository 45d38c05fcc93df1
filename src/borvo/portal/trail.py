"""Reads the audit trail, newest first, page by page or all of it."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from borvo.kernel.ids import PersonId, TenancyId
from borvo.portal.audit import BY_ANYBODY, Values
from borvo.storage.database import Connection, Database, Row

BATCH = 500


@dataclass(frozen=True, slots=True)
class TrailFilter:
    """What to look for; nothing given means everything. `actor_id` and `is_operator` exclude each other."""

    actor_id: PersonId | None = None
    is_operator: bool = False
    action: str = ""
    subject: str = ""
    """Found anywhere in the subject, in whatever case."""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acted, under the name and the address that she has now. An account that is erased has neither."""

    id: PersonId
    email: str
    display_name: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A recorded change. Without `actor` it was the operator's."""

    id: UUID
    at: datetime
    actor: Actor | None
    action: str
    subject: str
    before: Values
    after: Values
    through: str = ""

    @property
    def is_by_anybody(self) -> bool:
        return self.action in BY_ANYBODY


_ACTOR = "p.email, p.given_name, p.family_name"
_ENTRIES = f"""
    select a.id, a.at, a.actor_id, a.action, a.subject, a.before, a.after, a.through, {_ACTOR}
    from portal_audit a left join person p on p.id = a.actor_id
    where a.tenancy_id = $1
      and ($2::uuid is null or a.actor_id = $2) and (not $3::boolean or a.actor_id is null)
      and ($4::text = '' or a.action = $4) and position(lower($5::text) in lower(a.subject)) > 0
      and ($6::timestamptz is null or a.at >= $6) and ($7::timestamptz is null or a.at < $7)
      and ($8::uuid is null
           or (a.at, a.id) < (select at, id from portal_audit where tenancy_id = $1 and id = $8))
    order by a.at desc, a.id desc limit $9"""


def _read_actor(row: Row) -> Actor | None:
    if row["actor_id"] is None:
        return None
    name = f"{row['given_name'] or ''} {row['family_name'] or ''}".strip()
    return Actor(PersonId(row["actor_id"]), row["email"] or "", name)


def _read_entry(row: Row) -> Entry:
    return Entry(
        row["id"],
        row["at"],
        _read_actor(row),
        row["action"],
        row["subject"],
        json.loads(row["before"]),
        json.loads(row["after"]),
        row["through"],
    )


async def list_entries(
    connection: Connection,
    tenancy_id: TenancyId,
    asked: TrailFilter,
    *,
    before: UUID | None = None,
    most: int,
) -> list[Entry]:
    """Newest first, from the entry `before` backwards; none when the tenancy has no such entry."""
    rows = await connection.fetch(
        _ENTRIES,
        tenancy_id,
        asked.actor_id,
        asked.is_operator,
        asked.action,
        asked.subject,
        asked.since,
        asked.until,
        before,
        most,
    )
    return [_read_entry(row) for row in rows]


async def list_actors(connection: Connection, tenancy_id: TenancyId) -> list[Actor]:
    """Everybody who is in the trail, by name, former members too."""
    rows = await connection.fetch(
        f"""select a.actor_id, {_ACTOR}
            from (select distinct actor_id from portal_audit where tenancy_id = $1) a
            left join person p on p.id = a.actor_id order by p.given_name, p.family_name, p.email""",
        tenancy_id,
    )
    return [actor for actor in map(_read_actor, rows) if actor]


async def read_all(database: Database, tenancy_id: TenancyId, asked: TrailFilter) -> AsyncIterator[Entry]:
    """In batches, so that no connection is kept while the other side reads."""
    before: UUID | None = None
    while True:
        async with database.connection() as connection:
            batch = await list_entries(connection, tenancy_id, asked, before=before, most=BATCH)
        for entry in batch:
            yield entry
        if len(batch) < BATCH:
            return
        before = batch[-1].id
