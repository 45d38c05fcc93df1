"""The page with programs to begin with."""

import re
from html import unescape

import httpx

from tests.functional.browser import Browser
from tests.functional.portal.journeys import CALLBACK, register

PAGE = "/portal/clients/healthorg.myapp/start"


def read_snippet(page: httpx.Response) -> str:
    found = re.search(r'<code id="snippet">(.*?)</code>', page.text, re.DOTALL)
    assert found
    return unescape(found[1])


async def test_the_page_begins_with_a_program_that_suits_the_client(developer: Browser) -> None:
    await register(developer)
    page = await developer.open(PAGE)
    snippet = read_snippet(page)
    assert "from authlib" in snippet
    for value in (
        '"healthorg.myapp"',
        f'"{CALLBACK}"',
        '"http://localhost:8000/.well-known/openid-configuration"',
    ):
        assert value in snippet
    assert page.headers["cache-control"] == "no-store"


async def test_another_language_is_chosen_by_the_address(developer: Browser) -> None:
    await register(developer)
    assert "OpenIdConnectDefaults" in read_snippet(await developer.open(f"{PAGE}?with=aspnet"))


async def test_what_does_not_suit_or_is_not_there_is_not_shown(developer: Browser) -> None:
    await register(developer)
    for name in ("browser", "curl-device", "../../../etc/passwd", ""):
        assert "from authlib" in read_snippet(await developer.open(f"{PAGE}?with={name}"))


async def test_the_others_say_why_they_are_not_for_this_client(developer: Browser) -> None:
    await register(developer)
    page = await developer.open(PAGE)
    assert "this client lacks the grant type device code" in page.text
    assert "where a secret is none" in unescape(page.text)


async def test_a_client_with_implicit_alone_gets_programs_and_the_way_away_from_it(
    developer: Browser,
) -> None:
    await register(developer, grant_types="implicit")
    page = await developer.open(PAGE)
    assert 'response_type="id_token"' in read_snippet(page)
    assert "CLIENT_SECRET" not in page.text
    assert 'href="/portal/clients/healthorg.myapp/moving"' in page.text


async def test_a_client_that_no_program_suits_is_told_so(developer: Browser) -> None:
    await register(developer, grant_types="authorization_code", scopes="profile")
    page = await developer.open(PAGE)
    assert 'id="snippet"' not in page.text
    assert "None of the programs here suits this client" in page.text


async def test_a_hostile_name_stays_text_on_the_page_and_in_the_program(developer: Browser) -> None:
    await register(developer, display_name='</code><script>x</script>"; import os #')
    page = await developer.open(PAGE)
    assert "<script>x" not in page.text
    first = read_snippet(page).splitlines()[0]
    assert re.fullmatch(r"# [\w ,.:'()-]+ Begin at /sign-in\.", first)
