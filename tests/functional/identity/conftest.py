"""An app and a person whom it knows, for tests of how she comes back to it."""

import httpx
import pytest

from borvo.assembly import Platform
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.identity.arrivals import allow, register_app
from tests.functional.identity.aspnet import Handler


@pytest.fixture
async def app(platform: Platform, http: httpx.AsyncClient) -> Handler:
    return await register_app(platform, http)


@pytest.fixture
async def known(app: Handler, ada: Browser, clock: TestClock) -> Browser:
    """Ada's browser: the app is allowed what it asks, and she is signed out."""
    return await allow(app, ada, clock)
