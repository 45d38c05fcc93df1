"""A request that the app's server has pushed, in a real browser: its address says nothing, and it works once."""

from urllib.parse import urlencode

import pytest
from playwright.async_api import expect

from tests.browser.conftest import PHONE, OpenPage, run_axe, sign_in
from tests.browser.foreign_site import ForeignSite
from tests.browser.test_flows import ask, redeem, register, take_code
from tests.factories.clients import SECRET
from tests.instance import Instance

pytestmark = pytest.mark.browser


async def test_a_person_answers_a_pushed_request_once(
    borvo: Instance, open_page: OpenPage, foreign_site: ForeignSite, axe: str
) -> None:
    settings = {"require_pushed_authorization_requests": True, "require_pkce": False}
    client_id = await register(borvo, foreign_site, "pushed", **settings)
    asked = {
        "client_id": client_id,
        "client_secret": SECRET,
        "redirect_uri": foreign_site.callback,
        "response_type": "code",
        "scope": "openid email",
        "nonce": "n",
        "state": "s",
    }
    pushed = await ask(borvo, "/connect/par", asked)
    name = {"client_id": client_id, "request_uri": pushed["request_uri"]}
    address = f"{borvo.origin}/connect/authorize?{urlencode(name)}"
    page = await open_page(viewport=PHONE)
    await page.goto(address)
    # All the way the address tells nobody what is asked, and of whom.
    assert foreign_site.callback not in page.url
    await sign_in(page, await borvo.create_person())
    await page.get_by_role("button", name="Allow").wait_for()
    assert await run_axe(page, axe) == []
    await page.get_by_role("button", name="Allow").press("Enter")
    tokens = await redeem(borvo, foreign_site, client_id, await take_code(page, foreign_site))
    assert tokens["scope"] == "openid email"
    await page.goto(address)
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert await page.get_by_role("button", name="Allow").count() == 0
    assert foreign_site.received == []
    # What comes through the browser is refused of this client.
    bare = urlencode({**asked, "client_secret": ""})
    await page.goto(f"{borvo.origin}/connect/authorize?{bare}")
    await page.wait_for_url(f"{foreign_site.callback}**")
    assert foreign_site.received.pop()[1]["error"] == "invalid_request"
