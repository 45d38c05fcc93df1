"""The whole application in this process, over ASGI, on a real database."""

import base64
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import cache

import httpx
import pytest
from argon2 import PasswordHasher
from joserfc.jwk import Key
from litestar.types import ASGIApp

from borvo.accounts.public import Passwords, Pause
from borvo.assembly import Platform, build_platform
from borvo.identity.public import ALGORITHMS, GenerateKey, generate_key
from borvo.kernel.entropy import read_system_entropy
from borvo.settings import Settings
from tests.databases import Databases
from tests.factories.clients import MYBP_SCOPES, register_client
from tests.functional.application import build_app_for
from tests.functional.browser import Browser
from tests.functional.identity.aspnet import Handler

ISSUER = "http://localhost:8000"


@cache
def _make_key(algorithm: str, number: int) -> Key:  # noqa: ARG001
    return generate_key(algorithm)


def reuse_key(algorithm: str) -> Key:
    """Making an RSA key takes a tenth of a second: one an algorithm serves the whole run."""
    return _make_key(algorithm, 0)


def reuse_keys(skip: int = 0) -> GenerateKey:
    """The first, second and third key of an algorithm, the same ones for every test."""
    made = Counter(dict.fromkeys(ALGORITHMS, skip))

    def generate(algorithm: str) -> Key:
        made[algorithm] += 1
        return _make_key(algorithm, made[algorithm] - 1)

    return generate


class TestClock:
    """Stands still until a test moves it."""

    __test__ = False

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **delta: float) -> None:
        self.now += timedelta(**delta)


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
def settings(database_url: str) -> Settings:
    return Settings(
        issuer=ISSUER,
        database_url=database_url,
        secret_key=base64.b64encode(b"k" * 32).decode(),
        log_level="warning",
        database_connections=20,
    )


async def skip_pause(_: float) -> None:
    """Nobody waits in a test."""


@pytest.fixture
def pause() -> Pause:
    return skip_pause


@pytest.fixture
async def platform(
    settings: Settings, clock: TestClock, pause: Pause, databases: Databases
) -> AsyncIterator[Platform]:
    """The platform with its database open, a clock of the test's own and fast password hashes."""
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    platform = build_platform(
        settings,
        clock=clock,
        entropy=read_system_entropy,
        passwords=passwords,
        generate=reuse_keys(),
        pause=pause,
    )
    databases.pool.lend(platform.database)
    await platform.database.open()
    yield platform
    await databases.pool.take_back(platform.database)


@pytest.fixture
def application(platform: Platform) -> ASGIApp:
    """The platform's application."""
    return build_app_for(platform)


@pytest.fixture
async def http(application: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    """A client program: keeps no cookies worth speaking of and follows no redirects."""
    transport = httpx.ASGITransport(app=application)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=ISSUER) as client:
        yield client


@pytest.fixture
async def browser(application: ASGIApp) -> AsyncIterator[Browser]:
    """A person's browser without scripts: keeps cookies, reads forms and submits them."""
    transport = httpx.ASGITransport(app=application)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=ISSUER) as client:
        yield Browser(client)


@pytest.fixture
async def handler(platform: Platform, http: httpx.AsyncClient) -> Handler:
    """A registered web client that speaks as the published samples do."""
    return Handler(http, await register_client(platform), " ".join(MYBP_SCOPES))


@pytest.fixture
async def ada(browser: Browser) -> Browser:
    """Ada's browser: she has an account and is signed in."""
    await browser.sign_up("ada@example.org")
    return browser
