"""Statements that read samples, composed of fixed fragments; values always travel as parameters.

Each type is read from its own stretch of an index and no further than the page needs, so that a page costs the
same whether a person has a thousand samples or a million.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from borvo.dataserver.model import Order, Query, Range, Selection
from borvo.identity.public import Admission
from borvo.kernel.ids import PersonId

PAGE_TOTAL = "total"

SAMPLE_COLUMNS = (
    "s.id, s.type_code, s.start_at, s.end_at, s.value, s.category, s.device, s.client_assigned_id, "
    "s.start_offset, s.end_offset"
)
_ORDERS = {Order.START: "start_at", Order.END: "end_at", Order.CREATION: "created_at"}


class Statement:
    """Text that grows together with its values. `$1` is the person, `$2` the codes of the types."""

    def __init__(self, person_id: PersonId, selection: Selection) -> None:
        self.values: list[object] = [person_id, [each.code for each in selection.types]]
        self.text = ""

    def bind(self, value: object) -> str:
        """The placeholder under which the value travels."""
        self.values.append(value)
        return f"${len(self.values)}"


def compose_page(query: Query, selection: Selection, person_id: PersonId, admission: Admission) -> Statement:
    """The rows of the page, each with the total beside it; none when the reader's token has ended meanwhile."""
    statement = Statement(person_id, selection)
    direction = "desc" if query.is_descending else "asc"
    column = _ORDERS[query.order]
    order = f"order by s.{column} {direction}, s.id {direction}"
    filters = _compose_filters(statement, query, selection)
    take, skip = statement.bind(query.take), statement.bind(query.skip)
    if len(selection.types) == 1:
        code = statement.bind(selection.types[0].code)
        rows = (
            f"select {SAMPLE_COLUMNS} from sample s where s.type_code = {code}::smallint and {filters} "
            f"{order} limit {take}::bigint offset {skip}::bigint"
        )
    else:
        rows = (
            f"select {SAMPLE_COLUMNS} from unnest($2::smallint[]) as wanted (code) cross join lateral ("
            f"select s.* from sample s where s.type_code = wanted.code and {filters} "
            f"{order} limit {take}::bigint + {skip}::bigint) s "
            f"{order} limit {take}::bigint offset {skip}::bigint"
        )
    total = _compose_total(statement, query, selection, filters)
    # A condition on no row: it is tested once, before any row is read.
    live = admission.compose(statement.bind)
    statement.text = f"select s.*, ({total}) as {PAGE_TOTAL} from ({rows}) s where {live}"
    return statement


def compose_count(query: Query, selection: Selection, person_id: PersonId) -> Statement:
    """The total alone, for a page behind the last row."""
    statement = Statement(person_id, selection)
    # The database refuses parameters that no text refers to.
    filters = "" if _is_told_by_days(query, selection) else _compose_filters(statement, query, selection)
    statement.text = f"select ({_compose_total(statement, query, selection, filters)})"
    return statement


def _compose_filters(statement: Statement, query: Query, selection: Selection) -> str:
    parts = ["s.person_id = $1 and s.position = 0"]
    for column, wanted in (("start_at", query.start), ("end_at", query.end), ("created_at", query.creation)):
        parts += _compose_range(statement, column, wanted)
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


def _compose_range(statement: Statement, column: str, wanted: Range) -> list[str]:
    bounds = ((">=", wanted.lower), ("<=", wanted.upper))
    return [f"s.{column} {sign} {statement.bind(bound)}" for sign, bound in bounds if bound is not None]


def _is_told_by_days(query: Query, selection: Selection) -> bool:
    return query.end.is_open and query.creation.is_open and not selection.guarded


def _compose_total(statement: Statement, query: Query, selection: Selection, filters: str) -> str:
    """Whole days come from their counts; only what the counts cannot tell is counted row by row."""
    if not _is_told_by_days(query, selection):
        return f"select count(*) from sample s where s.type_code = any($2::smallint[]) and {filters}"
    days, edges = split_days(query.start)
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


def _compose_edge(statement: Statement, edge: Edge) -> str:
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
