"""Runs the statements of statistics. Takes a connection and never commits."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby

from borvo.dataserver.aggregation.model import (
    Aggregate,
    AggregateQuery,
    Figures,
    Function,
    Method,
    Share,
)
from borvo.dataserver.aggregation.statements import compose_aggregate
from borvo.identity.public import Admission
from borvo.kernel.ids import PersonId
from borvo.storage.database import Connection, Row

TIME_LIMIT = 30.0
"""Seconds that a statement may take; it is ended then, and `TimeoutError` raised."""


async def load_aggregate(
    connection: Connection,
    person_id: PersonId,
    query: AggregateQuery,
    bounds: list[datetime],
    admission: Admission,
    share: Share | None = None,
) -> Aggregate:
    """Worked out by the very statement that makes sure that the token is good; raises `UnauthenticatedError`."""
    statement = compose_aggregate(query, person_id, bounds, admission, share)
    rows = await connection.fetch(statement.text, *statement.values, timeout=TIME_LIMIT)
    if not rows:
        # No row tells whether the token is good.
        await admission.confirm(connection)
    if query.method is Method.WORDS:
        return Aggregate(tuple(_read_words(query, rows)), _read_devices(rows))
    if query.method is Method.AMOUNTS:
        return Aggregate(tuple(_read_amounts(rows)), _read_devices(rows))
    return Aggregate(tuple(_read_readings(query, rows)))


def _read_readings(query: AggregateQuery, rows: Iterable[Row]) -> Iterator[Figures]:
    singles = [each for each in query.functions if each is not Function.PERCENTILE]
    for number, *figures in (tuple(row) for row in rows):
        percentiles = tuple(figures.pop()) if query.asks(Function.PERCENTILE) else ()
        yield Figures(number, dict(zip(singles, figures, strict=True)), percentiles)


def _read_amounts(rows: Iterable[Row]) -> Iterator[Figures]:
    for number, count, total, _ in rows:
        yield Figures(number, {Function.COUNT: count, Function.SUM: total})


def _read_words(query: AggregateQuery, rows: Iterable[Row]) -> Iterator[Figures]:
    for number, group in groupby(rows, lambda row: row[0]):
        by_word = {word: (count, seconds) for _, word, count, seconds, _ in group}
        # In the order of the catalogue.
        words = {word: by_word[word] for word in query.sample_type.values if word in by_word}
        total = sum(count for count, _ in words.values())
        yield Figures(number, {Function.COUNT: total}, by_word=words)


def _read_devices(rows: list[Row]) -> tuple[str | None, ...]:
    return tuple(rows[0][-1]) if rows else ()
