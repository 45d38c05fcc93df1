"""The audit trail as text that other programs read."""

import csv
import io
import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borvo.kernel.ids import PersonId
from borvo.portal.trail import Actor, Entry
from borvo.portal.trail_export import render_csv_head, render_csv_row, render_json_line
from borvo.web.spreadsheets import guard_cell

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def make_entry(name: str = "Ada", subject: str = "healthorg.myapp", value: str = "x") -> Entry:
    actor = Actor(PersonId(UUID(int=7)), "ada@example.org", name)
    at = datetime(2026, 1, 15, 12, tzinfo=UTC)
    return Entry(UUID(int=1), at, actor, "client_changed", subject, {"display_name": value}, {})


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\r=1", "\n=1", "  =1"])
def test_what_a_spreadsheet_would_run_is_made_text(text: str) -> None:
    assert guard_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "healthorg.myapp", "a=b", "1-2", "2026-01-15"])
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert guard_cell(text) == text


@given(TEXTS, TEXTS, TEXTS)
def test_a_row_is_read_back_as_one_row_without_a_formula(name: str, subject: str, value: str) -> None:
    text = render_csv_head() + render_csv_row(make_entry(name, subject, value))
    head, row = csv.reader(io.StringIO(text, newline=""))
    assert len(head) == len(row) == 8
    assert not any(cell.lstrip(" ").startswith(("=", "+", "-", "@")) for cell in row)
    assert row[4] in {subject, f"'{subject}"}
    assert json.loads(row[5]) == {"display_name": value}


@given(TEXTS, TEXTS)
def test_a_line_of_json_is_one_line_and_says_the_same(subject: str, value: str) -> None:
    line = render_json_line(make_entry(subject=subject, value=value))
    assert line.count("\n") == 1
    read = json.loads(line)
    assert (read["subject"], read["before"]) == (subject, {"display_name": value})
    assert read["actor"]["email"] == "ada@example.org"


def test_the_operator_has_no_address() -> None:
    entry = Entry(UUID(int=1), datetime(2026, 1, 15, tzinfo=UTC), None, "tenancy_suspended", "x", {}, {})
    assert render_csv_row(entry).startswith("2026-01-15T00:00:00+00:00,operator,,tenancy_suspended")
    assert json.loads(render_json_line(entry))["actor"] is None
