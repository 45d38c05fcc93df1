"""`borvo support person`."""

import pytest

from borvo.assembly import Platform
from tests.functional.accounts.enrolment import add_passkey
from tests.functional.browser import Browser
from tests.functional.cli.commands import Ended, run
from tests.functional.cli.test_serve import configure
from tests.functional.identity.flows import ADA, fetch_value

WHY = ("--reason", "She rang about it")


async def person(url: str, *arguments: str) -> Ended:
    return await run("support", "person", *arguments, environment=configure(url))


async def test_a_person_is_shown_and_helped_by_commands(
    database_url: str, platform: Platform, ada: Browser
) -> None:
    await add_passkey(ada)
    shown = await person(database_url, "show", ADA, *WHY)
    assert (shown.code, shown.err) == (0, "")
    assert "state: open" in shown.out
    assert "second factor: passkeys" in shown.out
    asked = await person(
        database_url, "remove-factor", ADA, "--kind", "passkey", "--checked", "Rang back", *WHY
    )
    assert "Unless somebody stops it, she loses passkeys on" in asked.out
    assert await fetch_value(platform, "select kinds from factor_removal") == ["passkey"]


@pytest.mark.usefixtures("ada")
async def test_a_mistake_is_one_line_with_a_code(database_url: str) -> None:
    refused = await person(database_url, "lift", ADA, *WHY)
    assert (refused.code, "This account is not suspended." in refused.complaint) == (1, True)
