"""Marks on a database: facts about the whole of it."""

import sqlalchemy as sa

from borvo.storage.database import Connection
from borvo.storage.schema import metadata

DEMO = "demo"
DEMO_COMPLETE = "demo-complete"

database_mark = sa.Table("database_mark", metadata, sa.Column("name", sa.Text, primary_key=True))


async def set_mark(connection: Connection, name: str) -> None:
    await connection.execute("insert into database_mark (name) values ($1) on conflict do nothing", name)


async def has_mark(connection: Connection, name: str) -> bool:
    return bool(await connection.fetchval("select true from database_mark where name = $1", name))
