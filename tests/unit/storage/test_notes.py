"""What was noted is written once, whatever fails between."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from operator import add

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borvo.storage.database import Connection, Database
from borvo.storage.notes import Notes


class Absent(Database):
    """A database whose transactions commit, or raise when it is away."""

    def __init__(self) -> None:
        super().__init__("postgresql://nowhere.invalid/none")
        self.is_away = False

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        if self.is_away:
            raise OSError("away")
        yield None  # type: ignore[misc]


class Book:
    """Counts as a table would hold them."""

    def __init__(self, most: int | None = None) -> None:
        self.database = Absent()
        self.written: dict[str, int] = {}
        self.notes: Notes[str, int] = Notes(self._write, add, most=most)

    async def _write(self, _: Connection, noted: Mapping[str, int]) -> None:
        assert noted
        for key, value in noted.items():
            self.written[key] = self.written.get(key, 0) + value

    async def flush(self) -> None:
        await self.notes.flush(self.database)


STEPS = st.lists(
    st.one_of(st.tuples(st.sampled_from("abc"), st.integers(1, 9)), st.sampled_from(["flush", "fail"])),
    max_size=30,
)


@given(STEPS)
def test_every_count_is_written_exactly_once(steps: list[tuple[str, int] | str]) -> None:
    async def play() -> None:
        book, expected = Book(), dict[str, int]()
        for step in steps:
            if isinstance(step, tuple):
                book.notes.note(*step)
                expected[step[0]] = expected.get(step[0], 0) + step[1]
                continue
            book.database.is_away = step == "fail"
            try:
                await book.flush()
            except OSError:
                assert book.database.is_away
        book.database.is_away = False
        await book.flush()
        assert book.written == expected

    asyncio.run(play())


async def test_what_comes_while_a_write_fails_is_kept_with_the_rest() -> None:
    noted: dict[str, int] = {}

    async def write(_: Connection, seen: Mapping[str, int]) -> None:
        if not noted:
            noted["tried"] = 1
            notes.note("a", 5)
            notes.note("b", 7)
            raise OSError("away")
        noted.update(seen)

    notes = Notes(write, max)
    database = Absent()
    notes.note("a", 9)
    with pytest.raises(OSError, match="away"):
        await notes.flush(database)
    await notes.flush(database)
    assert noted == {"tried": 1, "a": 9, "b": 7}


async def test_new_keys_beyond_the_most_are_not_noted_and_old_ones_still_are() -> None:
    book = Book(most=2)
    for key in ("a", "b", "c", "a"):
        book.notes.note(key, 1)
    await book.flush()
    assert book.written == {"a": 2, "b": 1}
