"""Remembered totals: by person, and no more of them than there is room for."""

from uuid import uuid4

from borvo.dataserver.totals import KnownTotal, TotalMemory
from borvo.kernel.ids import PersonId

ANNA, BERT = PersonId(uuid4()), PersonId(uuid4())


def test_a_total_is_found_for_its_person_and_scope_only() -> None:
    memory = TotalMemory()
    memory.remember(ANNA, "height", KnownTotal(3, 17))
    assert memory.find(ANNA, "height") == (3, 17)
    assert memory.find(ANNA, "weight") is memory.find(BERT, "height") is None


def test_the_oldest_gives_way() -> None:
    memory = TotalMemory(limit=2)
    for scope in ("a", "b", "a", "c"):
        memory.remember(ANNA, scope, KnownTotal(1, 1))
    assert memory.find(ANNA, "b") is None
    assert None not in (memory.find(ANNA, "a"), memory.find(ANNA, "c"))


def test_nothing_is_remembered_of_whom_no_change_is_counted() -> None:
    memory = TotalMemory()
    memory.remember(ANNA, "a", KnownTotal(None, 5))
    assert memory.find(ANNA, "a") is None
