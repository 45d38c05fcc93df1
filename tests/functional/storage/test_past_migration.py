"""A table of what samples were from before it lay in parts."""

from uuid import uuid4

import asyncpg
from alembic import command
from sqlalchemy import Connection

from borvo.dataserver.ageing.model import DEFAULT_PART
from borvo.storage.migration import _configure, migrate, run_synchronously
from tests.databases import replace_database

_OLD_ROWS = """
insert into sample_past (person_id, id, position, type_code, start_at, end_at, created_at, client_key, created_position,
                         changed_position, ended_position, ended_at, is_deleted)
select gen_random_uuid(), gen_random_uuid(), 0, 1, now(), now(), now(), gen_random_uuid(), 1, 1, 2,
       now() - make_interval(days => n), true
from generate_series(1, 5) n
"""
_MAY = "select has_table_privilege($1, 'sample_past', 'delete'), has_table_privilege($1, 'sample_past', 'truncate')"


async def test_it_becomes_the_default_part_with_its_rows_and_for_whoever_used_it(server_url: str) -> None:
    server = await asyncpg.connect(server_url)
    name = f"test_{uuid4().hex}"
    await server.execute(f'create database "{name}"')
    url = replace_database(server_url, name)

    def upgrade(connection: Connection) -> None:
        command.upgrade(_configure(connection), "0048")

    try:
        await run_synchronously(url, upgrade)
        connection = await asyncpg.connect(url)
        await connection.execute(_OLD_ROWS)
        await connection.execute(f'create role "{name}"; grant insert, delete on sample_past to "{name}"')
        await migrate(url)
        rows = await connection.fetch("select tableoid::regclass::text from sample_past")
        assert [row[0] for row in rows] == [DEFAULT_PART] * 5
        (may,) = await connection.fetch(_MAY, name)
        assert tuple(may) == (True, False)
        await connection.close()
    finally:
        await server.execute(f'drop database "{name}" with (force)')
        await server.execute(f'drop role if exists "{name}"')
        await server.close()
