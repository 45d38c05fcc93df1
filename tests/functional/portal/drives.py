"""Test drives as a developer makes them."""

import re
from html import unescape

import httpx

from tests.functional.browser import Browser
from tests.functional.portal.journeys import Fields

PAGE = "/portal/clients/healthorg.myapp/drive"
WORKS = "The client works as it is registered"
NOTICED = "Borvo noticed and refused"
SERVICE: Fields = {"grant_types": "client_credentials", "scopes": "agency_api"}


async def drive(browser: Browser, mistake: str = "none", flow: str | None = None) -> httpx.Response:
    """What happens with the client as it is registered, with its usual flow unless told otherwise."""
    chosen = {"flow": flow} if flow else {}
    return await browser.submit(await browser.open(PAGE), PAGE, mistake=mistake, **chosen)


def read_text(page: httpx.Response) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", page.text))
