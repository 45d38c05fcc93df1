"""The migrations make the tables that the code describes, and the tables keep the rules of sharding by person."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from borvo.assembly.schema import load_metadata
from borvo.dataserver.ageing.model import DEFAULT_PART
from borvo.storage.migration import find_head, find_revision, migrate, run_synchronously
from tests.databases import replace_database
from tests.functional.growth import ENDING, KEPT

metadata = load_metadata()

NOT_KEYED_BY_PERSON = {
    # The directory that finds a person by address: an address is unique among all people, so it is the key.
    "person_email",
    "device_authorization",
    # One chain of the whole instance.
    "security_event_link",
}
# Read over all people: to delete what has expired, to deliver what is due, to see what concerns one client.
INDEXED_OVER_ALL = {
    "account_link",
    # What is old enough to go.
    "agency_access",
    "agency_consent",
    # Whose reminder is due.
    "agency_kept_invite",
    # Whom an agency may reach.
    "agency_relationship",
    "authorization_code",
    "device_authorization",
    # Whose lost factor is to be removed now.
    "factor_removal",
    "half_login",
    "mailbox_proof",
    "login_session",
    # Who belongs to an organisation.
    "organisation_member",
    "outbox_message",
    # A token is looked for by its digest: it does not say whose it is.
    "personal_token",
    "sample_export",
    "sample_snapshot",
    "security_event",
    "session_client",
    # Parts of results are found by their key.
    "shared_snapshot_part",
    # Who belongs to a tenancy.
    "tenancy_member",
    "token_family",
}

# What is compared between a migrated database and one made from the tables in the code. Not the order of columns:
# a later migration puts a new one behind the others.
DESCRIPTIONS = {
    "columns": """select table_name, column_name, data_type, udt_name, is_nullable, column_default
                  from information_schema.columns where table_schema = 'public'""",
    "indexes": "select tablename, indexname, indexdef from pg_indexes where schemaname = 'public'",
    "constraints": """select conrelid::regclass::text, conname, pg_get_constraintdef(oid)
                      from pg_constraint where connamespace = 'public'::regnamespace and contype <> 'n'""",
}


@pytest.fixture
async def empty_url(server_url: str) -> AsyncIterator[str]:
    """A database that nothing has been done to."""
    name = f"test_{uuid4().hex}"
    connection = await asyncpg.connect(server_url)
    await connection.execute(f'create database "{name}"')
    yield replace_database(server_url, name)
    await connection.execute(f'drop database "{name}" with (force)')
    await connection.close()


async def describe(url: str, what: str) -> set[tuple[object, ...]]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(DESCRIPTIONS[what])
    finally:
        await connection.close()
    return {tuple(row) for row in rows if not str(row[0]).startswith("alembic_version")}


async def count(url: str, question: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval(question))
    finally:
        await connection.close()


def is_described(name: str | None, kind: str, _: object) -> bool:
    """Parts of a table are made along with it."""
    return kind != "table" or name != DEFAULT_PART


async def test_the_migrated_tables_are_those_described(database_url: str) -> None:
    def compare(connection: Connection) -> list[object]:
        options = {"compare_type": True, "compare_server_default": True, "include_name": is_described}
        return [*compare_metadata(MigrationContext.configure(connection, opts=options), metadata)]

    assert await run_synchronously(database_url, compare) == []


@pytest.mark.parametrize("what", DESCRIPTIONS)
async def test_keys_and_partial_indexes_agree_too(database_url: str, empty_url: str, what: str) -> None:
    """Alembic compares neither primary keys nor the conditions of indexes."""
    await run_synchronously(empty_url, metadata.create_all)
    migrated = await describe(database_url, what)
    assert migrated
    assert migrated == await describe(empty_url, what)


async def test_migrating_twice_changes_nothing(database_url: str) -> None:
    before = {what: await describe(database_url, what) for what in DESCRIPTIONS}
    assert await find_revision(database_url) == find_head()
    await migrate(database_url)
    assert {what: await describe(database_url, what) for what in DESCRIPTIONS} == before


async def test_processes_that_migrate_at_once_take_turns(empty_url: str) -> None:
    assert await find_revision(empty_url) is None
    await asyncio.gather(*(migrate(empty_url) for _ in range(3)))
    assert await find_revision(empty_url) == find_head()


def test_the_person_comes_first_in_every_primary_key() -> None:
    with_person = {name: table for name, table in metadata.tables.items() if "person_id" in table.columns}
    keys = {name: table.primary_key.columns.keys() for name, table in with_person.items()}
    assert {name for name, key in keys.items() if key[0] != "person_id"} == NOT_KEYED_BY_PERSON
    assert keys.keys() > {"sample", "sample_count", "consent", "login_session"}


def test_indexes_of_tables_that_grow_with_people_begin_with_the_person() -> None:
    begin_otherwise = {
        name
        for name, table in metadata.tables.items()
        if "person_id" in table.columns
        and any(index.columns.keys()[0] != "person_id" for index in table.indexes)
    }
    assert begin_otherwise == INDEXED_OVER_ALL


def test_of_every_table_it_is_known_what_becomes_of_its_rows() -> None:
    """By the clock, as `test_growth.py` proves, or for a reason."""
    assert ENDING & KEPT.keys() == set()
    assert metadata.tables.keys() == ENDING | KEPT.keys(), "say it in tests/functional/growth.py"


async def test_no_row_refers_to_another_persons_row(database_url: str) -> None:
    """There are no foreign keys at all, in the code or in the database, so none crosses people."""
    assert [name for name, table in metadata.tables.items() if table.foreign_keys] == []
    assert await count(database_url, "select count(*) from pg_constraint where contype = 'f'") == 0


async def test_no_number_has_to_be_unique_over_all_machines(database_url: str) -> None:
    assert await count(database_url, "select count(*) from pg_class where relkind = 'S'") == 0
