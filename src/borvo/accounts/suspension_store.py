"""The SQL of suspended accounts. Every function takes a connection and none commits."""

from datetime import datetime

from borvo.kernel.ids import PersonId
from borvo.storage.database import Connection


async def suspend_person(connection: Connection, person_id: PersonId, now: datetime) -> bool:
    """Whether it was not suspended until now. One that is closed stays so, and its owner can no longer come back.
    Tokens carry whole seconds, so those of this second are void, too."""
    suspended = await connection.fetchval(
        """update person set suspended_at = $2, closed_at = coalesce(closed_at, $2),
             tokens_void_before = date_trunc('second', $2::timestamptz) + interval '1 second'
           where id = $1 and suspended_at is null and (closed_at is null or erase_at is not null)
           returning true""",
        person_id,
        now,
    )
    return bool(suspended)


async def lift_suspension(connection: Connection, person_id: PersonId) -> bool:
    """Whether the account was suspended. One that was closed meanwhile stays closed."""
    lifted = await connection.fetchval(
        """update person set suspended_at = null, closed_at = case when erase_at is null then null else closed_at end
           where id = $1 and suspended_at is not null returning true""",
        person_id,
    )
    return bool(lifted)
