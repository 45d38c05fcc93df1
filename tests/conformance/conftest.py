"""The providers that the modules are run against, the app's site that they answer, and how what came of it is kept."""

from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest

# So that what a module asserts is told as what a test asserts.
pytest.register_assert_rewrite(*(f"tests.conformance.{name}" for name in ("modules", "tokens", "trial")))

from tests.conformance.borvo import run_borvo  # noqa: E402
from tests.conformance.browser import build_cookieless  # noqa: E402
from tests.conformance.outcomes import PROPERTY, Outcome, is_everything_wanted, keep  # noqa: E402
from tests.conformance.reference_provider import run_reference  # noqa: E402
from tests.conformance.relying_party import RelyingParty, run_relying_party  # noqa: E402
from tests.conformance.run import begin  # noqa: E402
from tests.conformance.trial import Shared  # noqa: E402
from tests.databases import replace_database  # noqa: E402


@pytest.fixture(scope="session")
async def party() -> AsyncIterator[RelyingParty]:
    async with run_relying_party() as party:
        yield party


@pytest.fixture(scope="session")
async def borvo(server_url: str, template_name: str, party: RelyingParty) -> AsyncIterator[Shared]:
    name = f"conformance_{uuid4().hex}"
    connection = await asyncpg.connect(server_url)
    await connection.execute(f'create database "{name}" template "{template_name}"')
    await connection.close()
    async with run_borvo(replace_database(server_url, name)) as provider:
        shared = await begin(provider, party)
        yield shared
        await shared.http.aclose()


@pytest.fixture(scope="session")
async def reference(party: RelyingParty) -> AsyncIterator[Shared]:
    async with build_cookieless(verify=party.trust) as http, run_reference(party, http) as provider:
        shared = await begin(provider, party)
        yield shared
        await shared.http.aclose()


_outcomes: list[Outcome] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Gathered where all processes of the run report to."""
    for name, value in report.user_properties:
        if name == PROPERTY and isinstance(value, list | tuple):
            _outcomes.append(Outcome(*map(str, value)))


def pytest_sessionfinish(session: pytest.Session) -> None:
    if is_everything_wanted() and not hasattr(session.config, "workerinput"):
        keep(_outcomes)
