"""How tables are spread over a cluster. Citus itself is not here: its functions are stood in for."""

import asyncpg
import pytest

from borvo.assembly.schema import load_metadata
from borvo.storage.citus import CitusMissingError, plan_spreading, spread
from tests.functional.cli.commands import run

metadata = load_metadata()

STAND_INS = """
create table spread (table_name text, by_column text, beside text);
create table pg_dist_partition (logicalrelid regclass);
create function create_distributed_table(
  table_name regclass, distribution_column text, distribution_type text default 'hash',
  colocate_with text default 'default', shard_count int default null) returns void language sql as $$
  insert into spread values (table_name::text, distribution_column, colocate_with);
  insert into pg_dist_partition values (table_name) $$;
create function create_reference_table(table_name regclass) returns void language sql as $$
  insert into spread values (table_name::text, null, null);
  insert into pg_dist_partition values (table_name) $$;
"""


def test_what_grows_with_people_is_spread_by_person_and_all_else_is_copied() -> None:
    plan = {each.table: each.column for each in plan_spreading(metadata)}
    assert plan.keys() == metadata.tables.keys()
    assert plan_spreading(metadata)[0] == ("person", "id")
    samples = {name: plan[name] for name in plan if name.startswith("sample")}
    assert len(samples) >= 4
    assert set(samples.values()) == {"person_id"}
    # The directory of addresses has to be unique among all people.
    assert plan["person_email"] is None
    assert plan["client"] is None


def test_a_table_is_spread_only_by_a_column_of_each_of_its_unique_keys() -> None:
    for name, column in plan_spreading(metadata):
        table = metadata.tables[name]
        keys = [table.primary_key.columns.keys(), *(i.columns.keys() for i in table.indexes if i.unique)]
        assert column is None or all(column in key for key in keys)


async def test_each_table_is_spread_once_however_often_it_is_asked_for(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute(STAND_INS)
    done = await spread(database_url, metadata)
    assert await spread(database_url, metadata) == []
    rows = await connection.fetch("select * from spread")
    await connection.close()
    assert [(row[0], row[1]) for row in rows] == done == plan_spreading(metadata)
    beside = {row[0]: row[2] for row in rows}
    assert (beside["person"], beside["sample"], beside["client"]) == ("default", "person", None)


async def test_without_citus_nothing_is_done(database_url: str) -> None:
    with pytest.raises(CitusMissingError, match="create extension citus"):
        await spread(database_url, metadata)


async def test_the_command_spreads_the_tables_of_all_features(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute(STAND_INS)
    await connection.close()
    done = await run("migrate", "--citus", environment={"BORVO_DATABASE_URL": database_url})
    assert (done.code, done.err) == (0, "")
    told = done.out.splitlines()
    assert {"person: spread by id", "sample: spread by person_id", "client: copied to every node"} < set(told)
    assert len(told) == len(metadata.tables) + 1
