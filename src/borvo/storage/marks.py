"""Marks on a database: facts about the whole of it."""

from datetime import datetime

from borvo.storage.database import Connection

DEMO = "demo"
DEMO_COMPLETE = "demo-complete"
RESTORED = "restored"

UNLESS_FORGOTTEN = f"""where not exists (
             select from database_mark where name = '{RESTORED}' and at >= {{instant}})"""
"""SQL for what is used once, and could not have been used before the instant: nothing when the database went back to an
earlier day since, and so cannot know."""


async def set_mark(connection: Connection, name: str) -> None:
    await connection.execute("insert into database_mark (name) values ($1) on conflict do nothing", name)


async def mark_restored(connection: Connection, now: datetime) -> None:
    """That what was used up since the backup is known no more."""
    await connection.execute(
        """insert into database_mark (name, at) values ($1, $2)
           on conflict (name) do update set at = excluded.at""",
        RESTORED,
        now,
    )


async def has_mark(connection: Connection, name: str) -> bool:
    return bool(await connection.fetchval("select true from database_mark where name = $1", name))
