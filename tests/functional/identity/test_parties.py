"""What a request says of its client and its person is read for one by another statement than for many."""

import pytest

from borvo.accounts.public import find_person
from borvo.assembly import Platform
from borvo.identity.consent_store import AskedParty, load_parties
from tests.factories.clients import register_client
from tests.functional.browser import Browser
from tests.functional.identity.arrivals import BOB
from tests.functional.identity.aspnet import Handler
from tests.functional.identity.flows import ADA, execute


@pytest.mark.parametrize(
    "change",
    [
        "select 1",
        "update consent set withdrawn_at = now()",
        "update consent set declined_scopes = '{email}', version = 2",
        "update client set disabled_at = now()",
        "delete from consent",
    ],
)
async def test_one_is_read_as_many_are(platform: Platform, app: Handler, known: Browser, change: str) -> None:
    await known.sign_up(BOB)
    other = await register_client(platform, "demo.second", is_public=True)
    await execute(platform, change)
    async with platform.database.connection() as connection:
        people = [await find_person(connection, email) for email in (ADA, BOB)]
        asked = [
            AskedParty(client_id, person.id if person else None)
            for client_id in (app.client_id, other, "demo.unknown", f"{other} ", "é", "\x00", "\ud800")
            for person in (*people, None)
        ]
        one_by_one = [await load_parties(connection, [each]) for each in asked]
        together = await load_parties(connection, asked)
    assert len(together) == 6
    assert {key: party for found in one_by_one for key, party in found.items()} == together
    assert sum(party.consent is not None for party in together.values()) == (change != "delete from consent")
