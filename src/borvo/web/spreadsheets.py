"""Rows for spreadsheet programs: RFC 4180, and nothing that they would run."""

import csv
import io
from collections.abc import Iterable

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def guard_cell(text: str) -> str:
    """Spreadsheet programs run what begins like a formula; behind an apostrophe it is text to them. White space in
    front hides nothing from them."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def write_row(cells: Iterable[str | float | None]) -> str:
    """One of `write_rows`."""
    return write_rows([cells])


def write_rows(rows: Iterable[Iterable[str | float | None]]) -> str:
    """Texts are guarded, numbers written as they are, None as an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text)
    for row in rows:
        writer.writerow([guard_cell(cell) if isinstance(cell, str) else cell for cell in row])
    return text.getvalue()
