"""The SQL of accounts that are closed. Every function takes a connection and none commits."""

from datetime import datetime

from borvo.accounts.model import Person
from borvo.accounts.store import PERSON_COLUMNS, read_person
from borvo.kernel.ids import PersonId
from borvo.storage.database import Connection

_OWN_TABLES = (
    "person_password",
    "person_totp",
    "person_passkey",
    "person_recovery_code",
    "person_role",
    "person_profile",
    "half_login",
    "mailbox_proof",
    "login_session",
    "account_link",
    "factor_removal",
)


async def close_person(
    connection: Connection, person_id: PersonId, now: datetime, erase_at: datetime
) -> None:
    """One that is suspended closes, too, and stays suspended."""
    await connection.execute(
        """update person set closed_at = coalesce(closed_at, $2), erase_at = $3
           where id = $1 and (closed_at is null or suspended_at is not null)""",
        person_id,
        now,
        erase_at,
    )


async def reopen_person(connection: Connection, person_id: PersonId, now: datetime) -> bool:
    """Whether she had closed the account, and it is not too late."""
    reopened = await connection.fetchval(
        """update person set closed_at = null, erase_at = null
           where id = $1 and erase_at > $2 and suspended_at is null
           returning true""",
        person_id,
        now,
    )
    return bool(reopened)


async def list_due(connection: Connection, now: datetime, most: int) -> list[Person]:
    rows = await connection.fetch(
        f"select {PERSON_COLUMNS} from person p where p.erase_at <= $1 order by p.erase_at limit $2",
        now,
        most,
    )
    return [read_person(row) for row in rows]


async def claim_due(connection: Connection, person_id: PersonId, now: datetime) -> bool:
    """Whether she is the caller's to erase until the transaction ends."""
    claimed = await connection.fetchval(
        "select true from person where id = $1 and erase_at <= $2 for update skip locked", person_id, now
    )
    return bool(claimed)


async def delete_person(connection: Connection, person_id: PersonId) -> None:
    """All that this feature knows of her. Her security log ends by its own term."""
    await connection.execute("delete from person where id = $1", person_id)
    await connection.execute("delete from person_email where person_id = $1", person_id)
    for table in _OWN_TABLES:
        await connection.execute(f"delete from {table} where person_id = $1", person_id)
