"""Reading samples. All SQL belongs to one person's shelf, so that no statement can forget whose it is."""

from borvo.catalogue.sample_types import Family, list_sample_types
from borvo.dataserver.instants import restore_offset
from borvo.dataserver.model import Page, Query, Selection, StoredSample
from borvo.dataserver.statements import PAGE_TOTAL, compose_count, compose_page
from borvo.identity.public import Admission
from borvo.kernel.ids import PersonId
from borvo.storage.database import Connection, Row

_CHILDREN = """
select id, type_code, start_at, end_at, value, category, device, client_assigned_id, start_offset, end_offset
from sample where person_id = $1 and id = any($2::uuid[]) and position > 0
order by id, position
"""

# The leading columns of a row are the leading fields of a `StoredSample`, and the offsets of its dates.
_COLUMNS = 10
_CORRELATIONS = frozenset(each.code for each in list_sample_types() if each.family is Family.CORRELATION)


def read_sample(row: Row, children: tuple[StoredSample, ...] = ()) -> StoredSample:
    # In the order of the columns: by name it takes twice as long.
    id_, code, start, end, value, category, device, name, start_offset, end_offset = row[:_COLUMNS]
    start, end = restore_offset(start, start_offset), restore_offset(end, end_offset)
    return StoredSample(id_, code, start, end, value, category, device, name, children)


class SampleShelf:
    """The samples of one person: the only way to read them. `WritableShelf` changes them."""

    def __init__(self, connection: Connection, person_id: PersonId) -> None:
        self._connection = connection
        self._person_id = person_id

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
            return tuple([read_sample(row) for row in rows])
        children: dict[object, list[StoredSample]] = {}
        for row in await self._connection.fetch(_CHILDREN, self._person_id, parents):
            children.setdefault(row["id"], []).append(read_sample(row))
        return tuple([read_sample(row, tuple(children.get(row["id"], ()))) for row in rows])
