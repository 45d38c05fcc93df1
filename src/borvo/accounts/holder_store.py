"""The SQL of people who have an account although nobody may reach it right now. Every function takes a connection and
none commits."""

from dataclasses import fields
from datetime import datetime

from borvo.accounts.factors.store import compose_has_factor
from borvo.accounts.model import Holder
from borvo.accounts.store import PERSON_COLUMNS, RESTING_COLUMN, read_person, read_resting
from borvo.kernel.ids import PersonId
from borvo.storage.database import Connection, Row

HOLDER_COLUMNS = f"""{PERSON_COLUMNS}, {RESTING_COLUMN}, p.erase_at, p.suspended_at,
    {compose_has_factor("p.id")} as has_second_factor"""
_HOLDS = """(p.closed_at is null or p.erase_at > {now}
             or (p.suspended_at is not null and p.erase_at is null))"""


def compose_holding(now: str) -> str:
    """A condition on `person p`: she has an account, which is open, or closed while she may still come back, or
    suspended. `now` is a placeholder."""
    return _HOLDS.format(now=now)


def read_holder(row: Row) -> Holder:
    """Of a row that `HOLDER_COLUMNS` selected, whatever else it holds."""
    person = read_person(row)
    values = {field.name: getattr(person, field.name) for field in fields(person)}
    return Holder(
        **values,
        is_closing=row["erase_at"] is not None,
        is_suspended=row["suspended_at"] is not None,
        has_second_factor=row["has_second_factor"],
        resting=read_resting(row),
    )


_FOUND = f"""from person p
    where p.id = (select person_id from person_email where email = $1) and p.email = $1 and {compose_holding("$2")}"""
_FIND = f"select {HOLDER_COLUMNS} {_FOUND}"
_FIND_CLAIMED = f"""select {HOLDER_COLUMNS},
      (select w.digest from person_password w where w.person_id = p.id) as password_digest
    {_FOUND}"""


async def find_holder(connection: Connection, email: str, now: datetime) -> Holder | None:
    """As `find_person`, with those who closed the account and may still come back, and those who are suspended."""
    row = await connection.fetchrow(_FIND, email, now)
    return read_holder(row) if row else None


async def find_claimed(connection: Connection, email: str, now: datetime) -> tuple[Holder | None, str | None]:
    """As `find_holder`, with the digest of her password: whom somebody says that he is, by one statement whether there
    is anybody or not."""
    row = await connection.fetchrow(_FIND_CLAIMED, email, now)
    return (read_holder(row), row["password_digest"]) if row else (None, None)


async def load_holder(connection: Connection, person_id: PersonId, now: datetime) -> Holder | None:
    """As `load_person`, with those whom `find_holder` finds, too."""
    row = await connection.fetchrow(
        f"select {HOLDER_COLUMNS} from person p where p.id = $1 and {compose_holding('$2')}", person_id, now
    )
    return read_holder(row) if row else None
