"""What a run of all modules came to, and the file that keeps it."""

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.conformance.borvo import Borvo
from tests.conformance.plans import PLANS, Case, is_fast, list_cases
from tests.conformance.provider import NotServedError
from tests.conformance.reference_provider import Reference, find_version
from tests.conformance.run import run_case
from tests.conformance.trial import NotApplicableError, Shared

RESULTS = Path(__file__).with_name("results.json")
PROPERTY = "conformance"
Note = Callable[[str, object], None]
"""How a test tells what it came to."""
PROVIDERS = (Borvo.name, Reference.name)
PASSED, FAILED, NOT_SERVED, NOT_APPLICABLE = "passed", "failed", "not served", "not applicable"


@dataclass(frozen=True)
class Outcome:
    """`seen` is what the module noted, or why it was not passed."""

    provider: str
    case: str
    verdict: str
    seen: str = ""


def is_everything_wanted() -> bool:
    """Whether all cases are to be run, on both providers: `make conformance`."""
    return os.environ.get("CONFORMANCE") == "all"


def choose_cases() -> list[Case]:
    return [case for case in list_cases() if is_everything_wanted() or is_fast(case)]


async def judge(shared: Shared, case: Case) -> tuple[Outcome, AssertionError | None]:
    """The outcome, and the fault that was found."""
    name = shared.provider.name
    try:
        seen = await run_case(shared, case)
    except NotServedError as lack:
        return Outcome(name, str(case), NOT_SERVED, str(lack)), None
    except NotApplicableError as lack:
        return Outcome(name, str(case), NOT_APPLICABLE, str(lack)), None
    except AssertionError as fault:
        return Outcome(name, str(case), FAILED), fault
    return Outcome(name, str(case), PASSED, seen), None


def render(outcomes: Iterable[Outcome], library: str) -> str:
    """By provider, plan and response type the modules that came to the same. `library` is the reference."""
    told: dict[str, dict[str, dict[str, dict[str, list[str]]]]] = {}
    for each in sorted(outcomes, key=lambda outcome: (outcome.provider, outcome.case)):
        plan, response_type, module = each.case.split(":")
        verdict = f"{each.verdict}: {each.seen}" if each.seen else each.verdict
        by_type = told.setdefault(each.provider, {}).setdefault(plan, {})
        by_type.setdefault(response_type.replace("+", " "), {}).setdefault(verdict, []).append(module)
    titles = {plan.name: plan.title for plan in PLANS}
    return json.dumps({"reference": library, "plans": titles, "outcomes": told}, indent=1) + "\n"


def keep(outcomes: set[Outcome]) -> None:
    """Writes the file anew when it is all that there is to know: of every case, on both providers."""
    known = {(each.provider, each.case) for each in outcomes}
    if known == {(name, str(case)) for name in PROVIDERS for case in list_cases()}:
        RESULTS.write_text(render(outcomes, f"oidc-provider {find_version()}"))


def load() -> dict[tuple[str, str], str]:
    """Verdict and what was seen, by provider and case."""
    told = json.loads(RESULTS.read_text())["outcomes"]
    return {
        (provider, f"{plan}:{response_type.replace(' ', '+')}:{module}"): verdict
        for provider, plans in told.items()
        for plan, types in plans.items()
        for response_type, verdicts in types.items()
        for verdict, modules in verdicts.items()
        for module in modules
    }
