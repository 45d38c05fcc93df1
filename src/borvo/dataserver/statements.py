"""Statements that read samples, composed of fixed fragments; values always travel as parameters.

Each type is read from its own stretch of an index and no further than the page needs, so that a page costs the
same whether a person has a thousand samples or a million.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

from borvo.catalogue.sample_types import Family
from borvo.dataserver.composition import Composition
from borvo.dataserver.model import Key, Order, Query, Range, Selection
from borvo.identity.public import Admission
from borvo.kernel.ids import ClientKey, PersonId

PAGE_TOTAL = "total"
PAGE_POSITION = "person_position"

SAMPLE_COLUMNS = (
    "s.id, s.type_code, s.start_at, s.end_at, s.value, s.category, s.device, s.client_assigned_id, "
    "s.start_offset, s.end_offset"
)
# The same, with ids and dates as they are answered: to make dates of them, and texts of those, takes Python longer than
# all the rest of a page. JSON's dates have a T in them, whatever the session's settings.
_WRITTEN_COLUMNS = (
    "s.id::text, s.type_code, to_json(s.start_at at time zone 'UTC'), to_json(s.end_at at time zone 'UTC'), "
    "s.value, s.category, s.device, s.client_assigned_id, s.start_offset, s.end_offset"
)
ORDER_COLUMNS = {Order.START: "start_at", Order.END: "end_at", Order.CREATION: "created_at"}

# Where the person's changes stand, in the snapshot of the statement; null before the first.
_POSITION = "(select p.position from sample_position p where p.person_id = $1)"


class Asked(NamedTuple):
    """What decides the text of a statement: the same for all who ask the same. `clients` are those that the query
    names, by their keys. A continued page begins behind a key."""

    query: Query
    selection: Selection
    clients: tuple[ClientKey, ...] = ()
    is_continued: bool = False
    has_total: bool = True
    # With ids and dates written out.
    is_written: bool = False

    def list_codes(self) -> list[int]:
        return [each.code for each in self.selection.types]


class Draft(NamedTuple):
    """A statement's text before the reader's condition, and the values that are not of one reader: `$1` is left open,
    as are `$3` and `$4` of a continued page, its key, and the last, where one is said to be open."""

    text: str
    values: tuple[object, ...]


class PagePlan(NamedTuple):
    """Two ways to a page. `counted` tells the total and the person's position beside each row; `known` finds rows only
    while her position is the last of its values, which spares the total. `scope` names what the total counts. Only
    with `has_parts` may a row be a correlation."""

    counted: Draft
    known: Draft
    scope: str
    has_parts: bool


_KEY = slice(2, 4)


@lru_cache(maxsize=1024)
def plan_page(asked: Asked) -> PagePlan:
    """Composed once for those who ask the same again and again."""
    statement = _open_page(asked)
    total = _compose_total(statement, asked) if asked.has_total else "null"
    scope = repr((total, statement.values))
    rows = _compose_rows(statement, asked)
    counted = (
        f"select {_list_columns(asked)}, ({total})::bigint as {PAGE_TOTAL}, {_POSITION} as {PAGE_POSITION} "
        f"from ({rows}) s where "
    )
    has_parts = any(each.family is Family.CORRELATION for each in asked.selection.types)
    return PagePlan(Draft(counted, tuple(statement.values)), _plan_known(asked), scope, has_parts)


def _plan_known(asked: Asked) -> Draft:
    statement = _open_page(asked)
    rows = _compose_rows(statement, asked)
    same = f"{_POSITION} = {statement.bind(None)}::bigint"
    return Draft(f"select {_list_columns(asked)} from ({rows}) s where {same} and ", tuple(statement.values))


def _open_page(asked: Asked) -> Composition:
    return Composition(None, asked.list_codes(), *((None, None) if asked.is_continued else ()))


def _list_columns(asked: Asked) -> str:
    columns = _WRITTEN_COLUMNS if asked.is_written else SAMPLE_COLUMNS
    return f"{columns}, s.created_at" if asked.query.order is Order.CREATION else columns


def compose_page(
    draft: Draft,
    person_id: PersonId,
    admission: Admission,
    after: Key | None = None,
    position: int | None = None,
) -> Composition:
    """The rows of the page and one more; none when the reader's token has ended meanwhile, or where the draft is of a
    known page, when the person's position is another."""
    values = [*draft.values]
    values[0] = person_id
    if after:
        values[_KEY] = after.instant, after.id
    if position is not None:
        values[-1] = position
    statement = Composition(*values)
    # A condition on no row: it is tested once, before any row is read.
    statement.text = draft.text + admission.compose(statement.bind)
    return statement


def _compose_rows(statement: Composition, asked: Asked) -> str:
    query, selection = asked.query, asked.selection
    direction = "desc" if query.is_descending else "asc"
    column = ORDER_COLUMNS[query.order]
    order = f"order by s.{column} {direction}, s.id {direction}"
    filters = _compose_filters(statement, asked, is_page=True)
    # One more than the page holds tells whether another follows.
    take, skip = statement.bind(query.take + 1), statement.bind(query.skip)
    columns = SAMPLE_COLUMNS if query.order is not Order.CREATION else f"{SAMPLE_COLUMNS}, s.created_at"
    if len(selection.types) == 1:
        return (
            f"select {columns} from sample s where s.type_code = ($2::smallint[])[1] and {filters} "
            f"{order} limit {take}::bigint offset {skip}::bigint"
        )
    return (
        f"select {columns} from unnest($2::smallint[]) as wanted (code) cross join lateral ("
        f"select s.* from sample s where s.type_code = wanted.code and {filters} "
        f"{order} limit {take}::bigint + {skip}::bigint) s "
        f"{order} limit {take}::bigint offset {skip}::bigint"
    )


WRITTEN_CHILDREN = f"""
select {_WRITTEN_COLUMNS} from sample s
where s.person_id = $1 and s.id = any($2::text[]::uuid[]) and s.position > 0 order by s.id, s.position
"""


def compose_count(asked: Asked, person_id: PersonId) -> Composition:
    """The total alone, for a page behind the last row."""
    statement = Composition(person_id, asked.list_codes())
    statement.text = f"select ({_compose_total(statement, asked)})"
    return statement


def compose_position(person_id: PersonId, admission: Admission) -> Composition:
    """The person's position; no row when the reader's token has ended."""
    statement = Composition(person_id)
    live = admission.compose(statement.bind)
    statement.text = f"select {_POSITION} as {PAGE_POSITION} where {live}"
    return statement


def _compose_filters(statement: Composition, asked: Asked, *, is_page: bool) -> str:
    query, selection = asked.query, asked.selection
    parts = ["s.person_id = $1 and s.position = 0"]
    for order, wanted in (
        (Order.START, query.start),
        (Order.END, query.end),
        (Order.CREATION, query.creation),
    ):
        is_key = is_page and asked.is_continued and order is query.order
        if is_key:
            parts.append(_compose_key(query))
        parts += statement.bound(ORDER_COLUMNS[order], rest(wanted, query) if is_key else wanted)
    if query.devices:
        parts.append(f"s.device = any({statement.bind([*query.devices])}::text[])")
    if query.clients:
        parts.append(f"s.client_key = any({statement.bind([*asked.clients])}::uuid[])")
    if selection.guarded:
        guarded, readable = (
            statement.bind(sorted(codes)) for codes in (selection.guarded, selection.readable)
        )
        parts.append(
            f"not (s.type_code = any({guarded}::smallint[]) and exists (select from sample c "
            "where c.person_id = s.person_id and c.id = s.id and c.position > 0 "
            f"and not c.type_code = any({readable}::smallint[])))"
        )
    return " and ".join(parts)


def _compose_key(query: Query) -> str:
    sign = "<" if query.is_descending else ">"
    return f"(s.{ORDER_COLUMNS[query.order]}, s.id) {sign} ($3::timestamptz, $4::uuid)"


def rest(wanted: Range, query: Query) -> Range:
    """Without the bound that the key goes beyond. With both, the database may begin at the bound and pass over all that
    lies before the key."""
    return Range(wanted.lower, None) if query.is_descending else Range(None, wanted.upper)


def _is_told_by_days(asked: Asked) -> bool:
    query = asked.query
    has_only_start = query.end.is_open and query.creation.is_open and not query.devices and not query.clients
    return has_only_start and not asked.selection.guarded


def _compose_total(statement: Composition, asked: Asked) -> str:
    """Whole days come from their counts; only what the counts cannot tell is counted row by row."""
    if not _is_told_by_days(asked):
        filters = _compose_filters(statement, asked, is_page=False)
        return f"select count(*) from sample s where s.type_code = any($2::smallint[]) and {filters}"
    days, edges = split_days(asked.query.start)
    parts = [_compose_edge(statement, edge) for edge in edges]
    if days is not None:
        # As text: the driver would write the first and the last date as infinity.
        first, last = (statement.bind(day.isoformat()) for day in days)
        parts.append(
            "+ (select coalesce(sum(n.samples), 0) from sample_count n where n.person_id = $1 "
            f"and n.type_code = any($2::smallint[]) and n.day between {first}::text::date and {last}::text::date)"
        )
    return f"select ({' '.join(parts)})::bigint"


class Edge(NamedTuple):
    """A stretch of one day, bounds included, whose samples are counted to the whole days or off them."""

    lower: datetime
    upper: datetime
    is_added: bool


def _compose_edge(statement: Composition, edge: Edge) -> str:
    return (
        f"{'+' if edge.is_added else '-'} (select count(*) from sample s where s.person_id = $1 "
        "and s.position = 0 and s.type_code = any($2::smallint[]) "
        f"and s.start_at >= {statement.bind(edge.lower)} and s.start_at <= {statement.bind(edge.upper)})"
    )


_NOON = time(12)
_TICK = timedelta(microseconds=1)


def split_days(wanted: Range) -> tuple[tuple[date, date] | None, list[Edge]]:
    """Whole days of UTC, first and last, and what must be counted to or off them so that they make the range,
    whose bounds belong to it. Of a day that is cut, the shorter part is counted."""
    lower, upper = wanted.lower, wanted.upper
    if lower and upper and lower.date() == upper.date():
        return None, [Edge(lower, upper, is_added=True)]
    edges = [*_cut_first_day(lower), *_cut_last_day(upper)]
    # By number, since a neighbour of the last day is no date.
    first = lower.toordinal() + _stands_alone(edges, lower) if lower else date.min.toordinal()
    last = upper.toordinal() - _stands_alone(edges, upper) if upper else date.max.toordinal()
    days = (date.fromordinal(first), date.fromordinal(last)) if first <= last else None
    return days, edges


def _stands_alone(edges: list[Edge], bound: datetime) -> bool:
    """Whether the day of the bound is counted by its edge alone."""
    return any(edge.is_added and bound in edge[:2] for edge in edges)


def _cut_first_day(lower: datetime | None) -> list[Edge]:
    if lower is None or lower.time() == time.min:
        return []
    if lower.time() < _NOON:
        return [Edge(datetime.combine(lower, time.min, UTC), lower - _TICK, is_added=False)]
    return [Edge(lower, datetime.combine(lower, time.max, UTC), is_added=True)]


def _cut_last_day(upper: datetime | None) -> list[Edge]:
    if upper is None or upper.time() == time.max:
        return []
    if upper.time() >= _NOON:
        return [Edge(upper + _TICK, datetime.combine(upper, time.max, UTC), is_added=False)]
    return [Edge(datetime.combine(upper, time.min, UTC), upper, is_added=True)]
