"""A registered web client that speaks the samples' protocol, and a person who is signed in."""

import httpx
import pytest

from borvo.assembly import Platform
from tests.factories.clients import MYBP_SCOPES, register_client
from tests.functional.browser import Browser
from tests.functional.identity.aspnet import Handler
from tests.functional.identity.flows import ADA


@pytest.fixture
async def handler(platform: Platform, http: httpx.AsyncClient) -> Handler:
    return Handler(http, await register_client(platform), " ".join(MYBP_SCOPES))


@pytest.fixture
async def ada(browser: Browser) -> Browser:
    """Ada's browser: she has an account and is signed in."""
    await browser.sign_up(ADA)
    return browser
