"""The SQL of the parts of `sample_past`. Every function takes a connection and none commits."""

from collections.abc import Iterable
from datetime import datetime

from borvo.dataserver.ageing.model import ASSUME_MUCH, DEFAULT_PART, Part
from borvo.storage.database import Connection

_TURN = "select pg_advisory_xact_lock(hashtextextended('parts of sample_past', 0))"
# The default part has no bounds.
_LIST = r"""
select c.oid::regclass::text as name, found.bounds[1]::timestamptz as start_at, found.bounds[2]::timestamptz as end_at
from pg_inherits i
  join pg_class c on c.oid = i.inhrelid
  cross join lateral (
    select regexp_match(pg_get_expr(c.relpartbound, c.oid), $$FROM \('(.*?)'\) TO \('(.*?)'\)$$) as bounds
  ) found
where i.inhparent = 'sample_past'::regclass and found.bounds is not null
order by start_at
"""


async def is_owner(connection: Connection) -> bool:
    """Whether this role may make and drop parts."""
    owns = "select pg_has_role(relowner, 'usage') from pg_class where oid = 'sample_past'::regclass"
    return bool(await connection.fetchval(owns))


async def list_parts(connection: Connection) -> list[Part]:
    """In the order of time."""
    return [Part(row["name"], row["start_at"], row["end_at"]) for row in await connection.fetch(_LIST)]


async def take_turn(connection: Connection, wait: str) -> None:
    """Until the transaction ends. Making and dropping a part locks the whole table, so it waits for whoever uses that,
    and everybody who comes later waits for it: for `wait` at most, as for the turn itself. After that it raises
    `asyncpg.LockNotAvailableError`."""
    await connection.execute(f"set local lock_timeout = '{wait}'; {_TURN}")


async def make_part(connection: Connection, part: Part) -> None:
    """Raises `asyncpg.CheckViolationError` when rows of its time lie in the default part."""
    bounds = f"from ('{part.start.isoformat()}') to ('{part.end.isoformat()}')"
    await connection.execute(f"create table {part.name} partition of sample_past for values {bounds}")
    await connection.execute(ASSUME_MUCH.format(part.name))


async def drop_parts(connection: Connection, parts: Iterable[Part]) -> None:
    """With all that they hold."""
    await connection.execute(f"drop table {', '.join(part.name for part in parts)}")


async def delete_stray(connection: Connection, before: datetime) -> None:
    """What ended earlier and lies in the default part."""
    await connection.execute(f"delete from {DEFAULT_PART} where ended_at < $1", before)


async def delete_ended(connection: Connection, before: datetime) -> None:
    """What ended earlier, wherever it lies."""
    await connection.execute("delete from sample_past where ended_at < $1", before)
