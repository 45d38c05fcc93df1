"""The migrations make the tables that the code describes."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from borvo.dataserver.tables import sample, sample_count
from borvo.storage.migration import run_synchronously
from borvo.storage.schema import metadata


async def test_the_migrated_tables_are_those_described(database_url: str) -> None:
    names = {sample.name, sample_count.name}

    def compare(connection: Connection) -> list[object]:
        return [*compare_metadata(MigrationContext.configure(connection), metadata)]

    differences = await run_synchronously(database_url, compare)
    assert [each for each in differences if any(f"'{name}'" in repr(each) for name in names)] == []


async def test_the_person_comes_first_in_every_key_and_index() -> None:
    for table in (sample, sample_count):
        assert table.primary_key.columns.keys()[0] == "person_id"
        assert all(index.columns.keys()[0] == "person_id" for index in table.indexes)
