"""The SQL of who has a role beside others. Every function takes a connection and none commits."""

from collections.abc import Collection
from datetime import datetime

from borvo.accounts.model import Person, Role
from borvo.accounts.store import PERSON_COLUMNS, read_person
from borvo.kernel.ids import PersonId
from borvo.storage.database import Connection

_LOCK = 7_201_903


async def lock_supporters(connection: Connection) -> None:
    """Until the transaction ends nobody else who asks for this lock changes who is support."""
    await connection.execute("select pg_advisory_xact_lock($1)", _LOCK)


async def has_other(connection: Connection, role: Role, person_id: PersonId) -> bool:
    """Whether anybody else with an open account has the role, and it does not rest."""
    found = await connection.fetchval(
        """select exists (
             select from person_role r join person p on p.id = r.person_id and p.closed_at is null
             where r.held_until is null and r.role = $1 and r.person_id <> $2)""",
        role.value,
        person_id,
    )
    return bool(found)


async def list_others(connection: Connection, role: Role, person_id: PersonId) -> list[Person]:
    """Whom `has_other` looks for."""
    rows = await connection.fetch(
        f"""select {PERSON_COLUMNS} from person p join person_role o on o.person_id = p.id
            where o.held_until is null and o.role = $1 and p.closed_at is null and p.id <> $2""",
        role.value,
        person_id,
    )
    return [read_person(row) for row in rows]


async def hold_roles(
    connection: Connection, person_id: PersonId, roles: Collection[Role], until: datetime
) -> list[Role]:
    """Those of the roles that she has, and that rest from now on. Those that rest already do so until then as well."""
    names = [role.value for role in roles]
    await connection.execute(
        "update person_role set held_until = $3 where person_id = $1 and role = any($2) and held_until < $3",
        person_id,
        names,
        until,
    )
    rows = await connection.fetch(
        """update person_role set held_until = $3
           where person_id = $1 and role = any($2) and held_until is null returning role""",
        person_id,
        names,
        until,
    )
    return [Role(row["role"]) for row in rows]


async def release_role(connection: Connection, person_id: PersonId, role: Role) -> bool:
    """Whether it rested: from now on it is hers again."""
    released = await connection.fetchval(
        """update person_role set held_until = null
           where person_id = $1 and role = $2 and held_until is not null returning true""",
        person_id,
        role.value,
    )
    return bool(released)


async def list_held_roles(connection: Connection, person_id: PersonId) -> list[tuple[Role, datetime]]:
    """Those that rest, and until when."""
    rows = await connection.fetch(
        """select role, held_until from person_role where person_id = $1 and held_until is not null
           order by role""",
        person_id,
    )
    return [(Role(row["role"]), row["held_until"]) for row in rows]


async def release_roles(connection: Connection, now: datetime) -> list[tuple[PersonId, Role]]:
    """Whose roles have rested for long enough, to one caller only."""
    rows = await connection.fetch(
        """update person_role set held_until = null where held_until <= $1 returning person_id, role""", now
    )
    return [(PersonId(row["person_id"]), Role(row["role"])) for row in rows]
