"""Answers reach the app's own site from a real browser, under Borvo's content security policy."""

import asyncio
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import uuid4

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.conftest import OpenPage, sign_in
from tests.browser.foreign_site import ForeignSite
from tests.factories.clients import register_client
from tests.instance import PASSWORD, Instance

pytestmark = pytest.mark.browser

APP = "https://localhost:5001"
IPV6 = Path("/proc/net/if_inet6")
STATE = "a b&c=d+é/<>"
MODES = {
    "query": "code",
    "fragment": "code id_token",
    "form_post": "code id_token",
}


async def build_request(borvo: Instance, site: ForeignSite, mode: str) -> dict[str, str]:
    """What a client that is registered for this test asks the authorization endpoint."""
    client_id = await register_client(
        borvo.platform,
        f"f{uuid4().hex[:10]}.app",
        grant_types=("authorization_code", "hybrid"),
        redirect_uris=(site.callback,),
    )
    return {
        "client_id": client_id,
        "redirect_uri": site.callback,
        "response_type": MODES[mode],
        "response_mode": mode,
        "scope": "openid profile read.blood_pressure",
        "state": STATE,
        "nonce": uuid4().hex,
    }


def build_url(borvo: Instance, request: dict[str, str]) -> str:
    return f"{borvo.origin}/connect/authorize?{urlencode(request)}"


async def read_answer(page: Page, site: ForeignSite, mode: str) -> dict[str, str]:
    """What the app received, from wherever this mode puts it."""
    await page.wait_for_url(f"{site.callback}**")
    method, fields = site.received.pop()
    assert method == ("POST" if mode == "form_post" else "GET")
    return dict(parse_qsl(urlsplit(page.url).fragment)) if mode == "fragment" else fields


@pytest.mark.parametrize("mode", list(MODES))
async def test_consent_and_later_the_sign_in_form_itself_lead_back_to_the_foreign_app(
    borvo: Instance, open_page: OpenPage, foreign_site: ForeignSite, mode: str
) -> None:
    email, request = await borvo.create_person(), await build_request(borvo, foreign_site, mode)
    page = await open_page()
    await page.goto(build_url(borvo, request))
    await sign_in(page, email)
    await page.get_by_role("button", name="Allow").click()
    first = await read_answer(page, foreign_site, mode)
    await page.context.clear_cookies()
    await page.goto(build_url(borvo, request))
    await sign_in(page, email)
    second = await read_answer(page, foreign_site, mode)
    assert first["state"] == second["state"] == STATE
    assert first["code"] != second["code"]
    assert ("id_token" in second) is (mode != "query")


@pytest.mark.parametrize("mode", list(MODES))
async def test_a_decline_leads_back_to_the_foreign_app(
    borvo: Instance, open_page: OpenPage, foreign_site: ForeignSite, mode: str
) -> None:
    email, request = await borvo.create_person(), await build_request(borvo, foreign_site, mode)
    page = await open_page()
    await page.goto(build_url(borvo, request))
    await sign_in(page, email)
    await page.get_by_role("button", name="Decline").click()
    answer = await read_answer(page, foreign_site, mode)
    assert (answer["error"], answer["state"]) == ("access_denied", STATE)


@pytest.mark.skipif(not (IPV6.exists() and IPV6.read_text()), reason="this machine has no IPv6")
async def test_a_native_app_listens_on_an_ipv6_address(borvo: Instance, open_page: OpenPage) -> None:
    """Which a content security policy cannot name."""
    site, email = ForeignSite(), await borvo.create_person()
    async with site.serve("::1"):
        page = await open_page()
        await page.goto(build_url(borvo, await build_request(borvo, site, "query")))
        await sign_in(page, email)
        await page.get_by_role("button", name="Allow").click()
        assert (await read_answer(page, site, "query"))["code"]


TWICE = "button => { button.click(); setTimeout(() => { button.click(); window.tell(); }, 50); }"


async def test_a_form_that_is_clicked_twice_is_sent_once_and_leads_back_to_the_foreign_app(
    borvo: Instance, open_page: OpenPage, foreign_site: ForeignSite
) -> None:
    """Of two that come for one request only one is answered, and a browser shows what came of the last."""
    email, request = await borvo.create_person(), await build_request(borvo, foreign_site, "query")
    page = await open_page()
    is_clicked, sent = asyncio.Event(), []

    async def hold(route: Route) -> None:
        sent.append(route.request.url)
        await is_clicked.wait()
        await route.continue_()

    await page.expose_function("tell", is_clicked.set)
    await page.route("**/account/sign-in", hold)
    await page.goto(build_url(borvo, request))
    await page.get_by_label("E-mail address").fill(email)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).evaluate(TWICE)
    await page.get_by_role("button", name="Allow").click()
    assert (await read_answer(page, foreign_site, "query"))["code"]
    assert len(sent) == 1


async def _send_twice(page: Page, borvo: Instance, site: ForeignSite, request: dict[str, str]) -> None:
    """The form of somebody who has allowed what is asked, without scripts."""
    email = await borvo.create_person()
    await page.goto(build_url(borvo, request))
    await sign_in(page, email)
    await page.get_by_role("button", name="Allow").click()
    await read_answer(page, site, "query")
    await page.context.clear_cookies()
    answered: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def hold(route: Route) -> None:
        """The first is answered, and the browser never hears of it."""
        if answered.done():
            await route.continue_()
        else:
            answered.set_result((await route.fetch(max_redirects=0)).headers["location"])

    await page.route("**/account/sign-in", hold)
    await page.goto(build_url(borvo, request))
    await page.get_by_label("E-mail address").fill(email)
    await page.get_by_label("Password").fill(PASSWORD)
    box = await page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).bounding_box()
    assert box is not None
    await page.mouse.click(box["x"] + 9, box["y"] + 9)
    assert (await answered).startswith(f"{site.callback}?code=")
    await page.mouse.click(box["x"] + 9, box["y"] + 9)


async def test_a_form_that_is_sent_twice_without_scripts_leads_to_the_foreign_app(
    borvo: Instance, open_page: OpenPage, foreign_site: ForeignSite
) -> None:
    page = await open_page(java_script_enabled=False)
    await _send_twice(page, borvo, foreign_site, await build_request(borvo, foreign_site, "query"))
    assert (await read_answer(page, foreign_site, "query"))["code"]


async def test_a_form_that_is_sent_twice_for_a_request_that_waits_ends_on_the_way_to_the_foreign_app(
    borvo: Instance, open_page: OpenPage, foreign_site: ForeignSite
) -> None:
    page = await open_page(java_script_enabled=False)
    request = await build_request(borvo, foreign_site, "query") | {"max_age": "3600"}
    await _send_twice(page, borvo, foreign_site, request)
    await expect(page.get_by_role("heading", level=1)).to_contain_text("has not got the answer")
    await expect(page.get_by_role("link", name="Go to App")).to_have_attribute("href", APP)
    assert not foreign_site.received


async def test_a_form_post_answer_needs_no_script(
    borvo: Instance, open_page: OpenPage, foreign_site: ForeignSite
) -> None:
    email, request = await borvo.create_person(), await build_request(borvo, foreign_site, "form_post")
    page = await open_page(java_script_enabled=False)
    await page.goto(build_url(borvo, request))
    await sign_in(page, email)
    await page.get_by_role("button", name="Allow").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Going on to")
    await page.get_by_role("button", name="Continue").click()
    answer = await read_answer(page, foreign_site, "form_post")
    assert answer["state"] == STATE
    assert answer["code"]


async def test_a_request_posted_by_a_foreign_site_finds_the_person_signed_in(
    borvo: Instance, open_page: OpenPage, foreign_site: ForeignSite
) -> None:
    email, request = await borvo.create_person(), await build_request(borvo, foreign_site, "query")
    page = await open_page()
    await page.goto(f"{borvo.origin}/account/sign-in")
    await sign_in(page, email)
    await page.wait_for_url(f"{borvo.origin}/account")
    await page.goto(foreign_site.put_form("/start", f"{borvo.origin}/connect/authorize", request))
    await page.get_by_role("button", name="Go").click()
    await page.get_by_role("button", name="Allow").click()
    assert (await read_answer(page, foreign_site, "query"))["code"]
