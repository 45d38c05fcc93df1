"""Clients that ask people on behalf of agents, and everybody's browsers."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from borvo.assembly import Platform
from tests.factories.clients import BLOOD_PRESSURE, register_client
from tests.functional.agency.scenes import AGENCY_SCOPES, CLINICIAN, DIARY, OTHER, WORKER, WRITE, Stage
from tests.functional.application import build_app_for

READ = (*(f"read.{name}" for name in BLOOD_PRESSURE), "read.body_mass", "read.height", "read.step_count")


@pytest.fixture
async def stage(platform: Platform) -> AsyncIterator[Stage]:
    scopes = (*AGENCY_SCOPES.split(), *READ, "write.body_mass", "write.height")
    await register_client(platform, CLINICIAN, scopes=scopes)
    await register_client(platform, OTHER, scopes=scopes)
    await register_client(
        platform, WORKER, grant_types=["client_credentials"], scopes=["agency_api"], redirect_uris=[]
    )
    async with AsyncExitStack() as stack:
        stage = Stage(platform, stack, build_app_for(platform))
        stage.http = await stage.open_client()
        yield stage


@pytest.fixture
async def diary(platform: Platform) -> str:
    """A client by which people write."""
    return await register_client(platform, DIARY, scopes=WRITE.split())
