"""Developers with their tenancies, and browsers for them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import httpx
import pytest
from litestar.types import ASGIApp

from borvo.assembly import Platform
from borvo.portal.public import create_tenancy, remove_member
from tests.functional.browser import Browser
from tests.functional.conftest import ISSUER
from tests.functional.portal.teams import join

StartPerson = Callable[[str], Awaitable[Browser]]
StartDeveloper = Callable[[str, str], Awaitable[Browser]]


@pytest.fixture
async def start_browser(application: ASGIApp) -> AsyncIterator[Callable[[], Awaitable[Browser]]]:
    """Another browser, in which nobody is signed in."""
    async with AsyncExitStack() as stack:

        async def start() -> Browser:
            transport = httpx.ASGITransport(app=application)  # type: ignore[arg-type]
            client = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url=ISSUER))
            return Browser(client)

        yield start


@pytest.fixture
def start_person(start_browser: Callable[[], Awaitable[Browser]]) -> StartPerson:
    """Signs a person up in a browser of her own."""

    async def start(email: str) -> Browser:
        browser = await start_browser()
        await browser.sign_up(email)
        return browser

    return start


@pytest.fixture
def start_developer(platform: Platform, start_person: StartPerson) -> StartDeveloper:
    """Signs a developer up in a browser of his own, with a tenancy of the prefix given."""

    async def start(email: str, prefix: str) -> Browser:
        browser = await start_person(email)
        await create_tenancy(platform.portal, email, prefix)
        return browser

    return start


@pytest.fixture
async def developer(start_developer: StartDeveloper) -> Browser:
    """The owner of a tenancy."""
    return await start_developer("grace@example.org", "healthorg")


@pytest.fixture
async def stranger(start_developer: StartDeveloper) -> Browser:
    """A developer of another tenancy."""
    return await start_developer("mallory@example.org", "elsewhere")


@pytest.fixture
async def colleague(platform: Platform, developer: Browser, start_person: StartPerson) -> Browser:
    """A developer of the same tenancy."""
    browser = await start_person("cole@example.org")
    await join(platform, developer, browser, "cole@example.org")
    return browser


@pytest.fixture
async def onlooker(platform: Platform, developer: Browser, start_person: StartPerson) -> Browser:
    """A viewer of the same tenancy."""
    browser = await start_person("vera@example.org")
    await join(platform, developer, browser, "vera@example.org", "viewer")
    return browser


@pytest.fixture
async def former(platform: Platform, developer: Browser, start_person: StartPerson) -> Browser:
    """Was a developer of the same tenancy until she was removed."""
    browser = await start_person("fay@example.org")
    await join(platform, developer, browser, "fay@example.org")
    await remove_member(platform.portal, "healthorg", "fay@example.org")
    return browser
