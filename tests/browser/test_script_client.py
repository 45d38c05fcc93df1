"""`oidc-client-ts` in a page of another origin, as it is meant to run: everything by script, and nothing but what CORS
lets it read."""

from typing import Any
from uuid import uuid4

import msgspec
import pytest

from tests.browser.conftest import OpenPage, sign_in
from tests.browser.foreign_site import ForeignSite
from tests.factories.clients import register_client
from tests.instance import Instance
from tests.processes import ROOT

pytestmark = pytest.mark.browser

LIBRARY = ROOT / "node_modules" / "oidc-client-ts" / "dist" / "browser" / "oidc-client-ts.min.js"
SCOPES = ["openid", "profile", "email", "offline_access"]
# What a developer would write. Events tell what the library does by itself.
APP = """
const manager = new oidc.UserManager(SETTINGS);
const shown = user => user && {
  profile: user.profile, state: user.state, expired: user.expired,
  access: user.access_token, refresh: user.refresh_token,
};
"""


def put_app(borvo: Instance, site: ForeignSite, client_id: str) -> None:
    """The same script on the pages where it begins, comes back to and ends."""
    settings = {
        "authority": borvo.origin,
        "client_id": client_id,
        "redirect_uri": site.callback,
        "post_logout_redirect_uri": f"{site.origin}/bye",
        "scope": " ".join(SCOPES),
        "loadUserInfo": True,
        "automaticSilentRenew": False,
    }
    text = APP.replace("SETTINGS", msgspec.json.encode(settings).decode())
    library = LIBRARY.read_text(encoding="utf-8").rpartition("//#")[0]
    page = f"<script>{library}</script><script>{text}</script>"
    site.pages |= {"/": page, "/signin-oidc": page, "/bye": page}


async def test_a_script_signs_a_person_in_renews_and_signs_her_out(
    borvo: Instance, open_page: OpenPage, foreign_site: ForeignSite
) -> None:
    client_id = await register_client(
        borvo.platform,
        f"g{uuid4().hex[:10]}.script",
        grant_types=["authorization_code"],
        scopes=SCOPES,
        redirect_uris=[foreign_site.callback],
        is_public=True,
        require_pkce=True,
        post_logout_redirect_uris=[f"{foreign_site.origin}/bye"],
    )
    put_app(borvo, foreign_site, client_id)
    email = await borvo.create_person()
    page = await open_page()
    await page.goto(foreign_site.origin)
    await page.evaluate("() => { manager.signinRedirect({state: {came: 'from the start'}, nonce: 'n1'}) }")
    await sign_in(page, email)
    await page.get_by_role("button", name="Allow").click()
    await page.wait_for_url(f"{foreign_site.callback}**")
    user: dict[str, Any] = await page.evaluate("manager.signinRedirectCallback().then(shown)")
    check_person(user, email)
    renewed: dict[str, Any] = await page.evaluate("manager.signinSilent().then(shown)")
    assert renewed["profile"]["sub"] == user["profile"]["sub"]
    assert renewed["access"] != user["access"]
    assert renewed["refresh"] != user["refresh"]
    await page.evaluate("() => { manager.signoutRedirect({state: 'bye'}) }")
    await page.wait_for_url(f"{foreign_site.origin}/bye**")
    left = await page.evaluate("manager.signoutRedirectCallback().then(answer => answer.userState)")
    assert left == "bye"
    assert await page.evaluate("manager.getUser()") is None
    await page.goto(f"{borvo.origin}/account")
    assert "/account/sign-in" in page.url


def check_person(user: dict[str, Any], email: str) -> None:
    assert user["state"] == {"came": "from the start"}
    # The address comes from userinfo only.
    assert user["profile"]["email"] == email
    assert user["profile"]["given_name"] == "Ada"
    assert user["expired"] is False
    assert user["refresh"]
