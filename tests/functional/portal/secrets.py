"""Steps of tests about client secrets."""

import re

import httpx

from borvo.assembly import Platform
from tests.functional.browser import Browser

CLIENT = "healthorg.myapp"
PAGE = f"/portal/clients/{CLIENT}/secret"
OWN = "k7Qe-9fZp_2mXv!3rTba <&\" '+%"


async def generate(browser: Browser, **terms: str) -> tuple[httpx.Response, str]:
    """The page that shows the new secret, and the secret; empty when none was made."""
    page = await browser.submit(await browser.open(PAGE), PAGE, **terms)
    found = re.search(r'id="generated-secret">([^<]+)<', page.text)
    return page, found[1] if found else ""


async def obtain_token(http: httpx.AsyncClient, secret: str, client_id: str = CLIENT) -> httpx.Response:
    """Asks for a token in the client's own name."""
    return await http.post(
        "/connect/token",
        data={"grant_type": "client_credentials", "scope": "agency_api"},
        auth=httpx.BasicAuth(client_id, secret),
    )


async def list_mails(platform: Platform) -> list[tuple[str, str, str]]:
    """To whom, subject and text of every mail but the welcome, oldest first."""
    found = [payload for _, payload in await platform.outbox.list_payloads("mail", 500)]
    mails = [(mail["to"], mail["subject"], mail["text"]) for mail in reversed(found)]
    return [mail for mail in mails if not mail[1].startswith("An account")]
