"""How often a sign-in asks the database, and that it does so as often for whoever is not there."""

import pytest
from asyncpg.connection import LoggedQuery
from msgspec import structs

from borvo.accounts.public import Registration, create_person
from borvo.assembly import Platform
from borvo.settings import Settings
from tests.functional.browser import Browser, read_forms
from tests.functional.identity.flows import ADA

PASSWORD = "correct horse pony"
WRONG = "wrong horse pony"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """One connection, so that its statements are all that there are."""
    return structs.replace(settings, database_connections=1)


@pytest.fixture(autouse=True)
async def person(platform: Platform) -> None:
    await create_person(platform.accounts, Registration(ADA, "Ada", "Byron", PASSWORD))


async def list_turns(platform: Platform, browser: Browser, email: str, password: str) -> list[str]:
    """The statements that the answer to a password makes, each a turn to the database."""
    page = await browser.open("/account/sign-in")
    form = next(form for form in read_forms(page.text) if form.action == "/account/sign-in")
    data = {**dict(form.fields), "email": email, "password": password}
    # What the driver has to ask about types it asks once.
    await browser.client.post("/account/sign-in", data=data)
    statements: list[str] = []

    def note(query: LoggedQuery) -> None:
        statements.append(query.query)

    async with platform.database.connection() as connection:
        connection.add_query_logger(note)
    browser.client.cookies.delete("borvo_session")
    browser.client.cookies.delete("borvo_known")
    await browser.client.post("/account/sign-in", data=data)
    async with platform.database.connection() as connection:
        connection.remove_query_logger(note)
    return statements


async def test_a_sign_in_takes_three_turns(platform: Platform, browser: Browser) -> None:
    # Counted, found, begun and given back.
    assert len(await list_turns(platform, browser, ADA, PASSWORD)) == 3


async def test_an_address_that_nobody_has_costs_the_same_statements(
    platform: Platform, browser: Browser
) -> None:
    known = await list_turns(platform, browser, ADA, WRONG)
    assert known == await list_turns(platform, browser, "eve@example.org", WRONG)
    assert len(known) > 2
