"""What is wrong with a batch, as its sender is told."""

import re
from collections.abc import Sequence

from borvo.dataserver.model import Fault
from borvo.kernel.errors import ConflictError, InvalidInputError

FAULT_LIMIT = 100

_PART = re.compile(r"[^.\[\]]+")


def point(field: str) -> str:
    """The JSON pointer of a field within the batch: `/3/dateRange/lowerBound`."""
    # RFC 6901 3
    return "".join(f"/{part.replace('~', '~0').replace('/', '~1')}" for part in _PART.findall(field))


def find_index(field: str) -> int | None:
    """The sample's place in the batch; None when the field is not within a batch."""
    return int(field[1 : field.index("]")]) if field.startswith("[") else None


def describe_fault(fault: Fault) -> dict[str, object]:
    described: dict[str, object] = {"pointer": point(fault.field), "reason": fault.message}
    index = find_index(fault.field)
    return described if index is None else {"index": index, **described}


def describe_faults(faults: Sequence[Fault]) -> dict[str, object]:
    """The first of them, and how many more there are."""
    return {
        "faults": [describe_fault(fault) for fault in faults[:FAULT_LIMIT]],
        "moreFaults": max(0, len(faults) - FAULT_LIMIT),
    }


def refuse(faults: Sequence[Fault]) -> InvalidInputError:
    """Contract 2.4 wants them as a map by field, too."""
    errors: dict[str, list[str]] = {}
    for fault in faults[:FAULT_LIMIT]:
        errors.setdefault(fault.field, []).append(fault.message)
    error = InvalidInputError("Nothing was stored: some samples are not valid, see errors.", errors)
    error.extensions.update(describe_faults(faults))
    return error


_NAMED = 10


def refuse_conflicts(names: Sequence[str], faults: Sequence[Fault]) -> ConflictError:
    """`names` are the ids that stand for other content."""
    listed = ", ".join(names[:_NAMED]) + (", ..." if len(names) > _NAMED else "")
    error = ConflictError(
        f"Nothing was stored: other content was sent before under clientAssignedId {listed}. Use a new id for a new "
        "sample, and a higher version for new content."
    )
    error.extensions.update(describe_faults(faults))
    return error
