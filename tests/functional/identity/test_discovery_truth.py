"""Every value that the discovery document advertises is driven against the instance that advertises it."""

from collections.abc import AsyncIterator

import httpx
import msgspec
import pytest

from borvo.assembly import Platform, build_platform
from borvo.identity.model import InstanceProfile
from borvo.settings import Settings
from tests.functional.accounts.test_profile_page import ADDRESS, FULL, save
from tests.functional.application import build_app_for
from tests.functional.browser import Browser
from tests.functional.conftest import ISSUER, TestClock, reuse_keys
from tests.functional.identity import discovery_drivers, discovery_proofs
from tests.functional.identity.discovery_stage import DRIVERS, Stage
from tests.functional.identity.flows import ADA


@pytest.fixture(params=list(InstanceProfile))
async def stage(
    request: pytest.FixtureRequest, settings: Settings, clock: TestClock, platform: Platform
) -> AsyncIterator[Stage]:
    """Of each profile."""
    built = build_platform(
        msgspec.structs.replace(settings, profile=request.param),
        clock=clock,
        passwords=platform.accounts.passwords,
        generate=reuse_keys(),
    )
    await built.database.open()
    transport = httpx.ASGITransport(app=build_app_for(built, "truth"))  # type: ignore[arg-type]
    async with (
        httpx.AsyncClient(transport=transport, base_url=ISSUER) as http,
        httpx.AsyncClient(transport=transport, base_url=ISSUER) as client,
    ):
        ada = Browser(client)
        await ada.sign_up(ADA)
        await save(ada, **FULL, **ADDRESS)
        # She signed in for none of the requests to come.
        clock.advance(minutes=1)
        document = (await http.get("/.well-known/openid-configuration")).json()
        yield Stage(built, http, ada, document)
    await built.database.close()


@pytest.mark.spec("OpenID Connect Discovery", "3")
@pytest.mark.spec("RFC 8414", "2")
async def test_every_advertised_value_is_true(stage: Stage) -> None:
    advertised = dict(stage.document)
    places = [module.__name__ for module in (discovery_drivers, discovery_proofs)]
    assert advertised.keys() - DRIVERS.keys() == set(), f"add a driver to {' or '.join(places)}"
    faults = []
    for name, value in advertised.items():
        for each in value if isinstance(value, list) else [value]:
            try:
                await DRIVERS[name](stage, each)
            except (AssertionError, KeyError, ValueError) as fault:
                faults.append(f"{name} {each}: {type(fault).__name__} {fault}"[:300])
    assert faults == []
