"""The SQL of people's addresses. Every function takes a connection and none commits."""

from datetime import datetime

from borvo.accounts.links import LinkPurpose
from borvo.accounts.model import Person
from borvo.accounts.store import PERSON_COLUMNS, read_person
from borvo.kernel.ids import PersonId
from borvo.storage.database import Connection


async def lock_person(connection: Connection, person_id: PersonId) -> Person | None:
    """As she is now, until the transaction ends; None when there is none or the account is closed for good."""
    row = await connection.fetchrow(
        f"""select {PERSON_COLUMNS} from person p
            where p.id = $1 and (p.closed_at is null or p.erase_at is not null or p.suspended_at is not null)
            for update""",
        person_id,
    )
    return read_person(row) if row else None


async def is_taken(connection: Connection, email: str, person_id: PersonId) -> bool:
    """By somebody else, or kept for somebody else."""
    return bool(
        await connection.fetchval(
            "select true from person_email where email = $1 and person_id <> $2", email, person_id
        )
    )


async def claim_address(connection: Connection, email: str, person_id: PersonId) -> bool:
    """Whether it is hers from now on: it was free, or kept for her."""
    claimed = await connection.fetchval(
        """insert into person_email (email, person_id) values ($1, $2)
           on conflict (email) do update set kept_until = null
             where person_email.person_id = excluded.person_id
           returning true""",
        email,
        person_id,
    )
    return bool(claimed)


async def replace_address(connection: Connection, person_id: PersonId, email: str, now: datetime) -> None:
    """One that she has proved."""
    await connection.execute(
        "update person set email = $2, email_verified_at = $3 where id = $1", person_id, email, now
    )


async def keep_address(connection: Connection, email: str, until: datetime) -> None:
    """Nobody else gets it before."""
    await connection.execute("update person_email set kept_until = $2 where email = $1", email, until)


async def load_settled_address(connection: Connection, person_id: PersonId, now: datetime) -> str:
    """The one she had a week ago, if she had proved it: whoever knows the password alone may have changed it since,
    more than once, and back. The oldest link that undoes something says which it was, used or not."""
    address: str = await connection.fetchval(
        """select coalesce(
             (select email from account_link
              where person_id = $1 and purpose = $3 and expires_at > $2 order by created_at limit 1),
             (select email from person where id = $1))""",
        person_id,
        now,
        LinkPurpose.UNDO.value,
    )
    return address


async def list_addresses(connection: Connection, person: Person, now: datetime) -> list[str]:
    """All that may reach her: the one of the account, and those that were changed within the last week, by her or by
    somebody else. Each but the first is proved."""
    rows = await connection.fetch(
        "select email from person_email where person_id = $1 and kept_until > $2 order by kept_until",
        person.id,
        now,
    )
    return list(dict.fromkeys([person.email, *(row["email"] for row in rows)]))


async def release_address(connection: Connection, email: str) -> None:
    await connection.execute("delete from person_email where email = $1", email)


async def delete_kept_addresses(connection: Connection, now: datetime) -> None:
    await connection.execute("delete from person_email where kept_until <= $1", now)


async def mark_verified(connection: Connection, person_id: PersonId, now: datetime) -> bool:
    """Whether her address had not been proved before."""
    marked = await connection.fetchval(
        """update person set email_verified_at = $2
           where id = $1 and email_verified_at is null returning true""",
        person_id,
        now,
    )
    return bool(marked)
