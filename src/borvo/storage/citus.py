"""Spreads the tables over a Citus cluster: those of people by person, all others copied to every node.

Not tested on Citus: only that its functions are called as its documentation says (docs/scale.md).
"""

from typing import Any, NamedTuple

import asyncpg
from sqlalchemy import MetaData, Table

from borvo.storage.failure import StorageError

_IS_THERE = (
    "select count(*) = 2 from pg_proc where proname in ('create_distributed_table', 'create_reference_table')"
)
_SPREAD = "select logicalrelid::regclass::text from pg_dist_partition"
_FIRST = "person"


class Spreading(NamedTuple):
    """How one table is spread: by which column, or copied as a whole when there is none."""

    table: str
    column: str | None


class CitusMissingError(StorageError):
    """The database has no Citus."""


def plan_spreading(metadata: MetaData) -> list[Spreading]:
    """Of every table, in the order in which it is to be done. A table can be spread only by a column of its primary key
    and of each unique index, and statements are cheap only if they name it: so by the person where she comes first."""
    planned = [Spreading(table.name, _find_column(table)) for table in metadata.sorted_tables]
    # The others are laid beside the first one.
    return sorted(planned, key=lambda each: (each.column is None, each.table != _FIRST, each.table))


def _find_column(table: Table) -> str | None:
    if table.name == _FIRST:
        return "id"
    keys = [table.primary_key.columns.keys()]
    keys += [index.columns.keys() for index in table.indexes if index.unique]
    is_keyed = table.primary_key.columns.keys()[:1] == ["person_id"]
    return "person_id" if is_keyed and all("person_id" in key for key in keys) else None


async def spread(url: str, metadata: MetaData) -> list[Spreading]:
    """What was done; what was spread before stays as it is. Raises `CitusMissingError`."""
    connection = await asyncpg.connect(url)
    try:
        if not await connection.fetchval(_IS_THERE):
            raise CitusMissingError(
                "this database has no Citus: run `create extension citus` in it as its administrator, on every node"
            )
        present = {row[0] for row in await connection.fetch(_SPREAD)}
        missing = [each for each in plan_spreading(metadata) if each.table not in present]
        async with connection.transaction():
            for each in missing:
                await _spread_table(connection, each)
        return missing
    finally:
        await connection.close()


async def _spread_table(connection: "asyncpg.Connection[Any]", each: Spreading) -> None:
    if each.column is None:
        await connection.execute("select create_reference_table($1::text::regclass)", each.table)
        return
    beside = "default" if each.table == _FIRST else _FIRST
    await connection.execute(
        "select create_distributed_table($1::text::regclass, $2::text, colocate_with => $3::text)",
        each.table,
        each.column,
        beside,
    )
