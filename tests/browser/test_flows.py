"""What people and apps do after the first sign-in: devices, choosing and taking back, signing out, apps in a page."""

import asyncio
import re
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import httpx
import msgspec
import pytest
from playwright.async_api import Browser, Page, expect

from borvo.kernel.entropy import decode_bytes
from tests.browser.conftest import PHONE, OpenPage, run_axe, sign_in
from tests.browser.foreign_site import ForeignSite
from tests.factories.clients import SECRET, register_client
from tests.functional.identity.flows import CHALLENGE, VERIFIER
from tests.instance import Instance

pytestmark = pytest.mark.browser

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
FETCH = """async ([address, options]) => {
  try {
    const answer = await fetch(address, options);
    return await answer.json();
  } catch (error) {
    return `${error.name}: nothing to read`;
  }
}"""
REFUSED = "TypeError: nothing to read"


def name_client(suffix: str) -> str:
    return f"g{uuid4().hex[:10]}.{suffix}"


async def register(borvo: Instance, site: ForeignSite, suffix: str, **settings: object) -> str:
    """A client whose page is `site`; people see it as `App <suffix>`."""
    return await register_client(
        borvo.platform,
        name_client(suffix),
        grant_types=("authorization_code",),
        redirect_uris=(site.callback,),
        **settings,  # type: ignore[arg-type]
    )


def build_url(borvo: Instance, site: ForeignSite, client_id: str, **more: str) -> str:
    request = {
        "client_id": client_id,
        "redirect_uri": site.callback,
        "response_type": "code",
        "scope": "openid profile email",
        "nonce": "n",
        "state": "s",
        **more,
    }
    return f"{borvo.origin}/connect/authorize?{urlencode(request)}"


async def take_code(page: Page, site: ForeignSite) -> str:
    await page.wait_for_url(f"{site.callback}**")
    return site.received.pop()[1]["code"]


async def redeem(borvo: Instance, site: ForeignSite, client_id: str, code: str) -> dict[str, Any]:
    """What the app's server gets for the code."""
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": site.callback,
        "client_id": client_id,
        "client_secret": SECRET,
    }
    return await ask(borvo, "/connect/token", fields)


async def ask(borvo: Instance, path: str, fields: dict[str, str]) -> dict[str, Any]:
    async with httpx.AsyncClient(base_url=borvo.origin, timeout=20) as http:
        answer: dict[str, Any] = (await http.post(path, data=fields)).json()
        return answer


async def poll(borvo: Instance, client_id: str, begun: dict[str, Any]) -> list[dict[str, Any]]:
    """RFC 8628 3.4, as a device does it: all answers up to the first that is final."""
    answers = []
    while True:
        fields = {"grant_type": DEVICE_GRANT, "client_id": client_id, "device_code": begun["device_code"]}
        answers.append(await ask(borvo, "/connect/token", fields))
        if answers[-1].get("error") != "authorization_pending":
            return answers
        await asyncio.sleep(begun["interval"])


async def test_a_device_waits_until_a_person_has_entered_its_code(
    borvo: Instance, open_page: OpenPage, axe: str
) -> None:
    client_id = await register_client(
        borvo.platform,
        name_client("scales"),
        grant_types=("device_code",),
        redirect_uris=(),
        is_public=True,
        require_pkce=True,
    )
    fields = {"client_id": client_id, "scope": "openid profile"}
    begun = await ask(borvo, "/connect/deviceauthorization", fields)
    waiting = asyncio.create_task(poll(borvo, client_id, begun))
    page = await open_page(viewport=PHONE)
    await page.goto(begun["verification_uri"])
    await sign_in(page, await borvo.create_person())
    await page.get_by_label("Code").fill("XXXX-XXXX")
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Code")).to_be_focused()
    await expect(page.get_by_label("Code")).to_have_accessible_description(re.compile("code is not known"))
    await page.get_by_label("Code").fill(begun["user_code"].lower())
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Allow App scales?")).to_be_visible()
    await expect(page.get_by_role("main")).to_contain_text(begun["user_code"])
    assert await run_axe(page, axe) == []
    await page.get_by_role("button", name="Allow").click()
    await expect(page.get_by_role("heading", name="Your device is connected")).to_be_visible()
    *before, last = await waiting
    assert [each["error"] for each in before] == ["authorization_pending"] * len(before)
    assert before
    assert last["scope"] == "openid profile"


async def test_what_is_unticked_is_not_shared_and_what_was_taken_back_is_asked_again(
    borvo: Instance, open_page: OpenPage, foreign_site: ForeignSite, axe: str
) -> None:
    client_id = await register(borvo, foreign_site, "diary")
    page, address = await open_page(), build_url(borvo, foreign_site, client_id)
    await page.goto(address)
    await sign_in(page, await borvo.create_person())
    await page.get_by_label("see your e-mail address").uncheck()
    await page.get_by_role("button", name="Allow").click()
    tokens = await redeem(borvo, foreign_site, client_id, await take_code(page, foreign_site))
    assert tokens["scope"] == "openid profile"
    await page.goto(f"{borvo.origin}/account/apps")
    app = page.get_by_role("main").get_by_role("listitem").filter(has_text="App diary").first
    await expect(app).to_contain_text("See your name")
    await expect(app).not_to_contain_text("e-mail")
    await page.get_by_role("link", name="Change what App diary may do").click()
    assert await run_axe(page, axe) == []
    await page.get_by_label("see your name").uncheck()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("status")).to_contain_text("Saved")
    await expect(page.get_by_role("main")).not_to_contain_text("See your name")
    await page.goto(address)
    await take_code(page, foreign_site)
    await page.goto(f"{borvo.origin}/account/apps")
    await page.get_by_role("link", name="Remove App diary").click()
    await page.get_by_role("button", name="Remove the app").click()
    await expect(page.get_by_role("status")).to_contain_text("Removed")
    await page.goto(address)
    await expect(page.get_by_role("heading", name="Allow App diary?")).to_be_visible()
    await expect(page.get_by_label("see your e-mail address")).to_be_checked()


@pytest.mark.spec("OpenID Connect Front-Channel Logout", "3")
async def test_signing_out_at_one_app_loads_the_logout_addresses_of_all_of_them(
    borvo: Instance, open_page: OpenPage, foreign_site: ForeignSite, other_site: ForeignSite
) -> None:
    back = f"{foreign_site.origin}/bye"
    page, email, tokens = await open_page(), await borvo.create_person(), {}
    for site in (foreign_site, other_site):
        client_id = await register(
            borvo,
            site,
            "party",
            frontchannel_logout_uri=f"{site.origin}/leave",
            post_logout_redirect_uris=[back],
        )
        await page.goto(build_url(borvo, site, client_id))
        if site is foreign_site:
            await sign_in(page, email)
        await page.get_by_role("button", name="Allow").click()
        tokens = await redeem(borvo, site, client_id, await take_code(page, site))
    hint = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": back, "state": "x"}
    await page.goto(f"{borvo.origin}/connect/endsession?{urlencode(hint)}")
    await page.wait_for_url(f"{back}?state=x")
    session = msgspec.json.decode(decode_bytes(tokens["id_token"].split(".")[1]) or b"")["sid"]
    for site in (foreign_site, other_site):
        assert ("/leave", {"iss": borvo.origin, "sid": session}) in site.visits
    await page.goto(f"{borvo.origin}/account")
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


async def test_an_app_in_a_page_of_its_own_origin_gets_and_uses_tokens_by_script(
    borvo: Instance, open_page: OpenPage, foreign_site: ForeignSite
) -> None:
    client_id = await register(borvo, foreign_site, "page", is_public=True, require_pkce=True)
    proof = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    page = await open_page()
    await page.goto(build_url(borvo, foreign_site, client_id, **proof))
    await sign_in(page, await borvo.create_person())
    await page.get_by_role("button", name="Allow").click()
    fields = {
        "grant_type": "authorization_code",
        "code": await take_code(page, foreign_site),
        "redirect_uri": foreign_site.callback,
        "client_id": client_id,
        "code_verifier": VERIFIER,
    }
    tokens = await page.evaluate(FETCH, [f"{borvo.origin}/connect/token", build_post(fields)])
    bearer = {"headers": {"Authorization": f"Bearer {tokens['access_token']}"}}
    person = await page.evaluate(FETCH, [f"{borvo.origin}/connect/userinfo", bearer])
    assert person["given_name"] == "Ada"


def build_post(fields: dict[str, str]) -> dict[str, Any]:
    """The options of `fetch` for a form that goes without a preflight."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return {"method": "POST", "headers": headers, "body": urlencode(fields)}


async def test_scripts_of_a_site_that_no_client_registered_read_nothing(
    borvo: Instance, chromium: Browser, foreign_site: ForeignSite, other_site: ForeignSite
) -> None:
    client_id = await register(borvo, foreign_site, "page", is_public=True, require_pkce=True)
    fields = {"grant_type": "authorization_code", "code": "x", "client_id": client_id}
    calls: list[tuple[str, dict[str, Any]]] = [
        ("/connect/token", build_post(fields)),
        ("/connect/userinfo", {"headers": {"Authorization": "Bearer x"}}),
        ("/.well-known/openid-configuration", {}),
    ]
    # Not by `open_page`: here the browser's complaints are what is expected.
    page = await chromium.new_page()
    await page.goto(other_site.origin)
    assert [await page.evaluate(FETCH, [borvo.origin + path, how]) for path, how in calls] == [REFUSED] * 3
    await page.goto(foreign_site.origin)
    assert (await page.evaluate(FETCH, [borvo.origin + calls[0][0], calls[0][1]]))["error"]
    await page.close()
