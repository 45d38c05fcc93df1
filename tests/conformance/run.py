"""Runs a module for a case."""

import importlib
from pathlib import Path

from tests.conformance.browser import Browser, build_cookieless
from tests.conformance.plans import Case
from tests.conformance.provider import Provider
from tests.conformance.registry import MODULES
from tests.conformance.relying_party import RelyingParty
from tests.conformance.trial import Shared, Trial

for _path in sorted(Path(__file__).with_name("modules").glob("*.py")):
    importlib.import_module(f"tests.conformance.modules.{_path.stem}")


async def begin(provider: Provider, party: RelyingParty) -> Shared:
    """What all trials share: what the provider says of itself, and somebody who is signed in there."""
    http = build_cookieless(verify=party.trust)
    shared = Shared(provider, party, http)
    address = f"{provider.issuer}/.well-known/openid-configuration"
    shared.discovery = (await http.get(address)).json()
    return shared


async def run_case(shared: Shared, case: Case) -> str:
    """What the module noted; raises `AssertionError` when the provider fails it, and `NotServedError` when it says by
    itself that it does not have what the module is about."""
    found = MODULES[case.module]
    trial = Trial(shared, case)
    if found.is_fresh:
        trial.browser = Browser(shared.http)
    await found.run(trial)
    if shared.browser is None and not found.registers and not found.is_fresh:
        shared.browser = trial.browser.copy()
    return trial.seen
