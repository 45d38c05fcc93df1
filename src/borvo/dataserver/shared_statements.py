"""The one statement that reads samples of several people at once, each row of it under the condition of its own
person's consent. Composed of fixed fragments; values always travel as parameters."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from borvo.catalogue.sample_types import list_correlation_codes, list_sample_types, map_sample_types
from borvo.dataserver.composition import Composition
from borvo.dataserver.model import Key, Order, Query
from borvo.dataserver.statements import ORDER_COLUMNS, SAMPLE_COLUMNS, rest
from borvo.kernel.ids import PersonId


class Opened(NamedTuple):
    """One type of samples of one person, from an instant on. Of a guarded one only those rows are found whose children
    are all of types that are opened for the same person."""

    person_id: PersonId
    subject: UUID
    code: int
    since: datetime | None
    is_guarded: bool


class Opening(NamedTuple):
    """All that a request may find, and for those with guarded types every type that they share."""

    opened: Sequence[Opened]
    readable: Sequence[tuple[UUID, int]]


CORRELATIONS = sorted(list_correlation_codes())
_MEMBERS = [
    (each.code, map_sample_types()[member].code) for each in list_sample_types() for member in each.members
]


def _begin(opening: Opening) -> Composition:
    """`$1` to `$7` are the columns of what is opened, `$8` and `$9` those of what correlations may hold."""
    opened = ([each[column] for each in opening.opened] for column in range(5))
    readable = ([each[column] for each in opening.readable] for column in range(2))
    members = ([each[column] for each in _MEMBERS] for column in range(2))
    return Composition(*opened, *readable, *members)


# A part has dates of its own: one from before that instant keeps the whole from being found. Whether the person has any
# such part is asked once of each type, by an index; mostly there is none, and nothing is asked of each sample.
_OPENED = """member as materialized (
  select m.code, array_agg(m.part) as parts from unnest($8::smallint[], $9::smallint[]) as m (code, part) group by 1),
  opened as materialized (
  select o.*, m.parts, o.since is not null and exists (
      select from unnest(m.parts) as t (part) cross join lateral (
        select from sample c where c.person_id = o.person_id and c.type_code = t.part and c.position > 0
          and c.start_at < o.since order by c.start_at limit 1) e) as has_early
  from unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::timestamptz[], $5::boolean[])
    as o (person_id, subject, code, since, is_guarded)
  left join member m on m.code = o.code),
  readable as materialized (select * from unnest($6::uuid[], $7::smallint[]) as r (subject, code))"""


_EARLY = """exists (select from sample c where c.person_id = s.person_id and c.id = s.id and c.position > 0
            and c.start_at < o.since"""


def compose_shared_page(query: Query, opening: Opening, after: Key | None = None) -> Composition:
    """The rows of the page and one more in one order over all people, each with its subject, its person and its dates;
    those behind the key when there is one."""
    statement = _begin(opening)
    direction = "desc" if query.is_descending else "asc"
    order = f"order by s.{ORDER_COLUMNS[query.order]} {direction}, s.id {direction}"
    rows = f"{_compose_rows(statement, query, after)} and not (o.has_early and {_EARLY}))"
    take, skip = statement.bind(query.take + 1), statement.bind(query.skip)
    statement.text = f"""with {_OPENED}
        select {SAMPLE_COLUMNS}, o.subject, o.person_id, s.created_at from opened o cross join lateral (
          select s.* from {rows} {order} limit {take}::bigint + {skip}::bigint) s
        {order}, o.subject {direction} limit {take}::bigint offset {skip}::bigint"""
    return statement


def compose_shared_count(query: Query, opening: Opening) -> Composition:
    """How many rows there are without paging: one row a person of whom there is any."""
    statement = _begin(opening)
    statement.text = f"""with {_OPENED}
        select o.subject, sum(n.found)::bigint as found from opened o
        cross join lateral ({_compose_found(statement, query)}) n group by o.subject"""
    return statement


def compose_shared_places(query: Query, opening: Opening) -> Composition:
    """How many rows there are of each person, and her position at that moment."""
    statement = _begin(opening)
    statement.text = f"""with {_OPENED}
        select o.subject, coalesce(p.position, 0)::bigint as position, sum(n.found)::bigint as found
        from opened o left join sample_position p on p.person_id = o.person_id
        cross join lateral ({_compose_found(statement, query)}) n group by o.subject, p.position"""
    return statement


MANY = 10_000
"""Samples, beyond which looking for their parts one by one takes longer than finding all early parts."""


def _compose_found(statement: Composition, query: Query) -> str:
    """How many there are of what is opened. Where there are early parts they are looked for sample by sample; among
    many samples all early parts are found first, by their index: a condition that stands by itself may be turned
    round."""
    rows = _compose_rows(statement, query)
    some = (
        "select from sample x where x.person_id = o.person_id and x.type_code = o.code and x.position = 0 "
        f"and x.start_at >= o.since limit {statement.bind(MANY + 1)}::integer"
    )
    return f"""select case when not o.has_early then (select count(*) from {rows})
          when (select count(*) from ({some}) x) > {statement.bind(MANY)}::integer
            then (select count(*) from {rows} and not {_EARLY} and c.type_code = any(o.parts)))
          else (select count(*) from {rows} and not (o.has_early and {_EARLY}))) end as found"""


def _compose_rows(statement: Composition, query: Query, after: Key | None = None) -> str:
    parts = [
        "s.person_id = o.person_id and s.type_code = o.code and s.position = 0",
        "s.start_at >= coalesce(o.since, '-infinity')",
        # Contract 7: never a correlation with children missing.
        """not (o.is_guarded and exists (select from sample c
             where c.person_id = s.person_id and c.id = s.id and c.position > 0
             and not exists (select from readable r
               where r.subject = o.subject and r.code = c.type_code)))""",
    ]
    if query.devices:
        parts.append(f"s.device = any({statement.bind([*query.devices])}::text[])")
    if after is not None:
        parts.append(_compose_key(statement, query, after))
    for order, wanted in (
        (Order.START, query.start),
        (Order.END, query.end),
        (Order.CREATION, query.creation),
    ):
        is_key = after is not None and order is query.order
        parts += statement.bound(ORDER_COLUMNS[order], rest(wanted, query) if is_key else wanted)
    return f"sample s where {' and '.join(parts)}"


def _compose_key(statement: Composition, query: Query, after: Key) -> str:
    """By the order's index up to the sample of the key, whose further copies come with the subjects behind its own."""
    sign, column = "<" if query.is_descending else ">", ORDER_COLUMNS[query.order]
    instant, id_ = f"{statement.bind(after.instant)}::timestamptz", f"{statement.bind(after.id)}::uuid"
    if after.subject is None:
        return f"(s.{column}, s.id) {sign} ({instant}, {id_})"
    subject = f"{statement.bind(after.subject)}::uuid"
    return (
        f"(s.{column}, s.id) {sign}= ({instant}, {id_}) "
        f"and (s.{column}, s.id, o.subject) {sign} ({instant}, {id_}, {subject})"
    )


CHILDREN = f"""
    select {SAMPLE_COLUMNS}, s.person_id
    from unnest($1::uuid[], $2::uuid[]) as p (person_id, id)
    join sample s on s.person_id = p.person_id and s.id = p.id and s.position > 0
    order by s.person_id, s.id, s.position"""
