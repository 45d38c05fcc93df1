"""The SQL of people who are none. Every function takes a connection and none commits."""

from datetime import datetime

from borvo.accounts.model import Person
from borvo.kernel.ids import PersonId, TenancyId
from borvo.storage.database import Connection


async def insert_sandbox_person(
    connection: Connection, person: Person, tenancy_id: TenancyId, now: datetime
) -> None:
    """Without a place in the directory of addresses, and without a password."""
    await connection.execute(
        """insert into person (id, email, given_name, family_name, created_at, sandbox_tenancy_id)
           values ($1, $2, $3, $4, $5, $6)""",
        person.id,
        person.email,
        person.given_name,
        person.family_name,
        now,
        tenancy_id,
    )


async def delete_sandbox_person(connection: Connection, person_id: PersonId) -> bool:
    """False, with nothing deleted, for a real person and for nobody."""
    deleted = await connection.fetchval(
        "delete from person where id = $1 and sandbox_tenancy_id is not null returning true", person_id
    )
    if deleted:
        await connection.execute("delete from login_session where person_id = $1", person_id)
    return bool(deleted)


async def list_sandbox_people(connection: Connection, before: datetime) -> list[PersonId]:
    rows = await connection.fetch(
        "select id from person where sandbox_tenancy_id is not null and created_at < $1", before
    )
    return [PersonId(row["id"]) for row in rows]
