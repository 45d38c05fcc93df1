"""The SQL of people who have an account although nobody may reach it right now. Every function takes a connection and
none commits."""

from dataclasses import fields
from datetime import datetime
from functools import cache

from borvo.accounts.attempt_store import Counting, compose_counts, compose_within, list_counting, read_counts
from borvo.accounts.factors.store import compose_has_factor
from borvo.accounts.model import Holder
from borvo.accounts.store import PERSON_COLUMNS, RESTING_COLUMN, read_person, read_resting
from borvo.kernel.ids import PersonId
from borvo.storage.commits import ASYNCHRONOUS_COMMIT
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


def _compose_found(condition: str = "true") -> str:
    """Where the `condition` does not hold, no table is looked into."""
    return f"""from person p
        where p.id = (select person_id from person_email where email = $1 and {condition})
          and p.email = $1 and {compose_holding("$2")}"""


_FIND = f"select {HOLDER_COLUMNS} {_compose_found()}"


async def find_holder(connection: Connection, email: str, now: datetime) -> Holder | None:
    """As `find_person`, with those who closed the account and may still come back, and those who are suspended."""
    row = await connection.fetchrow(_FIND, email, now)
    return read_holder(row) if row else None


Claimed = tuple[Holder | None, str | None]
"""Whom somebody says that he is, if there is anybody, and the digest of her password."""


@cache
def _compose_claim(most: tuple[int, ...]) -> str:
    """What is beyond a limit is not looked at. The condition stands where the plan decides it first, and once: beside
    the join it would come last, and reading somebody takes longer than finding nobody."""
    return f"""
        with {", ".join(list_counting(most, 3))}
        select {compose_counts(most)} as counts, {ASYNCHRONOUS_COMMIT}, found.* from (select) one
        left join (
          select {HOLDER_COLUMNS},
            (select w.digest from person_password w where w.person_id = p.id) as password_digest
          {_compose_found(compose_within(most))}) found on true"""


async def find_claimed(
    connection: Connection, counting: Counting, email: str, now: datetime
) -> tuple[list[int], Claimed]:
    """Counts the attempt, and finds whom `find_holder` finds unless a limit refuses it: by one statement whether there
    is anybody or not, which is alone in its transaction. What is found is as it was before anybody waited for a
    counter: she whose sessions have ended meanwhile is in another epoch."""
    row = await connection.fetchrow(_compose_claim(counting.most), email, now, *counting.values)
    if row is None:
        raise RuntimeError("a statement without a condition has a row")
    claimed = (read_holder(row), row["password_digest"]) if row["id"] else (None, None)
    return read_counts(row["counts"]), claimed


async def load_holder(connection: Connection, person_id: PersonId, now: datetime) -> Holder | None:
    """As `load_person`, with those whom `find_holder` finds, too."""
    row = await connection.fetchrow(
        f"select {HOLDER_COLUMNS} from person p where p.id = $1 and {compose_holding('$2')}", person_id, now
    )
    return read_holder(row) if row else None
