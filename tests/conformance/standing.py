"""What is known of single modules: where the providers differ and who is right, and what is not there yet."""

import json
from pathlib import Path
from typing import Any

from tests.conformance.plans import Case

_FOLDER = Path(__file__).parent
NOTES: list[dict[str, Any]] = json.loads((_FOLDER / "notes.json").read_text())
"""Each names the `modules` that it is about, says what each provider does, and who is right by which section. Those
with `not_passed` are about modules that the reference does not pass."""
PENDING: list[dict[str, Any]] = json.loads((_FOLDER / "pending.json").read_text())
"""What Borvo does not pass yet: `modules`, and the `reason`."""


def find_reason(case: Case) -> str:
    """Why Borvo does not pass it yet; empty when it has to."""
    for entry in PENDING:
        if case.module in entry["modules"]:
            reason: str = entry["reason"]
            return reason
    return ""


def is_excused(case: Case) -> bool:
    """Whether a note says why the reference does not pass it."""
    return any(note.get("not_passed") and case.module in note["modules"] for note in NOTES)
