"""The SQL of attempts that are counted. Every function takes a connection and none commits.

Rows of one attempt are changed one after the other, in the order of its limits: each statement part needs the one
before. So of two attempts that share some, one waits for the other, and never each for the other."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from borvo.storage.database import Connection

COUNTED_ATTEMPTS = (
    "(select attempts from attempt_counter where subject = {subject} and window_start = {window})"
)
"""The attempts under a `Counter`, null for none, as an expression in a statement that has to be made anyway."""


async def count_attempt(
    connection: Connection, subjects: Sequence[bytes], most: Sequence[int], window_start: datetime
) -> list[int]:
    """Counts one more attempt in the window under each subject and returns how many there are now, over all workers.
    One that is more than the `most` of a subject is the last: those after it are not counted."""
    counts = await connection.fetchval(_compose_counting(tuple(most)), window_start, *subjects)
    return [count for count in counts if count is not None]


@cache
def _compose_counting(most: tuple[int, ...]) -> str:
    """The numbers are those of our limits, which are few, and so are these statements."""
    sources = ["", *(f"from counted_{place} where attempts <= {number}" for place, number in enumerate(most))]
    parts = (
        f"""counted_{place} as (
              insert into attempt_counter (subject, window_start, attempts)
              select ${place + 2}::bytea, $1::timestamptz, 1 {sources[place]}
              on conflict (subject, window_start) do update set attempts = attempt_counter.attempts + 1
              returning attempts)"""
        for place in range(len(most))
    )
    counts = (f"(select attempts from counted_{place})" for place in range(len(most)))
    return f"with {', '.join(parts)} select array[{', '.join(counts)}]"


async def uncount_attempt(
    connection: Connection, subjects: Sequence[bytes], shared: Sequence[bool], window_start: datetime
) -> None:
    """Takes one attempt of the window back under each subject that is `shared`, and all under the others."""
    await connection.execute(_compose_uncounting(tuple(shared)), window_start, *subjects)


@cache
def _compose_uncounting(shared: tuple[bool, ...]) -> str:
    parts = (
        f"uncounted_{place} as ({_compose_part(place, is_shared=is_shared)})"
        for place, is_shared in enumerate(shared)
    )
    return f"with {', '.join(parts)} select count(*) from uncounted_{len(shared) - 1}"


def _compose_part(place: int, *, is_shared: bool) -> str:
    row = f"subject = ${place + 2} and window_start = $1"
    # True, and known only when the part before is done.
    after = f"and (select count(*) from uncounted_{place - 1}) >= 0" if place else ""
    if is_shared:
        change = f"update attempt_counter set attempts = attempts - 1 where {row} and attempts > 0"
    else:
        change = f"delete from attempt_counter where {row}"
    return f"{change} {after} returning true"


async def delete_old_attempts(connection: Connection, before: datetime) -> None:
    await connection.execute("delete from attempt_counter where window_start < $1", before)
