"""Developers with their tenancies, and browsers for them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import httpx
import pytest

from borvo.assembly import Platform, build_app
from borvo.portal.public import create_tenancy
from tests.functional.browser import Browser
from tests.functional.conftest import ISSUER

StartDeveloper = Callable[[str, str], Awaitable[Browser]]


@pytest.fixture
async def start_developer(platform: Platform) -> AsyncIterator[StartDeveloper]:
    """Signs a developer up in a browser of his own, with a tenancy of the prefix given."""
    async with AsyncExitStack() as stack:

        async def start(email: str, prefix: str) -> Browser:
            transport = httpx.ASGITransport(app=build_app(platform))  # type: ignore[arg-type]
            client = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url=ISSUER))
            browser = Browser(client)
            await browser.sign_up(email)
            await create_tenancy(platform.portal, email, prefix)
            return browser

        yield start


@pytest.fixture
async def developer(start_developer: StartDeveloper) -> Browser:
    return await start_developer("grace@example.org", "healthorg")


@pytest.fixture
async def stranger(start_developer: StartDeveloper) -> Browser:
    """A developer of another tenancy."""
    return await start_developer("mallory@example.org", "elsewhere")
