"""While strangers guess from many connections at once and are kept back, everybody else goes on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx
import pytest
from litestar.types import ASGIApp
from msgspec import structs

from borvo.accounts.brake import Brake
from borvo.accounts.service import sign_in
from borvo.assembly import Platform
from borvo.kernel.errors import TooManyRequestsError
from borvo.settings import Settings
from tests.functional.browser import Browser
from tests.functional.conftest import ISSUER
from tests.functional.identity.flows import ADA

WRONG = "wrong horse pony"
GUESSERS = 8


class Gate:
    """A pause that lasts until the test opens it; it is full once so many wait."""

    def __init__(self, places: int) -> None:
        self.places = places
        self.waiting = 0
        self.full = asyncio.Event()
        self.opened = asyncio.Event()

    async def __call__(self, _: float) -> None:
        self.waiting += 1
        if self.waiting == self.places:
            self.full.set()
        await self.opened.wait()


@pytest.fixture
def pause() -> Gate:
    return Gate(GUESSERS)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """One connection to the database, which nobody may keep."""
    return structs.replace(settings, database_connections=1)


@asynccontextmanager
async def open_browser(application: ASGIApp) -> AsyncIterator[Browser]:
    transport = httpx.ASGITransport(app=application)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=ISSUER) as client:
        yield Browser(client)


async def guess(application: ASGIApp) -> httpx.Response:
    async with open_browser(application) as browser:
        return await browser.sign_in(ADA, WRONG)


@asynccontextmanager
async def storm(platform: Platform, application: ASGIApp, gate: Gate) -> AsyncIterator[None]:
    """Every place to wait is taken by strangers, who have used up what her address and this network may try."""
    for number in range(110):
        with suppress(TooManyRequestsError):
            await sign_in(platform.accounts, ADA, WRONG, f"192.0.2.{number % 20}")
    for _ in range(11):
        with suppress(TooManyRequestsError):
            await sign_in(platform.accounts, ADA, WRONG, "127.0.0.1")
    guessers = [asyncio.create_task(guess(application)) for _ in range(GUESSERS)]
    await asyncio.wait_for(gate.full.wait(), 60)
    yield
    gate.opened.set()
    assert {each.status_code for each in await asyncio.gather(*guessers)} == {429}


@pytest.fixture
def small_room(platform: Platform, pause: Gate) -> Platform:
    object.__setattr__(platform.accounts, "brake", Brake(pause, most=GUESSERS))
    return platform


async def test_a_person_signs_in_where_she_is_known_while_every_refusal_waits(
    small_room: Platform, application: ASGIApp, browser: Browser, pause: Gate
) -> None:
    await browser.sign_up(ADA)
    async with storm(small_room, application, pause):
        assert (await browser.sign_in(ADA)).url.path == "/account"


async def test_a_stranger_at_her_network_cannot_keep_others_from_their_accounts(
    small_room: Platform, application: ASGIApp, browser: Browser, pause: Gate
) -> None:
    await browser.sign_up(ADA)
    async with storm(small_room, application, pause), open_browser(application) as other:
        assert (await other.sign_up("bob@example.org")).url.path == "/account"


async def test_who_finds_no_place_to_wait_is_refused_at_once(
    small_room: Platform, application: ASGIApp, pause: Gate
) -> None:
    async with storm(small_room, application, pause):
        refusal = await guess(application)
        assert pause.waiting == GUESSERS
    assert refusal.status_code == 429
    assert int(refusal.headers["retry-after"]) > 0
    assert "try again in" in refusal.text


async def test_who_goes_away_leaves_the_place_to_the_next() -> None:
    gate = Gate(1)
    brake = Brake(gate, most=1)
    first = asyncio.create_task(brake.keep_back())
    await gate.full.wait()
    assert not await brake.keep_back()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    gate.opened.set()
    assert await brake.keep_back()
