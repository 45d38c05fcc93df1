"""The audit trail as text for other programs: CSV and JSON Lines."""

import csv
import io
import json
from collections.abc import Callable

from borvo.portal.trail import Entry

_COLUMNS = ("time", "person", "e-mail", "action", "subject", "before", "after", "through")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")

RenderEntry = Callable[[Entry], str]


def guard_cell(text: str) -> str:
    """Spreadsheet programs run what begins like a formula; behind an apostrophe it is text to them. White space in
    front hides nothing from them."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def _write_row(cells: list[str]) -> str:
    row = io.StringIO()
    csv.writer(row).writerow([guard_cell(cell) for cell in cells])
    return row.getvalue()


def render_csv_head() -> str:
    return _write_row([*_COLUMNS])


def render_csv_row(entry: Entry) -> str:
    """RFC 4180; before and after are JSON within their cells."""
    actor = entry.actor
    return _write_row(
        [
            entry.at.isoformat(),
            (actor.display_name if actor else _name_stranger(entry)),
            actor.email if actor else "",
            entry.action,
            entry.subject,
            json.dumps(entry.before, ensure_ascii=False),
            json.dumps(entry.after, ensure_ascii=False),
            entry.through,
        ]
    )


def _name_stranger(entry: Entry) -> str:
    return "anybody" if entry.is_by_anybody else "operator"


def describe_entry(entry: Entry) -> dict[str, object]:
    """`actor` is null for the operator, and for whoever reported a secret."""
    actor = entry.actor
    return {
        "id": str(entry.id),
        "time": entry.at.isoformat(),
        "actor": {"id": str(actor.id), "name": actor.display_name, "email": actor.email} if actor else None,
        "action": entry.action,
        "subject": entry.subject,
        "before": entry.before,
        "after": entry.after,
        "through": entry.through,
    }


def render_json_line(entry: Entry) -> str:
    return json.dumps(describe_entry(entry), ensure_ascii=False) + "\n"
