"""A site behind Debian's Apache, whose module for OpenID Connect (mod_auth_openidc) is a certified relying party."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

import httpx
import pytest

from tests.factories.clients import SECRET
from tests.instance import Instance
from tests.judges.apache import Site, find_apache, serve_sites
from tests.judges.conftest import Register
from tests.judges.person import Person
from tests.processes import find_free_port

OPTIONS = {
    "code": "OIDCPKCEMethod S256",
    "hybrid": 'OIDCResponseType "code id_token"\n  OIDCResponseMode form_post',
}
MISSING = "no Apache with mod_auth_openidc here: run scripts/apache, as root or as it says"


@pytest.fixture(scope="module")
async def sites(borvo: Instance, register: Register) -> AsyncIterator[dict[str, Site]]:
    """One site for each way to sign in, all in one Apache."""
    program = find_apache()
    if program is None:
        # Where a change is decided upon, the judge has to sit.
        (pytest.fail if os.environ.get("BORVO_REQUIRE_APACHE") else pytest.skip)(MISSING)
    with open_folder() as folder:
        made = {name: await make_site(register, options) for name, options in OPTIONS.items()}
        async with serve_sites(program, folder, borvo.origin, list(made.values())):
            yield made


@contextmanager
def open_folder() -> Iterator[Path]:
    """One that Apache's own account may read."""
    with TemporaryDirectory(prefix="borvo-apache-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


async def make_site(register: Register, options: str) -> Site:
    port = find_free_port()
    origin = f"http://127.0.0.1:{port}"
    client_id = await register(
        f"{origin}/callback",
        grant_types=["hybrid" if "id_token" in options else "authorization_code"],
        post_logout_redirect_uris=[f"{origin}/bye"],
        backchannel_logout_uri=f"{origin}/callback?logout=backchannel",
        require_pkce="S256" in options,
    )
    return Site(port, client_id, SECRET, options)


@dataclass(frozen=True)
class Visit:
    """A person at a site: her browser goes back and forth between it and Borvo."""

    site: Site
    person: Person
    client: httpx.AsyncClient

    async def open(self, path: str, **query: str) -> httpx.Response:
        """The page that she sees in the end."""
        address = f"{self.site.origin}{path}" + (f"?{urlencode(query)}" if query else "")
        answer = await self.client.get(address)
        for _ in range(5):
            if not answer.is_redirect:
                return answer
            answer = await self._follow(answer.headers["location"])
        raise AssertionError(f"sent around without end: {answer.headers['location']}")

    async def _follow(self, address: str) -> httpx.Response:
        if address.startswith(self.site.origin):
            return await self.client.get(address)
        brought = await self.person.visit(address)
        assert brought is not None, f"stranded at {address}"
        if brought.body:
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            return await self.client.post(brought.url, content=brought.body, headers=headers)
        return await self.client.get(brought.url)


@pytest.fixture
async def browse(meet: Callable[[], Awaitable[Person]]) -> AsyncIterator[Callable[[Site], Awaitable[Visit]]]:
    async with httpx.AsyncClient(timeout=20) as client:

        async def begin(site: Site) -> Visit:
            return Visit(site, await meet(), client)

        yield begin


@pytest.mark.parametrize("name", OPTIONS)
async def test_the_site_knows_who_signed_in_until_she_signs_out(
    sites: dict[str, Site], browse: Callable[[Site], Awaitable[Visit]], name: str
) -> None:
    visit = await browse(sites[name])
    page = await visit.open("/home")
    assert (page.status_code, page.text) == (200, "home\n")
    # The address is only in userinfo, so the module has called it.
    assert page.headers["x-email"] == visit.person.email
    await check_refresh(visit, page)
    left = await visit.open("/callback", logout=f"{visit.site.origin}/bye")
    assert (left.status_code, left.text) == (200, "bye\n")
    assert (await visit.client.get(f"{visit.site.origin}/home")).is_redirect
    # And at Borvo as well.
    assert (await visit.person.browser.client.get("/account")).is_redirect


async def check_refresh(visit: Visit, page: httpx.Response) -> None:
    home = f"{visit.site.origin}/home"
    again = await visit.open("/callback", refresh=home, access_token=page.headers["x-access-token"])
    assert again.text == "home\n"
    assert again.headers["x-sub"] == page.headers["x-sub"]
    assert again.headers["x-access-token"] != page.headers["x-access-token"]


async def test_the_site_is_told_when_she_signs_out_elsewhere(
    sites: dict[str, Site], browse: Callable[[Site], Awaitable[Visit]]
) -> None:
    visit = await browse(sites["code"])
    await visit.open("/home")
    browser = visit.person.browser
    await browser.submit(await browser.open("/account"), "/account/sign-out")
    # By a message behind the browser, which takes its moment.
    for _ in range(600):
        if (await visit.client.get(f"{visit.site.origin}/home")).is_redirect:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the site still lets her in")


async def test_who_declines_is_not_let_in(
    sites: dict[str, Site], browse: Callable[[Site], Awaitable[Visit]]
) -> None:
    visit = await browse(sites["code"])
    asked = await visit.client.get(f"{visit.site.origin}/home")
    brought = await visit.person.visit(asked.headers["location"], "decline")
    assert brought is not None
    assert "error=access_denied" in brought.url
    # Debian 12's version takes the `iss` of RFC 9207 without a code for the beginning of a sign-in, and says so.
    assert "home" not in (await visit.client.get(brought.url)).text
    assert (await visit.client.get(f"{visit.site.origin}/home")).is_redirect
