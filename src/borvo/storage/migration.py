"""Brings a database to the schema of this release, and tells whether it is there."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from borvo.storage.failure import StorageError

T = TypeVar("T")

# Any number will do; it is Borvo's own, so that two `borvo migrate` at once take turns.
_MIGRATION_LOCK = 7_201_901


class UnknownSchemaError(StorageError):
    """The database was brought to a schema of which this release knows nothing, as a later one does."""


def _configure(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.set_main_option("path_separator", "os")
    if connection is not None:
        config.attributes["connection"] = connection
    return config


async def run_synchronously(url: str, work: Callable[[Connection], T]) -> T:
    """Runs SQLAlchemy code against the database within one transaction that is committed at the end."""

    async def connect() -> "asyncpg.Connection[Any]":
        return await asyncpg.connect(url)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


def find_head() -> str:
    """The revision that this release needs."""
    head = ScriptDirectory.from_config(_configure()).get_current_head()
    if head is None:
        raise RuntimeError("there are no migrations")
    return head


async def find_revision(url: str) -> str | None:
    """The revision that the database is at; None for one that was never migrated."""
    return await run_synchronously(
        url, lambda connection: MigrationContext.configure(connection).get_current_revision()
    )


def _check_known(config: Config, revision: str | None) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if revision is not None and revision not in known:
        raise UnknownSchemaError(
            f"the database is at schema {revision}, which this release does not know (it knows up to {find_head()}): "
            "it is newer than this release; use the release that made it"
        )


def _upgrade(connection: Connection) -> None:
    connection.exec_driver_sql(f"select pg_advisory_xact_lock({_MIGRATION_LOCK})")
    config = _configure(connection)
    _check_known(config, MigrationContext.configure(connection).get_current_revision())
    command.upgrade(config, "head")


async def migrate(url: str) -> None:
    """Applies what is missing, all of it or nothing; safe to call from several processes at once. Raises
    `UnknownSchemaError` and changes nothing when a later release was here."""
    await run_synchronously(url, _upgrade)
