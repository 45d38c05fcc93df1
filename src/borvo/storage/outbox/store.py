"""The SQL of the outbox. Every function takes a connection and none commits."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from borvo.storage.database import Connection
from borvo.storage.outbox.model import Entry, Message

_ENTRY = "id, kind, created_at, due_at, attempts, last_error, delivered_at, dead_at"


async def insert_message(
    connection: Connection, message: Message, created_at: datetime, due_at: datetime
) -> None:
    await connection.execute(
        """insert into outbox_message (person_id, id, kind, sealed_payload, created_at, due_at, attempts)
           values ($1, $2, $3, $4, $5, $6, 0)""",
        message.person_id,
        message.id,
        message.kind,
        message.sealed_payload,
        created_at,
        due_at,
    )


async def claim_messages(
    connection: Connection, kinds: Collection[str], now: datetime, until: datetime, most: int
) -> list[Message]:
    """Takes what is due and not taken by another, oldest first. Rows that another is just taking are passed over."""
    rows = await connection.fetch(
        """with due as materialized (
             select person_id, id from outbox_message
             where delivered_at is null and dead_at is null and due_at <= $2
               and (claimed_until is null or claimed_until <= $2) and kind = any($1::text[])
             order by due_at limit $4 for update skip locked)
           update outbox_message m set attempts = m.attempts + 1, claimed_until = $3
           from due where m.person_id = due.person_id and m.id = due.id
           returning m.person_id, m.id, m.kind, m.sealed_payload, m.attempts""",
        list(kinds),
        now,
        until,
        most,
    )
    return [Message(*row.values()) for row in rows]


async def settle_message(
    connection: Connection,
    message: Message,
    *,
    due_at: datetime,
    last_error: str | None = None,
    delivered_at: datetime | None = None,
    dead_at: datetime | None = None,
) -> bool:
    """Ends the attempt; False when another worker has taken the message meanwhile, whose word counts then."""
    settled = await connection.fetchval(
        """update outbox_message
           set claimed_until = null, due_at = $4, last_error = $5, delivered_at = $6, dead_at = $7
           where person_id = $1 and id = $2 and attempts = $3 and delivered_at is null and dead_at is null
           returning true""",
        message.person_id,
        message.id,
        message.attempts,
        due_at,
        last_error,
        delivered_at,
        dead_at,
    )
    return bool(settled)


async def list_entries(connection: Connection, *, is_dead: bool, most: int) -> list[Entry]:
    """What was not delivered, oldest first: dead letters, or what waits."""
    rows = await connection.fetch(
        f"""select {_ENTRY} from outbox_message
            where delivered_at is null and (dead_at is not null) = $1 order by created_at, id limit $2""",
        is_dead,
        most,
    )
    return [Entry(*row.values()) for row in rows]


async def list_sealed(connection: Connection, kind: str, most: int) -> list[tuple[datetime, Message]]:
    """Messages of a kind whatever became of them, newest first, each with when it was written."""
    rows = await connection.fetch(
        """select created_at, person_id, id, kind, sealed_payload, attempts from outbox_message
           where kind = $1 order by created_at desc, id desc limit $2""",
        kind,
        most,
    )
    return [(row["created_at"], Message(*list(row.values())[1:])) for row in rows]


async def revive_message(connection: Connection, message_id: UUID, now: datetime) -> bool:
    """Whether it was there and undelivered; it is due now and begins to count its attempts anew."""
    revived = await connection.fetchval(
        """update outbox_message set dead_at = null, attempts = 0, due_at = $2, claimed_until = null
           where id = $1 and delivered_at is null and (claimed_until is null or claimed_until <= $2)
           returning true""",
        message_id,
        now,
    )
    return bool(revived)


async def bury_messages(connection: Connection, due_before: datetime, now: datetime) -> None:
    await connection.execute(
        """update outbox_message set dead_at = $2, last_error = coalesce(last_error, 'nothing delivers this kind')
           where delivered_at is null and dead_at is null and due_at < $1
             and (claimed_until is null or claimed_until <= $2)""",
        due_before,
        now,
    )


async def delete_messages(connection: Connection, delivered_before: datetime, dead_before: datetime) -> None:
    await connection.execute(
        "delete from outbox_message where delivered_at < $1 or dead_at < $2", delivered_before, dead_before
    )
