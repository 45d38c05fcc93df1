"""Statements that store and remove samples: fixed texts, composed once when the program starts.

`$1` is the person, `$2` the client, `$3` the time. Samples and their children travel as arrays, one a column, so that
a statement costs few round trips and little text however long the batch is.
"""

from typing import Final

_IDENTITY = (("id", "uuid"),)
_CHILD_IDENTITY = (("id", "uuid"), ("position", "smallint"))
_CONTENT = (
    ("type_code", "smallint"),
    ("start_at", "timestamptz"),
    ("end_at", "timestamptz"),
    ("value", "float8"),
    ("category", "text"),
    ("device", "text"),
    ("client_assigned_id", "text"),
    ("start_offset", "smallint"),
    ("end_offset", "smallint"),
)
_MARKS = (("version", "integer"), ("content_digest", "bytea"))

_SAMPLE = _IDENTITY + _CONTENT + _MARKS

Columns = tuple[tuple[str, str], ...]


def _unnest(columns: Columns, name: str, first: int) -> str:
    arrays = ", ".join(f"${number}::{kind}[]" for number, (_, kind) in enumerate(columns, first))
    return f"unnest({arrays}) as {name} ({_list(columns)})"


def _list(columns: Columns, prefix: str = "") -> str:
    return ", ".join(f"{prefix}{name}" for name, _ in columns)


# The row is updated before any sample is stored, so that writers of one person wait for each other here and nowhere
# else. What was committed while this one waited is not seen by the rest of the statement. That matters for samples
# that were deleted meanwhile, whose ids must not be stored again: `is_fresh` tells, and the statement runs once more.
# If everything was erased meanwhile, `is_overtaken`, it does not; and after that nothing is stored while `is_closed`.
_TAKE = """
taken as (
  insert into sample_position as present (person_id, position) values ($1, 1)
  on conflict (person_id) do update set position = present.position + 1
  returning position as at, deleted_position, erased_position, is_closed
), known as (
  select at, deleted_position > 0 as has_tombstones, deleted_position = seen and not is_closed as is_fresh,
         erased_position > seen as is_overtaken, is_closed
  from (
    select *, coalesce((select p.deleted_position from sample_position p where p.person_id = $1), 0) as seen
    from taken offset 0) t
)"""


def _compose_not_deleted(first: int) -> str:
    """For samples whose columns begin with the placeholder `first`. The tombstones of their names are looked up at
    once, and no others: for an `exists` with each sample, PostgreSQL rather reads all that the person has."""
    names = first + [name for name, _ in _SAMPLE].index("client_assigned_id")
    return f"""is_fresh and (not has_tombstones or (given.client_assigned_id in (
    select p.client_assigned_id from sample_past p where p.person_id = $1 and p.client_key = $2 and p.is_deleted
      and p.position = 0 and p.client_assigned_id = any(${names}::text[]))) is not true)"""


def _compose_insert(
    known: str, given: str, condition: str, *, first: tuple[str, str], children: int | None
) -> str:
    """`first` is the time and the position at which the samples were first stored; `children` the number of the first
    parameter that holds them."""
    created_at, created_position = first
    attached = ""
    if children is not None:
        attached = f""", attached as (
  insert into sample (person_id, id, position, {_list(_CONTENT)}, created_at, client_key, created_position,
                      changed_position)
  select $1, {_list(_CHILD_IDENTITY + _CONTENT, "child.")}, stored.created_at, $2, stored.created_position,
         stored.changed_position
  from {_unnest(_CHILD_IDENTITY + _CONTENT, "child", children)} join stored using (id)
)"""
    return f"""
with {known}, stored as (
  insert into sample (person_id, id, position, {_list(_CONTENT + _MARKS)}, created_at, client_key, created_position,
                      changed_position)
  select $1, given.id, 0, {_list(_CONTENT + _MARKS, "given.")}, {created_at}, $2, {created_position}, at
  from known cross join {given}
  where {condition}
  on conflict (person_id, client_key, client_assigned_id)
    where position = 0 and client_assigned_id is not null do nothing
  returning id, type_code, start_at, created_at, created_position, changed_position
), counted as (
  insert into sample_count as present (person_id, type_code, day, samples)
  select $1, type_code, (start_at at time zone 'UTC')::date as day, count(*)
  from stored group by type_code, day
  on conflict (person_id, type_code, day) do update set samples = present.samples + excluded.samples
){attached}
"""


def _compose_first(known: str, condition: str, first: int, *, has_children: bool) -> str:
    """Samples that are first stored now, at `$3`, their columns from the placeholder `first` on."""
    return _compose_insert(
        known,
        _unnest(_SAMPLE, "given", first),
        condition,
        first=("$3", "at"),
        children=first + len(_SAMPLE) if has_children else None,
    )


def _compose_add(*, has_children: bool) -> str:
    return (
        _compose_first(_TAKE, _compose_not_deleted(4), 4, has_children=has_children)
        + "select at, is_fresh, is_overtaken, is_closed, (select count(*) from stored) as stored from known"
    )


def _compose_add_more(*, has_children: bool) -> str:
    """At the position `$4`, which the transaction has taken: whatever was deleted before is seen."""
    known = """known as (
  select $4::bigint as at, deleted_position > 0 as has_tombstones, true as is_fresh
  from sample_position where person_id = $1
)"""
    return (
        _compose_first(known, _compose_not_deleted(5), 5, has_children=has_children)
        + "select count(*) from stored"
    )


def _compose_revive(*, has_children: bool) -> str:
    """At the position `$4`, which the transaction has taken."""
    known = "known as (select $4::bigint as at)"
    return _compose_first(known, "true", 5, has_children=has_children) + "select count(*) from stored"


def _compose_replace(*, has_children: bool) -> str:
    """At the position `$3` and the time `$4`, at which what is replaced was ended; both were first stored when that one
    was."""
    first, children = 5, 5 + len(_SAMPLE)
    past = """ join sample_past past
    on past.person_id = $1 and past.id = given.id and past.position = 0 and past.ended_position = at
      and past.ended_at = $4::timestamptz"""
    return (
        _compose_insert(
            "known as (select $3::bigint as at)",
            _unnest(_SAMPLE, "given", first) + past,
            "true",
            first=("past.created_at", "past.created_position"),
            children=children if has_children else None,
        )
        + "select count(*) from stored"
    )


ADD: Final = {with_children: _compose_add(has_children=with_children) for with_children in (False, True)}
"""By whether there are children. Answers the position, whether it is fresh, and how many were stored."""
ADD_MORE: Final = {
    with_children: _compose_add_more(has_children=with_children) for with_children in (False, True)
}
"""Answers how many were stored."""
REVIVE: Final = {
    with_children: _compose_revive(has_children=with_children) for with_children in (False, True)
}
REPLACE: Final = {
    with_children: _compose_replace(has_children=with_children) for with_children in (False, True)
}

TAKE: Final = f"with {_TAKE} select at from known"

_MOVED = (
    "person_id, id, position, type_code, start_at, end_at, created_at, value, category, device, client_key, "
    "client_assigned_id, content_digest, version, start_offset, end_offset, created_position, changed_position"
)

RETIRE: Final = f"""
with gone as (
  delete from sample where person_id = $1 and id = any($2::uuid[]) returning {_MOVED}
), kept as (
  insert into sample_past ({_MOVED}, ended_position, ended_at, is_deleted)
  select {_MOVED}, $4::bigint, $3::timestamptz, $5::boolean from gone
), counted as (
  update sample_count c set samples = c.samples - fewer.samples
  from (
    select type_code, (start_at at time zone 'UTC')::date as day, count(*) as samples
    from gone where position = 0 group by type_code, day
  ) fewer
  where c.person_id = $1 and c.type_code = fewer.type_code and c.day = fewer.day
), marked as (
  update sample_position set deleted_position = $4::bigint where person_id = $1 and $5::boolean
)
select count(*) from gone where position = 0
"""
"""Moves samples with their children to what was before: `$2` their ids, `$4` the position, `$5` whether for good."""

FIND: Final = """
select client_assigned_id, id, content_digest, version, false as is_deleted from sample
where person_id = $1 and client_key = $2 and client_assigned_id = any($3::text[])
  and position = 0 and client_assigned_id is not null
"""

FIND_PRESENT: Final = f"""{FIND}
union all
(select distinct on (client_assigned_id) client_assigned_id, id, content_digest, version, true from sample_past
where person_id = $1 and client_key = $2 and client_assigned_id = any($3::text[]) and is_deleted and position = 0
order by client_assigned_id, ended_position desc)
"""

RAISE: Final = """
update sample s set version = given.version from unnest($2::uuid[], $3::integer[]) as given (id, version)
where s.person_id = $1 and s.id = given.id and s.position = 0
"""

LIST_TYPES: Final = "select id::text, type_code from sample where person_id = $1 and id = any($2::uuid[])"

ERASE: Final = (
    *(f"delete from {table} where person_id = $1" for table in ("sample", "sample_past", "sample_count")),
    """update sample_position set deleted_position = position, erased_position = position, is_closed = true
       where person_id = $1""",
)

REOPEN: Final = "update sample_position set is_closed = false where person_id = $1"
