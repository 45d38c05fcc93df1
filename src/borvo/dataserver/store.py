"""The SQL of samples. All of it belongs to one person's shelf, so that no statement can forget whose it is."""

from datetime import datetime

from borvo.catalogue.sample_types import Family, list_sample_types
from borvo.dataserver.batch import Batch, Present
from borvo.dataserver.instants import restore_offset
from borvo.dataserver.model import Page, Query, Sample, Selection, StoredSample
from borvo.dataserver.statements import PAGE_TOTAL, compose_count, compose_page
from borvo.identity.public import Admission
from borvo.kernel.ids import ClientKey, PersonId
from borvo.storage.database import Connection, Row

# One statement stores a batch: samples that are new, their children, and the counts of their days. No row is stored
# before the person's position is taken, so that parallel writers wait for each other rather than block each other.
_INSERT = """
with taken as (
  insert into sample_position as present (person_id, position) values ($1, 1)
  on conflict (person_id) do update set position = present.position + 1
  returning position as at
), stored as (
  insert into sample (person_id, id, position, type_code, start_at, end_at, created_at, value, category, device,
                      client_key, client_assigned_id, start_offset, end_offset, content_digest, created_position,
                      changed_position)
  select $1, id, 0, type_code, start_at, end_at, $3, value, category, device, $2, client_assigned_id, start_offset,
         end_offset, content_digest, at, at
  from taken cross join unnest($4::uuid[], $5::smallint[], $6::timestamptz[], $7::timestamptz[], $8::float8[],
                               $9::text[], $10::text[], $11::text[], $12::smallint[], $13::smallint[], $14::bytea[])
    as given (id, type_code, start_at, end_at, value, category, device, client_assigned_id, start_offset, end_offset,
              content_digest)
  on conflict (person_id, client_key, client_assigned_id)
    where position = 0 and client_assigned_id is not null do nothing
  returning id, type_code, start_at, changed_position
), counted as (
  insert into sample_count as present (person_id, type_code, day, samples)
  select $1, type_code, (start_at at time zone 'UTC')::date as day, count(*)
  from stored group by type_code, day order by type_code, day
  on conflict (person_id, type_code, day) do update set samples = present.samples + excluded.samples
){attached}
select count(*) from stored
"""

_ATTACHED = """, attached as (
  insert into sample (person_id, id, position, type_code, start_at, end_at, created_at, value, category, device,
                      client_key, client_assigned_id, start_offset, end_offset, created_position, changed_position)
  select $1, id, position, child.type_code, child.start_at, end_at, $3, value, category, device, $2,
         client_assigned_id, start_offset, end_offset, changed_position, changed_position
  from unnest($15::uuid[], $16::smallint[], $17::smallint[], $18::timestamptz[], $19::timestamptz[], $20::float8[],
              $21::text[], $22::text[], $23::text[], $24::smallint[], $25::smallint[])
    as child (id, position, type_code, start_at, end_at, value, category, device, client_assigned_id, start_offset,
              end_offset)
  join stored using (id)
)"""

_INSERT_PLAIN = _INSERT.format(attached="")
_INSERT_CORRELATED = _INSERT.format(attached=_ATTACHED)

_CHILDREN = """
select id, type_code, start_at, end_at, value, category, device, client_assigned_id, start_offset, end_offset
from sample where person_id = $1 and id = any($2::uuid[]) and position > 0
order by id, position
"""

# The leading columns of a row are the leading fields of a `StoredSample`, and the offsets of its dates.
_COLUMNS = 10
_CORRELATIONS = frozenset(each.code for each in list_sample_types() if each.family is Family.CORRELATION)

Content = tuple[int, datetime, datetime, float | None, str | None, str | None, str | None, int, int]


def _list_content(sample: Sample) -> Content:
    return (
        sample.sample_type.code,
        sample.start,
        sample.end,
        sample.value,
        sample.category,
        sample.device,
        sample.client_assigned_id,
        sample.start_offset,
        sample.end_offset,
    )


def _list_children(batch: Batch) -> list[tuple[object, ...]]:
    return [
        (id_, position, *_list_content(child))
        for id_, sample in zip(batch.ids, batch.samples, strict=True)
        if sample.children
        for position, child in enumerate(sample.children, start=1)
    ]


def _read(row: Row, children: tuple[StoredSample, ...] = ()) -> StoredSample:
    # In the order of the columns: by name it takes twice as long.
    id_, code, start, end, value, category, device, name, start_offset, end_offset = row[:_COLUMNS]
    start, end = restore_offset(start, start_offset), restore_offset(end, end_offset)
    return StoredSample(id_, code, start, end, value, category, device, name, children)


class SampleShelf:
    """The samples of one person: the only way to them. Never commits."""

    def __init__(self, connection: Connection, person_id: PersonId) -> None:
        self._connection = connection
        self._person_id = person_id

    async def add(self, batch: Batch, client_key: ClientKey, now: datetime) -> int:
        """How many samples were new; those whose id is taken are left out with their children."""
        columns = zip(*map(_list_content, batch.samples), strict=True)
        values = [batch.ids, *columns, batch.digests]
        children = _list_children(batch)
        values += zip(*children, strict=True)
        statement = _INSERT_CORRELATED if children else _INSERT_PLAIN
        added: int = await self._connection.fetchval(statement, self._person_id, client_key, now, *values)
        return added

    async def find_present(self, batch: Batch, client_key: ClientKey) -> Present:
        """Id and digest of what is stored under the client's ids of the batch."""
        names = [sample.client_assigned_id for sample in batch.samples if sample.client_assigned_id]
        rows = await self._connection.fetch(
            """select client_assigned_id, id, content_digest from sample
               where person_id = $1 and client_key = $2 and client_assigned_id = any($3::text[])
                 and position = 0 and client_assigned_id is not null""",
            self._person_id,
            client_key,
            names,
        )
        return {row["client_assigned_id"]: (str(row["id"]), row["content_digest"]) for row in rows}

    async def read_page(self, query: Query, selection: Selection, admission: Admission) -> Page:
        """The rows in order with their children, and the exact count of all rows that the query finds. Rows are
        read by the very statement that makes sure that the token is good; raises `UnauthenticatedError`."""
        statement = compose_page(query, selection, self._person_id, admission)
        rows = await self._connection.fetch(statement.text, *statement.values)
        if rows:
            return Page(rows[0][PAGE_TOTAL], await self._attach_children(rows))
        # No row tells whether the token is good.
        await admission.confirm(self._connection)
        return Page(await self._count(query, selection), ())

    async def _count(self, query: Query, selection: Selection) -> int:
        """Of a page without rows: it lies behind the last one, or there are none."""
        if not query.skip:
            return 0
        statement = compose_count(query, selection, self._person_id)
        total: int = await self._connection.fetchval(statement.text, *statement.values)
        return total

    async def _attach_children(self, rows: list[Row]) -> tuple[StoredSample, ...]:
        parents = [row["id"] for row in rows if row["type_code"] in _CORRELATIONS]
        if not parents:
            return tuple([_read(row) for row in rows])
        children: dict[object, list[StoredSample]] = {}
        for row in await self._connection.fetch(_CHILDREN, self._person_id, parents):
            children.setdefault(row["id"], []).append(_read(row))
        return tuple([_read(row, tuple(children.get(row["id"], ()))) for row in rows])
