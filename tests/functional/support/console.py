"""The support console, for tests that begin where somebody works in it."""

import re
from contextlib import AsyncExitStack
from typing import Any

import httpx

from borvo.assembly import Platform
from borvo.support.public import add_role
from tests.functional.accounts.enrolment import add_passkey
from tests.functional.application import build_app_for
from tests.functional.browser import Browser
from tests.functional.conftest import ISSUER

SUE, SAM, ADA = "sue@example.org", "sam@example.org", "ada@example.org"
WHY = "She rang about her account"


class Office:
    """Browsers of several people before one instance."""

    def __init__(self, platform: Platform, stack: AsyncExitStack) -> None:
        self.platform = platform
        self._stack = stack
        self._app = build_app_for(platform)

    async def open_browser(self, email: str = "") -> Browser:
        """One more; with an address it is of somebody who has an account now, and is signed in."""
        transport = httpx.ASGITransport(app=self._app)  # type: ignore[arg-type]
        client = await self._stack.enter_async_context(
            httpx.AsyncClient(transport=transport, base_url=ISSUER)
        )
        browser = Browser(client)
        if email:
            await browser.sign_up(email, given_name=email.partition("@")[0].capitalize())
        return browser

    async def seat(self, email: str = SUE) -> Browser:
        """A supporter, signed in with a second factor."""
        browser = await self.open_browser(email)
        await add_role(self.platform.accounts, email, "support")
        await add_passkey(browser)
        return browser

    async def find_id(self, email: str = ADA) -> str:
        return str(
            await self.platform.database.pool.fetchval("select id from person where email = $1", email)
        )

    async def list_events(self, kind: str) -> list[dict[str, Any]]:
        rows = await self.platform.database.pool.fetch(
            "select person_id::text, actor, detail::text from security_event where kind = $1 order by id",
            kind,
        )
        return [dict(row) for row in rows]


async def find(browser: Browser, whom: str = ADA, reason: str = WHY) -> httpx.Response:
    page = await browser.open("/support")
    return await browser.submit(page, "/support/people", whom=whom, reason=reason)


async def act(
    browser: Browser, name: str, person_id: str, **values: str | list[str] | None
) -> httpx.Response:
    """From the page that asks, once she was found."""
    path = f"/support/people/{person_id}/{name}"
    page = await browser.open(path)
    assert page.url.path == path, page.text
    return await browser.submit(page, path, **values)


async def post(browser: Browser, path: str, **fields: str) -> httpx.Response:
    """As the page would send it, whether there is such a page or not."""
    page = await browser.client.get("/account/sign-in")
    found = re.search(r'name="_csrf_token" value="([^"]+)"', page.text)
    assert found
    return await browser.client.post(path, data={**fields, "_csrf_token": found[1]})
