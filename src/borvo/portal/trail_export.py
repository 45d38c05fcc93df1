"""The audit trail as text for other programs: CSV and JSON Lines."""

import json
from collections.abc import Callable

from borvo.portal.trail import Entry
from borvo.web.spreadsheets import write_row

_COLUMNS = ("time", "person", "e-mail", "action", "subject", "before", "after", "through")
RenderEntry = Callable[[Entry], str]


def render_csv_head() -> str:
    return write_row([*_COLUMNS])


def render_csv_row(entry: Entry) -> str:
    """RFC 4180; before and after are JSON within their cells."""
    actor = entry.actor
    return write_row(
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
    if entry.is_by_itself:
        return "the client"
    return "anybody" if entry.is_by_anybody else "operator"


def describe_entry(entry: Entry) -> dict[str, object]:
    """`actor` is null for the operator, for whoever reported a secret, and for a client that manages itself."""
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
