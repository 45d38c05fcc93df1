"""The SQL of who has a role beside others. Every function takes a connection and none commits."""

from borvo.accounts.model import Role
from borvo.kernel.ids import PersonId
from borvo.storage.database import Connection

_LOCK = 7_201_903


async def lock_supporters(connection: Connection) -> None:
    """Until the transaction ends nobody else who asks for this lock changes who is support."""
    await connection.execute("select pg_advisory_xact_lock($1)", _LOCK)


async def has_other(connection: Connection, role: Role, person_id: PersonId) -> bool:
    """Whether anybody else with an open account has the role."""
    found = await connection.fetchval(
        """select exists (
             select from person_role r join person p on p.id = r.person_id and p.closed_at is null
             where r.role = $1 and r.person_id <> $2)""",
        role.value,
        person_id,
    )
    return bool(found)
