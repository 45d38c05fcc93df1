"""A support office."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from borvo.assembly import Platform
from tests.functional.browser import Browser
from tests.functional.support.console import Office


@pytest.fixture
async def office(platform: Platform) -> AsyncIterator[Office]:
    async with AsyncExitStack() as stack:
        yield Office(platform, stack)


@pytest.fixture
async def sue(office: Office) -> Browser:
    """Somebody of the support team, at her desk."""
    return await office.seat()
