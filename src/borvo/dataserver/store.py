"""Reading samples. All SQL belongs to one person's shelf, so that no statement can forget whose it is."""

from typing import Any, NamedTuple
from uuid import UUID

from borvo.catalogue.sample_types import list_correlation_codes
from borvo.dataserver.instants import restore_offset
from borvo.dataserver.model import Key, Page, StoredSample
from borvo.dataserver.statements import (
    ORDER_COLUMNS,
    PAGE_POSITION,
    PAGE_TOTAL,
    WRITTEN_CHILDREN,
    Asked,
    PagePlan,
    compose_count,
    compose_page,
    compose_position,
    plan_page,
)
from borvo.dataserver.totals import KnownTotal, TotalMemory
from borvo.dataserver.written_rows import WrittenPage, find_key
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
_TYPE_CODE = 1
_CORRELATIONS = list_correlation_codes()


def read_sample(row: Row, children: tuple[StoredSample, ...] = (), *, is_part: bool = False) -> StoredSample:
    # In the order of the columns: by name it takes twice as long.
    id_, code, start, end, value, category, device, name, start_offset, end_offset = row[:_COLUMNS]
    if start_offset:
        start = restore_offset(start, start_offset)
    if end_offset:
        end = restore_offset(end, end_offset)
    return StoredSample(None if is_part else id_, code, start, end, value, category, device, name, children)


class _Rows(NamedTuple):
    """Of a page; `position` is the person's at that moment. Only with `has_parts` may a row be a correlation."""

    total: int
    rows: list[Row]
    position: int | None = None
    has_more: bool = False
    has_parts: bool = False

    def list_parents(self) -> list[Any]:
        """The ids of those that may have parts."""
        return [row[0] for row in self.rows if row[_TYPE_CODE] in _CORRELATIONS] if self.has_parts else []


def _cut(asked: Asked, plan: PagePlan, known: KnownTotal, rows: list[Row]) -> _Rows:
    """Without the row that only tells whether more follow."""
    has_more = len(rows) > asked.query.take
    if has_more:
        rows.pop()
    return _Rows(known.total, rows, known.position, has_more, plan.has_parts)


class SampleShelf:
    """The samples of one person: the only way to read them. `WritableShelf` changes them."""

    def __init__(self, connection: Connection, person_id: PersonId) -> None:
        self._connection = connection
        self._person_id = person_id

    async def read_page(
        self, asked: Asked, admission: Admission, totals: TotalMemory, after: Key | None = None
    ) -> Page:
        """The rows in order with their children, and the exact count of all rows that the query finds. Rows are
        read by the very statement that makes sure that the token is good; raises `UnauthenticatedError`."""
        found = await self._find_rows(asked, admission, totals, after)
        samples = await self._attach_children(found.rows, found.list_parents())
        following = None
        if found.has_more:
            last = found.rows[-1]
            following = Key(last[ORDER_COLUMNS[asked.query.order]], last[0])
        return Page(found.total, samples, found.position, following)

    async def read_written_page(
        self, asked: Asked, admission: Admission, totals: TotalMemory, after: Key | None = None
    ) -> WrittenPage:
        """As `read_page`, as it is answered at once."""
        found = await self._find_rows(asked._replace(is_written=True), admission, totals, after)
        children: dict[str, list[Row]] = {}
        if parents := found.list_parents():
            for row in await self._connection.fetch(WRITTEN_CHILDREN, self._person_id, parents):
                children.setdefault(row[0], []).append(row)
        following = find_key(found.rows[-1], asked.query.order) if found.has_more else None
        return WrittenPage(found.total, found.rows, children, found.position, following)

    async def _find_rows(
        self, asked: Asked, admission: Admission, totals: TotalMemory, after: Key | None
    ) -> _Rows:
        plan = plan_page(asked)
        known = totals.find(self._person_id, plan.scope)
        if known:
            statement = compose_page(plan.known, self._person_id, admission, after, known.position)
            if rows := await self._connection.fetch(statement.text, *statement.values):
                return _cut(asked, plan, known, rows)
        statement = compose_page(plan.counted, self._person_id, admission, after)
        rows = await self._connection.fetch(statement.text, *statement.values)
        if not rows:
            # No row tells whether the token is good.
            await admission.confirm(self._connection)
            return _Rows(await self._count(asked), [])
        found = KnownTotal(rows[0][PAGE_POSITION], rows[0][PAGE_TOTAL])
        totals.remember(self._person_id, plan.scope, found)
        return _cut(asked, plan, found, rows)

    async def find_position(self, admission: Admission) -> int | None:
        """Where the person's changes stand; None before the first. The same statement makes sure that the token is
        good; raises `UnauthenticatedError`."""
        statement = compose_position(self._person_id, admission)
        row = await self._connection.fetchrow(statement.text, *statement.values)
        if row is None:
            await admission.confirm(self._connection)
        position: int | None = row and row[PAGE_POSITION]
        return position

    async def _count(self, asked: Asked) -> int:
        """Of a page without rows: it lies behind the last one, or there are none."""
        if not asked.query.skip and not asked.is_continued:
            return 0
        statement = compose_count(asked, self._person_id)
        total: int = await self._connection.fetchval(statement.text, *statement.values)
        return total

    async def _attach_children(self, rows: list[Row], parents: list[UUID]) -> tuple[StoredSample, ...]:
        if not parents:
            return tuple([read_sample(row) for row in rows])
        children: dict[object, list[StoredSample]] = {}
        for row in await self._connection.fetch(_CHILDREN, self._person_id, parents):
            children.setdefault(row["id"], []).append(read_sample(row, is_part=True))
        return tuple([read_sample(row, tuple(children.get(row["id"], ()))) for row in rows])
