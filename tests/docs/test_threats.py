"""The threat model answers every threat that the specifications name and those to accounts, each held by tests."""

import re
from itertools import chain
from pathlib import Path

import pytest

from tests.docs.test_pages import ROOT

PAGE = ROOT / "docs/threat-model.md"
_TITLE = re.compile(r"^### (?:RFC )?(\w+),.*$", re.MULTILINE)
_LINK = re.compile(r"\[([a-z0-9 ]+)\]\(\.\./(tests/[\w/]+\.py)\)")


def _number(chapter: str, last: int) -> list[str]:
    return [f"{chapter}.{number}" for number in range(1, last + 1)]


# Where a section holds several threats, they are named one by one; sections that only explain are not.
SECTIONS = {
    "9700": {
        *(set(_number("4", 17)) - {"4.1", "4.2", "4.3", "4.9", "4.11"}),
        *chain.from_iterable(_number(f"4.{section}", 2) for section in (1, 2, 3, 9, 11)),
    },
    "6819": {
        *_number("4.1", 5),
        *_number("4.2", 4),
        *_number("4.3", 5),
        *_number("4.4.1", 13),
        *_number("4.4.2", 6),
        *_number("4.4.3", 6),
        "4.4.4",
        *_number("4.5", 4),
        *_number("4.6", 7),
    },
}


def read_rows(text: str) -> dict[str, dict[str, str]]:
    """The rows of each specification's table by section."""
    _, *parts = _TITLE.split(text)
    return {
        number: {
            row.split(" | ")[0].removeprefix("| "): row
            for row in part.partition("\n## ")[0].splitlines()
            if re.match(r"\| \d", row)
        }
        for number, part in zip(parts[::2], parts[1::2], strict=True)
    }


def find_faults(row: str, root: Path = ROOT) -> list[str]:
    """Tests that are named and do not exist; a row that names none and does not say that it is open."""
    named = _LINK.findall(row.rpartition(" | ")[2])
    missing = [
        f"{path}: {text}"
        for text, path in named
        if not (root / path).exists()
        or f"def test_{text.replace(' ', '_')}(" not in (root / path).read_text(encoding="utf-8")
    ]
    return missing or ([] if named or "**open**" in row.lower() else [f"nothing holds it: {row}"])


def test_every_threat_is_answered() -> None:
    rows = read_rows(PAGE.read_text(encoding="utf-8"))
    assert {number: rows[number].keys() for number in SECTIONS} == SECTIONS
    assert rows.keys() > SECTIONS.keys() | {"Accounts"}


def test_every_answer_is_held_by_tests_that_exist() -> None:
    rows = read_rows(PAGE.read_text(encoding="utf-8"))
    assert [fault for table in rows.values() for row in table.values() for fault in find_faults(row)] == []


@pytest.mark.parametrize(
    "held",
    [
        "[no such rule](../tests/docs/test_threats.py)",
        "[every threat is answered](../tests/docs/none.py)",
        "x",
    ],
)
def test_an_answer_that_nothing_holds_is_noticed(held: str) -> None:
    assert find_faults(f"| 4.1 | a threat | an answer | {held} |")
    assert not find_faults(
        "| 4.1 | a threat | an answer | [every threat is answered](../tests/docs/test_threats.py) |"
    )
