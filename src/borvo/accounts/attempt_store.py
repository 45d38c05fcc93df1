"""The SQL of attempts that are counted. Every function takes a connection and none commits.

Rows of one attempt are changed one after the other, in the order of its limits: each statement part needs the one
before. So of two attempts that share some, one waits for the other, and never each for the other."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import NamedTuple

from borvo.storage.commits import ASYNCHRONOUS_COMMIT
from borvo.storage.database import Connection

COUNTED_ATTEMPTS = (
    "(select attempts from attempt_counter where subject = {subject} and window_start = {window})"
)
"""The attempts under a `Counter`, null for none, as an expression in a statement that has to be made anyway."""
COUNT_ATTEMPT = """
    insert into attempt_counter (subject, window_start, attempts) values ({subject}, {window}, 1)
    on conflict (subject, window_start) do update set attempts = attempt_counter.attempts + 1
    where attempt_counter.attempts < {most}
    returning attempts"""
"""One more attempt under a `Counter`, as a part of the statement that writes what is attempted: how many there are now;
no row, and nothing counted, where there are as many as `most` already."""


class Counting(NamedTuple):
    """What counts one more attempt under each subject: one that is more than the `most` of a subject is the last, and
    those after it are not counted. `values` are the window and the subjects, in the order of the limits."""

    most: tuple[int, ...]
    values: tuple[object, ...]


async def count_attempt(connection: Connection, counting: Counting, *, alone: bool = False) -> list[int]:
    """How many there are now under each subject that was counted, over all workers. Where nothing else is in the
    transaction, and so the statement is `alone`, nobody waits for the disk."""
    statement = _compose_counting(counting.most, alone=alone)
    return read_counts(await connection.fetchval(statement, *counting.values))


def read_counts(counts: Sequence[int | None]) -> list[int]:
    """Of what `compose_counts` selected."""
    return [count for count in counts if count is not None]


@cache
def _compose_counting(most: tuple[int, ...], *, alone: bool) -> str:
    """The numbers are those of our limits, which are few, and so are these statements."""
    how = f", {ASYNCHRONOUS_COMMIT}" if alone else ""
    return f"with {', '.join(list_counting(most))} select {compose_counts(most)}{how}"


def list_counting(most: Sequence[int], first: int = 1) -> list[str]:
    """The parts of a statement that counts an attempt, by the values of a `Counting` from `$first` on."""
    sources = ["", *(f"from counted_{place} where attempts <= {number}" for place, number in enumerate(most))]
    return [
        f"""counted_{place} as (
              insert into attempt_counter (subject, window_start, attempts)
              select ${first + place + 1}::bytea, ${first}::timestamptz, 1 {sources[place]}
              on conflict (subject, window_start) do update set attempts = attempt_counter.attempts + 1
              returning attempts)"""
        for place in range(len(most))
    ]


def compose_counts(most: Sequence[int]) -> str:
    """How many there are now, as an expression beside `list_counting`; null where nothing was counted."""
    return f"array[{', '.join(f'(select attempts from counted_{place})' for place in range(len(most)))}]"


def compose_within(most: Sequence[int]) -> str:
    """Whether no limit refuses the attempt, as a condition beside `list_counting`."""
    return f"(select attempts from counted_{len(most) - 1}) <= {most[-1]}"


class Uncounting(NamedTuple):
    """What takes an attempt back: one under each subject that is `shared`, and all under the others. `values` are the
    window and the subjects, in the order of the limits."""

    shared: tuple[bool, ...]
    values: tuple[object, ...]


async def uncount_attempt(connection: Connection, uncounting: Uncounting) -> None:
    """By a statement that is alone in its transaction."""
    await connection.execute(_compose_statement(uncounting.shared), *uncounting.values)


@cache
def _compose_statement(shared: tuple[bool, ...]) -> str:
    last = f"uncounted_{len(shared) - 1}"
    return f"with {', '.join(list_uncounting(shared))} select count(*), {ASYNCHRONOUS_COMMIT} from {last}"


def list_uncounting(shared: Sequence[bool], first: int = 1, before: str = "") -> list[str]:
    """The parts of a statement that takes an attempt back, by the values of an `Uncounting` from `$first` on. They come
    after the part `before` of a greater one, whatever rows that has."""
    names = [before, *(f"uncounted_{place}" for place in range(len(shared)))]
    return [
        f"{names[place + 1]} as ({_compose_part(first, place, names[place], is_shared=is_shared)})"
        for place, is_shared in enumerate(shared)
    ]


def _compose_part(first: int, place: int, before: str, *, is_shared: bool) -> str:
    row = f"subject = ${first + place + 1} and window_start = ${first}"
    # True, and known only when the part before is done.
    after = f"and (select count(*) from {before}) >= 0" if before else ""
    if is_shared:
        change = f"update attempt_counter set attempts = attempts - 1 where {row} and attempts > 0"
    else:
        change = f"delete from attempt_counter where {row}"
    return f"{change} {after} returning true"


async def delete_old_attempts(connection: Connection, before: datetime) -> None:
    await connection.execute("delete from attempt_counter where window_start < $1", before)
