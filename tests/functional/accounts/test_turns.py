"""How often a sign-in asks the database, and that it does so as often for whoever is not there."""

import httpx
import pytest
from asyncpg.connection import LoggedQuery
from msgspec import structs

from borvo.accounts.public import Registration, create_person
from borvo.assembly import Platform
from borvo.settings import Settings
from tests.functional.browser import Browser, read_forms
from tests.functional.identity.aspnet import Handler
from tests.functional.identity.flows import ADA, CODE_FLOW, count, obtain_code

SIGN_IN = "/account/sign-in"
PASSWORD = "correct horse pony"
WRONG = "wrong horse pony"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """One connection, so that its statements are all that there are."""
    return structs.replace(settings, database_connections=1)


@pytest.fixture(autouse=True)
async def person(platform: Platform) -> None:
    await create_person(platform.accounts, Registration(ADA, "Ada", "Byron", PASSWORD))


async def send(browser: Browser, page: httpx.Response, email: str, password: str) -> httpx.Response:
    form = next(form for form in read_forms(page.text) if form.action == SIGN_IN)
    return await browser.client.post(
        SIGN_IN, data={**dict(form.fields), "email": email, "password": password}
    )


async def list_turns(
    platform: Platform, browser: Browser, email: str, password: str, way: str = SIGN_IN
) -> list[str]:
    """The statements that the answer to a password makes, each a turn to the database. `way` leads to the page."""
    # What the driver has to ask about types it asks once.
    await send(browser, await browser.open(way), email, password)
    browser.client.cookies.clear()
    page = await browser.open(way)
    statements: list[str] = []

    def note(query: LoggedQuery) -> None:
        statements.append(query.query)

    async with platform.database.connection() as connection:
        connection.add_query_logger(note)
    await send(browser, page, email, password)
    async with platform.database.connection() as connection:
        connection.remove_query_logger(note)
    return statements


async def test_a_sign_in_takes_two_turns(platform: Platform, browser: Browser) -> None:
    # Counted and found, begun and given back.
    assert len(await list_turns(platform, browser, ADA, PASSWORD)) == 2


async def test_a_sign_in_for_an_app_takes_two_more(
    platform: Platform, browser: Browser, handler: Handler
) -> None:
    await browser.sign_in(ADA, PASSWORD)
    await obtain_code(handler, browser)
    browser.client.cookies.clear()
    way = await handler.build_authorization_url(**CODE_FLOW)
    # The request with its client and what she allows that, and the code, which ends the request.
    assert len(await list_turns(platform, browser, ADA, PASSWORD, way)) == 4
    assert await count(platform, "authorization_code") == 3


async def test_an_address_that_nobody_has_costs_the_same_statements(
    platform: Platform, browser: Browser
) -> None:
    known = await list_turns(platform, browser, ADA, WRONG)
    assert known == await list_turns(platform, browser, "eve@example.org", WRONG)
    assert len(known) > 2
