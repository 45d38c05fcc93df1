"""The modules themselves, tried on a certified provider: by `make conformance` only, which installs it."""

from dataclasses import astuple

import pytest

from tests.conformance.outcomes import (
    NOT_APPLICABLE,
    PASSED,
    PROPERTY,
    Note,
    is_everything_wanted,
    judge,
)
from tests.conformance.plans import Case, list_cases
from tests.conformance.standing import is_excused
from tests.conformance.trial import Shared

CASES = list_cases() if is_everything_wanted() else ()


@pytest.mark.parametrize("case", [*CASES], ids=str)
async def test_the_reference_passes(reference: Shared, case: Case, record_property: Note) -> None:
    outcome, fault = await judge(reference, case)
    record_property(PROPERTY, astuple(outcome))
    if is_excused(case):
        assert outcome.verdict != PASSED, "it is passed: strike it from notes.json"
        return
    if fault:
        raise fault
    assert outcome.verdict in {PASSED, NOT_APPLICABLE}, outcome.seen
