"""The plans are those of the certification, and what is written down about them is of one piece."""

from typing import Any

import pytest

from tests.conformance.outcomes import NOT_APPLICABLE, PASSED, PROVIDERS, load
from tests.conformance.plans import PLANS, list_cases
from tests.conformance.registry import MODULES
from tests.conformance.standing import NOTES, PENDING, find_reason, is_excused

SIZES = {
    "basic": 38,
    "implicit": 58,
    "hybrid": 102,
    "formpost-basic": 38,
    "formpost-implicit": 58,
    "formpost-hybrid": 102,
    "config": 1,
    "rp-initiated-logout": 11,
    "backchannel-rp-initiated-logout": 2,
    "frontchannel-rp-initiated-logout": 2,
}
_BORVO, _REFERENCE = PROVIDERS


def test_every_plan_has_as_many_runs_as_the_official_one() -> None:
    assert {plan.name: plan.size for plan in PLANS if not plan.is_dynamic} == SIZES


def test_clients_that_register_themselves_have_the_same_runs_for_every_response_type() -> None:
    (plan,) = (plan for plan in PLANS if plan.is_dynamic)
    assert {kind: len(set(modules)) for kind, modules in plan.modules.items()} == dict.fromkeys(
        ("code", "id_token", "id_token token", "code id_token", "code token", "code id_token token"), 23
    )


def test_no_plan_runs_a_module_twice_for_one_response_type() -> None:
    for plan in PLANS:
        for modules in plan.modules.values():
            assert len(set(modules)) == len(modules)


def test_every_module_is_written_and_none_beside() -> None:
    assert {case.module for case in list_cases()} == MODULES.keys()


def test_the_last_run_was_of_everything() -> None:
    assert load().keys() == {(name, str(case)) for name in PROVIDERS for case in list_cases()}


def test_what_was_not_passed_is_explained() -> None:
    """Nothing else: what is passed by now is struck from the lists."""
    cases = {str(case): case for case in list_cases()}
    for (provider, name), verdict in load().items():
        case = cases[name]
        if verdict.partition(":")[0] == NOT_APPLICABLE:
            continue
        explained = is_excused(case) if provider == _REFERENCE else bool(find_reason(case))
        assert (verdict.partition(":")[0] == PASSED) is not explained, (provider, name, verdict)


def test_where_the_two_differ_a_note_says_who_is_right() -> None:
    told = load()
    differing = {
        case.module
        for case in list_cases()
        if told[_BORVO, str(case)] != told[_REFERENCE, str(case)] and not find_reason(case)
    }
    noted = [module for note in NOTES for module in note["modules"]]
    assert differing <= set(noted)
    assert len(set(noted)) == len(noted)


@pytest.mark.parametrize("note", NOTES, ids=lambda note: str(note["modules"][0]))
def test_a_note_names_both_and_a_verdict(note: dict[str, Any]) -> None:
    assert set(note["modules"]) <= MODULES.keys()
    for part in ("borvo", "reference", "verdict"):
        assert note[part]
        assert "\n" not in note[part]


def test_what_is_pending_has_a_reason() -> None:
    assert all(entry["reason"] for entry in PENDING)
