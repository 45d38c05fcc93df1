"""The SQL of reminders of invites that people keep. Every function takes a connection and none commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from borvo.kernel.ids import PersonId
from borvo.storage.database import Connection

_AT_ONCE = 100
_WAITS = """exists (select from agency_invite i where i.id = k.invite_id and i.answer = '' and i.expires_at > $1)
            and not exists (select from agency_reminder_refusal r where r.person_id = k.person_id)"""


@dataclass(frozen=True, slots=True)
class Due:
    """A kept invite whose reminder is due."""

    person_id: PersonId
    invite_id: UUID
    remind_at: datetime


async def list_due(connection: Connection, now: datetime) -> Sequence[Due]:
    """Those that wait still, of people who want reminders; the longest due first."""
    rows = await connection.fetch(
        f"""select person_id, invite_id, remind_at from agency_kept_invite k
            where remind_at <= $1 and {_WAITS} order by remind_at limit {_AT_ONCE}""",
        now,
    )
    return [Due(*row.values()) for row in rows]


async def claim_reminder(
    connection: Connection, due: Due, now: datetime, following: datetime, most: int
) -> bool:
    """Whether this reminder is the caller's to send: that of one worker only, and only while it is due. The next one
    follows until there were `most`."""
    claimed = await connection.fetchval(
        f"""update agency_kept_invite k
            set reminders = reminders + 1, remind_at = case when reminders + 1 < $5 then $6::timestamptz end
            where person_id = $2 and invite_id = $3 and remind_at = $4 and {_WAITS} returning true""",
        now,
        due.person_id,
        due.invite_id,
        due.remind_at,
        most,
        following,
    )
    return bool(claimed)


async def forget_pointless(connection: Connection, now: datetime) -> None:
    """What was answered, withdrawn or is over needs none."""
    await connection.execute(
        """update agency_kept_invite set remind_at = null where remind_at <= $1
           and invite_id not in (select id from agency_invite where answer = '' and expires_at > $1)""",
        now,
    )


async def refuse_reminders(connection: Connection, person_id: PersonId, now: datetime) -> None:
    await connection.execute(
        "insert into agency_reminder_refusal (person_id, at) values ($1, $2) on conflict do nothing",
        person_id,
        now,
    )


async def want_reminders(connection: Connection, person_id: PersonId) -> None:
    await connection.execute("delete from agency_reminder_refusal where person_id = $1", person_id)


async def has_refused(connection: Connection, person_id: PersonId) -> bool:
    found = await connection.fetchval(
        "select exists (select from agency_reminder_refusal where person_id = $1)", person_id
    )
    return bool(found)
