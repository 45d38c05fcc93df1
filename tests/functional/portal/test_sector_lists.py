"""The list of callbacks behind a sector identifier is fetched and looked at before a client is saved."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from borvo.assembly import Platform
from borvo.portal.fetching import FETCHES, find_list_fault
from borvo.web.outgoing import Outgoing, OutgoingError
from tests.functional.browser import Browser
from tests.functional.portal.journeys import CALLBACK
from tests.functional.portal.tokens import API, Program, create_token
from tests.functional.site import Site, serve_site

CALLBACKS = ["https://a.example/cb", "https://b.example/cb"]
NEW = f"{API}/clients/healthorg.newapp"


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with serve_site() as site:
        yield site


@pytest.fixture
async def program(developer: Browser, http: httpx.AsyncClient) -> Program:
    return Program(http, await create_token(developer))


async def save(program: Program, uri: str, known: str = "*", **changes: Any) -> httpx.Response:
    details = {
        "display_name": "New App",
        "redirect_uris": CALLBACKS,
        "grant_types": ["authorization_code"],
        "scopes": ["openid"],
        "subject_type": "pairwise",
        "sector_identifier_uri": uri,
        **changes,
    }
    headers = {"If-None-Match": "*"} if known == "*" else {"If-Match": known}
    return await program.call("PUT", NEW, headers=headers, json=details)


def read_fault(answer: httpx.Response) -> str:
    assert answer.status_code == 400, answer.text
    (fault,) = answer.json()["errors"]["sector_identifier_uri"]
    return str(fault)


@pytest.mark.spec("OpenID Connect Core", "8.1")
async def test_a_list_that_holds_every_callback_is_taken_and_looked_at_once(
    program: Program, site: Site
) -> None:
    uri = site.put("/list", json.dumps([*CALLBACKS, "https://c.example/cb"]).encode())
    saved = await save(program, uri)
    assert saved.status_code == 201, saved.text
    assert site.asked == ["/list"]
    # What was looked at need not be there for ever; something new is looked at.
    site.pages.clear()
    again = await save(program, uri, saved.headers["etag"], description="Now described")
    assert again.status_code == 200, again.text
    more = await save(program, uri, again.headers["etag"], redirect_uris=[*CALLBACKS, "https://c.example/cb"])
    assert "status 404" in read_fault(more)
    assert site.asked == ["/list", "/list"]


@pytest.mark.spec("OpenID Connect Dynamic Client Registration", "5")
async def test_what_does_not_list_every_callback_is_refused_in_words(program: Program, site: Site) -> None:
    lacking = site.put("/lacking", json.dumps(CALLBACKS[:1]).encode())
    assert f"lacks {CALLBACKS[1]}" in read_fault(await save(program, lacking))
    assert "no JSON array" in read_fault(await save(program, site.put("/page", b"<html>")))
    assert "no JSON array" in read_fault(await save(program, site.put("/object", b'{"a": 1}')))
    moved = site.put("/moved", b"", 302, f"Location: {lacking}\r\n")
    assert "status 302" in read_fault(await save(program, moved))
    assert "Nothing usable" in read_fault(await save(program, site.put("/long", b"[" * 100_001)))
    assert "Nothing usable" in read_fault(await save(program, "http://localhost:1/"))
    assert (await program.fetch(NEW)).status_code == 404


async def test_several_hosts_need_a_list_also_in_the_portal(program: Program, developer: Browser) -> None:
    assert "several hosts" in read_fault(await save(program, ""))
    page = await developer.open("/portal/clients/new")
    fields: dict[str, str | list[str] | None] = {
        "suffix": "newapp",
        "display_name": "New App",
        "redirect_uris": "\n".join(CALLBACKS),
        "grant_types": ["authorization_code"],
        "scopes": ["openid"],
        "subject_type": "pairwise",
    }
    refused = await developer.submit(page, "/portal/clients/new", **fields)
    assert refused.status_code == 400
    assert "The callback URLs are on several hosts" in refused.text
    single = await save(program, "", redirect_uris=[CALLBACK])
    assert single.status_code == 201, single.text


async def test_whoever_may_not_register_has_nothing_fetched(
    developer: Browser, http: httpx.AsyncClient, site: Site
) -> None:
    reader = Program(http, await create_token(developer, ["clients:read"]))
    assert (await save(reader, site.put("/list", b"[]"))).status_code == 403
    assert site.asked == []


async def test_an_instance_is_no_tool_to_call_others(
    platform: Platform, program: Program, site: Site
) -> None:
    uri = site.put("/list", b"[]")
    tenancy = (await program.fetch(f"{API}/tenancy")).json()["id"]
    for _ in range(FETCHES.attempts):
        await platform.accounts.limiter.spend(FETCHES, tenancy, platform.clock())
    assert (await save(program, uri)).status_code == 429
    assert site.asked == []


async def test_an_address_in_the_operators_own_network_is_not_asked(site: Site) -> None:
    with pytest.raises(OutgoingError):
        await Outgoing(is_open=False).fetch(site.put("/list", b"[]"), most=10, accept="*/*")
    assert site.asked == []


async def test_what_is_fetched_comes_with_its_type_and_never_longer_than_asked(site: Site) -> None:
    uri = site.put("/text", b"0123456789", head="Content-Type: Text/PLAIN; charset=utf-8\r\n")
    outgoing = Outgoing(is_open=True)
    found = await outgoing.fetch(uri, most=10, accept="*/*")
    assert (found.status, found.media_type, found.content) == (200, "text/plain", b"0123456789")
    with pytest.raises(OutgoingError, match="too long"):
        await outgoing.fetch(uri, most=9, accept="*/*")


@pytest.mark.parametrize("content", [b"", b"\xff", b"[1]", b'["a"', b"null", b"[" * 5000])
def test_no_hostile_list_is_an_error(content: bytes) -> None:
    assert find_list_fault(content, ("https://a.example/cb",)) is not None
