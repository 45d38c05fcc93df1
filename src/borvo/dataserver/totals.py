"""Totals that were counted before: as long as nothing of the person's changed, they need not be counted again."""

from collections import OrderedDict
from typing import NamedTuple

from borvo.kernel.ids import PersonId

_LIMIT = 4096


class KnownTotal(NamedTuple):
    """A total, and the person's position at which it held. The statement that uses it compares the position in its own
    snapshot, so that what was written meanwhile, by whomever, is never missed."""

    position: int | None
    total: int


class TotalMemory:
    """The last totals of this process, by person and what was counted. It holds numbers only."""

    def __init__(self, limit: int = _LIMIT) -> None:
        self._limit = limit
        self._known: OrderedDict[tuple[PersonId, str], KnownTotal] = OrderedDict()

    def find(self, person_id: PersonId, scope: str) -> KnownTotal | None:
        """None when it is not remembered."""
        return self._known.get((person_id, scope))

    def remember(self, person_id: PersonId, scope: str, known: KnownTotal) -> None:
        """The one that was remembered longest ago gives way."""
        if known.position is None:
            # Nobody counts yet what changes.
            return
        self._known[person_id, scope] = known
        self._known.move_to_end((person_id, scope))
        if len(self._known) > self._limit:
            self._known.popitem(last=False)
