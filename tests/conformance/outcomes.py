"""What a run of all modules came to, and the file that keeps it."""

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from joserfc.errors import JoseError

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


async def judge(shared: Shared, case: Case) -> tuple[Outcome, Exception | None]:
    """The outcome, and the fault that was found."""
    name = shared.provider.name
    try:
        seen = await run_case(shared, case)
    except NotServedError as lack:
        return Outcome(name, str(case), NOT_SERVED, str(lack)), None
    except NotApplicableError as lack:
        return Outcome(name, str(case), NOT_APPLICABLE, str(lack)), None
    except (AssertionError, LookupError, ValueError, JoseError) as fault:
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


def keep(outcomes: Iterable[Outcome]) -> None:
    """Writes the file anew: what came out this time stands before what did the last time. A file that lacks something,
    or tells of a case that there is no more, is not written."""
    told = {(each.provider, each.case): each for each in [*_load_outcomes(), *outcomes]}
    if told.keys() == {(name, str(case)) for name in PROVIDERS for case in list_cases()}:
        RESULTS.write_text(render(told.values(), f"oidc-provider {find_version()}"))


def _load_outcomes() -> list[Outcome]:
    if not RESULTS.exists():
        return []
    known = {str(case) for case in list_cases()}
    parts = [(*key, *verdict.split(": ", 1)) for key, verdict in load().items()]
    return [Outcome(*part) for part in parts if part[1] in known]


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
