"""An app and a person whom it knows, for tests of how she comes back to it."""

from collections.abc import AsyncIterator

import httpx
import pytest

from borvo.assembly import Platform
from borvo.companion import keeper
from borvo.identity import signatory
from borvo.identity.keys import SigningKey
from borvo.identity.signatory import Signatory, sign_text
from tests.functional.browser import Browser
from tests.functional.conftest import TestClock
from tests.functional.identity.arrivals import allow, register_app
from tests.functional.identity.aspnet import Handler
from tests.functional.identity.signing import build_signatory, open_at


@pytest.fixture
async def app(platform: Platform, http: httpx.AsyncClient) -> Handler:
    return await register_app(platform, http)


@pytest.fixture
async def known(app: Handler, ada: Browser, clock: TestClock) -> Browser:
    """Ada's browser: the app is allowed what it asks, and she is signed out."""
    return await allow(app, ada, clock)


@pytest.fixture
async def opened() -> AsyncIterator[Signatory]:
    """With its process."""
    signing = build_signatory()
    await open_at(signing)
    yield signing
    await signing._companion.close()


@pytest.fixture
def shortly(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that ends is followed by another in a moment."""
    monkeypatch.setattr(keeper, "_SHORTEST_PAUSE", 0.001)


@pytest.fixture
def made_here(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that the worker signed by itself."""
    texts: list[str] = []

    def note(key: SigningKey, text: str) -> str:
        texts.append(text)
        return sign_text(key, text)

    monkeypatch.setattr(signatory, "sign_text", note)
    return texts
