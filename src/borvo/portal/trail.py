"""Reads the audit trail, newest first, page by page or all of it."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from borvo.kernel.ids import PersonId, TenancyId
from borvo.portal.audit import BY_ANYBODY, BY_ITSELF, Values
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

    @property
    def is_by_itself(self) -> bool:
        """Whether the client that was changed did so."""
        return self.actor is None and self.through == BY_ITSELF


_ACTOR = "p.email, p.given_name, p.family_name"
_ENTRY = f"a.id, a.at, a.actor_id, a.action, a.subject, a.before, a.after, a.through, {_ACTOR}"
_NEWEST_FIRST = "order by a.at desc, a.id desc"
_FEW = 5000
"""So many rows may be picked subject by subject; for more it is quicker to go back in time."""


class _Conditions:
    """Only what is asked for, in SQL: each combination is a statement of its own, so that each finds its index."""

    def __init__(self, tenancy_id: TenancyId, asked: TrailFilter, before: UUID | None) -> None:
        self.values: list[object] = []
        self._all = [f"a.tenancy_id = {self.bind(tenancy_id)}"]
        if asked.is_operator:
            self._all.append(f"a.actor_id is null and a.through <> {self.bind(BY_ITSELF)}")
        self._add("a.actor_id = {}", asked.actor_id)
        self._add("a.action = {}", asked.action or None)
        self._add("a.at >= {}", asked.since)
        self._add("a.at < {}", asked.until)
        self._add(
            "(a.at, a.id) < (select at, id from portal_audit where tenancy_id = $1 and id = {})", before
        )

    def _add(self, condition: str, value: object) -> None:
        if value is not None:
            self._all.append(condition.format(self.bind(value)))

    def bind(self, value: object) -> str:
        """The placeholder of the value."""
        self.values.append(value)
        return f"${len(self.values)}"

    def render(self, *more: str) -> str:
        return " and ".join([*self._all, *more])


def _pick(conditions: _Conditions, subjects: list[str] | None, most: int) -> str:
    """A query for the ids and times of the newest entries; `subjects` are the only ones they may be about."""
    # As a number and not as a value, or the plan would be one for very many rows.
    limit = f"{_NEWEST_FIRST} limit {most:d}"
    if subjects is None:
        return f"select a.id, a.at from portal_audit a where {conditions.render()} {limit}"
    given = f"{conditions.bind(subjects)}::text[]"
    if len(subjects) * most > _FEW:
        where = conditions.render(f"a.subject = any({given})")
        return f"select a.id, a.at from portal_audit a where {where} {limit}"
    of_one = (
        f"select a.id, a.at from portal_audit a where {conditions.render('a.subject = s.subject')} {limit}"
    )
    return f"select a.id, a.at from unnest({given}) s (subject) cross join lateral ({of_one}) a {limit}"


# Each step looks up the next one in the index, so it takes as long as there are different ones, not as there are rows.
_SUBJECTS = """
    with recursive known as (
      (select subject from portal_audit where tenancy_id = $1 order by subject limit 1)
      union all
      select (select a.subject from portal_audit a where a.tenancy_id = $1 and a.subject > known.subject
              order by a.subject limit 1)
      from known where known.subject is not null)
    select subject from known where position(lower($2::text) in lower(subject)) > 0"""
_ACTORS = f"""
    with recursive known as (
      (select actor_id from portal_audit where tenancy_id = $1 and actor_id is not null order by actor_id limit 1)
      union all
      select (select a.actor_id from portal_audit a where a.tenancy_id = $1 and a.actor_id > known.actor_id
              order by a.actor_id limit 1)
      from known where known.actor_id is not null)
    select k.actor_id, {_ACTOR} from known k left join person p on p.id = k.actor_id
    where k.actor_id is not null order by p.given_name, p.family_name, p.email"""


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
    subjects = None
    if asked.subject:
        found = await connection.fetch(_SUBJECTS, tenancy_id, asked.subject)
        subjects = [row["subject"] for row in found]
        if not subjects:
            return []
    conditions = _Conditions(tenancy_id, asked, before)
    picked = _pick(conditions, subjects, most)
    rows = await connection.fetch(
        f"""select {_ENTRY} from ({picked}) chosen
            join portal_audit a on a.tenancy_id = $1 and a.id = chosen.id
            left join person p on p.id = a.actor_id {_NEWEST_FIRST}""",
        *conditions.values,
    )
    return [_read_entry(row) for row in rows]


async def list_actors(connection: Connection, tenancy_id: TenancyId) -> list[Actor]:
    """Everybody who is in the trail, by name, former members too."""
    rows = await connection.fetch(_ACTORS, tenancy_id)
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
