"""Two people change the same client: nothing is overwritten that the second has not seen."""

import asyncio

import httpx

from borvo.assembly import Platform
from tests.functional.browser import Browser, read_forms
from tests.functional.portal.journeys import load_present, register

ID = "healthorg.myapp"
CLIENT = f"/portal/clients/{ID}"


def read_values(page: httpx.Response, name: str) -> list[str]:
    return next(form for form in read_forms(page.text) if form.action == CLIENT).values(name)


async def test_the_second_sees_both_and_saves_what_she_saw(platform: Platform, developer: Browser) -> None:
    await register(developer)
    first, second = await developer.open(CLIENT), await developer.open(CLIENT)
    await developer.submit(first, CLIENT, display_name="Theirs", client_uri="https://theirs.example.org")
    page = await developer.submit(second, CLIENT, display_name="Mine", description="Only mine")
    assert page.status_code == 409
    assert "Somebody else has saved this client" in page.text
    table = page.text.partition('id="both"')[2].partition("</table>")[0]
    for shown in ("Theirs", "Mine", "https://theirs.example.org", "saving replaces theirs"):
        assert shown in table
    # What only she changed is no concern of the other's.
    assert "Only mine" not in table
    assert read_values(page, "display_name") == ["Mine"]
    assert read_values(page, "description") == ["Only mine"]
    assert read_values(page, "client_uri") == ["https://theirs.example.org"]
    assert (await load_present(platform, ID)).display_name == "Theirs"
    page = await developer.submit(page, CLIENT)
    assert "Saved." in page.text
    client = await load_present(platform, ID)
    assert (client.display_name, client.client_uri) == ("Mine", "https://theirs.example.org")


async def test_what_is_saved_while_she_looks_at_both_is_shown_as_well(developer: Browser) -> None:
    await register(developer)
    first, second, third = [await developer.open(CLIENT) for _ in range(3)]
    await developer.submit(first, CLIENT, display_name="First")
    page = await developer.submit(second, CLIENT, display_name="Second")
    assert page.status_code == 409
    assert (await developer.submit(third, CLIENT, client_uri="https://third.example.org")).status_code == 409
    other = await developer.open(CLIENT)
    await developer.submit(other, CLIENT, client_uri="https://other.example.org")
    page = await developer.submit(page, CLIENT)
    assert page.status_code == 409
    assert read_values(page, "client_uri") == ["https://other.example.org"]
    assert read_values(page, "display_name") == ["Second"]


async def test_of_twenty_who_save_at_once_one_wins_and_the_others_are_shown(
    platform: Platform, developer: Browser
) -> None:
    await register(developer)
    pages = [await developer.open(CLIENT) for _ in range(20)]
    saving = (developer.submit(page, CLIENT, display_name=f"Name {n}") for n, page in enumerate(pages))
    answers = await asyncio.gather(*saving)
    assert sorted(answer.status_code for answer in answers) == [200, *[409] * 19]
    winner = next(n for n, answer in enumerate(answers) if answer.status_code == 200)
    assert (await load_present(platform, ID)).display_name == f"Name {winner}"


async def test_a_form_without_a_version_or_with_a_spoilt_base_overwrites_nothing(
    platform: Platform, developer: Browser
) -> None:
    page = await register(developer)
    for version in (None, "", "0", "x", "9" * 40, "-1", "\u0662"):
        answer = await developer.submit(page, CLIENT, display_name="Blind", version=version)
        assert answer.status_code == 409, version
    for base in (None, "", "[", "[1]", '{"scopes": 5}', "x" * 100_000):
        answer = await developer.submit(page, CLIENT, display_name="Blind", version="0", base=base)
        assert answer.status_code == 409
        assert "saving replaces theirs" in answer.text
    assert (await load_present(platform, ID)).display_name == "My App"


async def test_a_faulty_form_keeps_the_version_that_she_began_with(developer: Browser) -> None:
    page = await register(developer)
    await developer.submit(page, CLIENT, display_name="Other")
    page = await developer.submit(page, CLIENT, redirect_uris="nonsense")
    assert page.status_code == 400
    assert "Somebody else has changed this client meanwhile" in page.text
    page = await developer.submit(page, CLIENT, redirect_uris="https://a.example/cb", display_name="Late")
    assert page.status_code == 409
    assert read_values(page, "display_name") == ["Late"]
