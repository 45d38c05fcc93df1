"""That a database is being filled from a backup: a table of its own, which no backup holds. It stands from before the
first row until nothing that was revoked since can be used, so that nobody serves the database in between, and a
restore that broke off goes on."""

from datetime import datetime
from enum import Enum, auto
from hashlib import sha256
from pathlib import Path

import asyncpg

from borvo.storage.database import Connection
from borvo.storage.failure import StorageError
from borvo.storage.marks import mark_restored

_BEGINNING = 4096
_TABLE = "borvo_restoration"


class RestorationError(StorageError):
    """The database is not one that can be filled from this backup; nothing was changed."""


class Stage(Enum):
    """How far an earlier run came."""

    EMPTY = auto()
    LOADED = auto()


def read_fingerprint(path: Path) -> bytes:
    """Of what no two backups share: an encrypted file begins with the key of that file."""
    with path.open("rb") as file:
        return sha256(file.read(_BEGINNING)).digest()


async def begin_restoration(url: str, fingerprint: bytes) -> Stage:
    """Puts the table up. Raises `RestorationError` for a database with any other table, unless it came from this backup
    and is not finished: nothing is ever overwritten."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            found = await _find_backup(connection)
            tables = await _count_others(connection)
            if tables and found is None:
                raise RestorationError(
                    f"the database holds {tables} tables; restore into an empty one, and look at it before it takes "
                    "over"
                )
            if tables and found != fingerprint:
                raise RestorationError(
                    "the database holds another backup, whose restore has not finished; run it again with that "
                    "file, or restore into an empty database"
                )
            await connection.execute(f"create table if not exists {_TABLE} (backup bytea not null)")
            await connection.execute(f"delete from {_TABLE}")
            await connection.execute(f"insert into {_TABLE} values ($1)", fingerprint)
            return Stage.LOADED if tables else Stage.EMPTY
    finally:
        await connection.close()


async def _find_backup(connection: Connection) -> bytes | None:
    if not await is_unfinished(connection):
        return None
    found: bytes | None = await connection.fetchval(f"select backup from {_TABLE}")
    return found


async def _count_others(connection: Connection) -> int:
    count: int = await connection.fetchval(
        """select count(*) from information_schema.tables
           where table_schema not in ('pg_catalog', 'information_schema') and table_name <> $1""",
        _TABLE,
    )
    return count


async def is_unfinished(connection: Connection) -> bool:
    return bool(await connection.fetchval("select to_regclass($1) is not null", _TABLE))


async def abandon_restoration(url: str) -> None:
    """Takes the table down again if nothing was loaded."""
    connection = await asyncpg.connect(url)
    try:
        if not await _count_others(connection):
            await connection.execute(f"drop table if exists {_TABLE}")
    finally:
        await connection.close()


async def finish_restoration(connection: Connection, now: datetime) -> None:
    """In the transaction that ends what came back to life."""
    await connection.execute(f"drop table {_TABLE}")
    await mark_restored(connection, now)
