"""The support console in a real browser: for everybody who works there, and by the keyboard alone."""

from uuid import uuid4

import pytest
from playwright.async_api import Page, expect

from borvo.organisations.public import create_organisation
from borvo.support.public import Wish, act_on_person, add_role
from tests.browser.conftest import DESKTOP, PHONE, OpenPage, check_look, check_looks, run_axe
from tests.browser.test_account import open_account
from tests.functional.mails import find_link
from tests.instance import Instance

pytestmark = pytest.mark.browser

WHY = "She rang: her telephone is lost"


@pytest.fixture
async def page(borvo: Instance, open_page: OpenPage) -> Page:
    """Of somebody of the support team, who has signed in with a second factor."""
    email = await borvo.create_person()
    await add_role(borvo.platform.accounts, email, "support")
    page = await open_account(borvo, open_page, email)
    await borvo.platform.database.pool.execute(
        """update login_session set methods = '{pwd,mfa}'
           where person_id = (select id from person where email = $1)""",
        email,
    )
    return page


@pytest.fixture
async def email(borvo: Instance) -> str:
    """Of somebody who has lost her app."""
    email = await borvo.create_person()
    await borvo.platform.database.pool.execute(
        """insert into person_totp (person_id, sealed_secret, created_at, confirmed_at)
           select id, '', now(), now() from person where email = $1""",
        email,
    )
    return email


async def press_to(page: Page, name: str) -> None:
    """Goes on by Tab to what is called so, and presses Enter there."""
    for _ in range(40):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.textContent.trim()") == name:
            await page.keyboard.press("Enter")
            return
    raise AssertionError(f"no way to {name!r} by the keyboard")


async def find(page: Page, borvo: Instance, email: str) -> str:
    """By the keyboard alone; the address of her page."""
    await page.goto(f"{borvo.origin}/support")
    await page.get_by_label("E-mail address or id").focus()
    await page.keyboard.type(email)
    await page.keyboard.press("Tab")
    await page.keyboard.type(WHY)
    await page.keyboard.press("Enter")
    await page.get_by_role("heading", name="Security log").wait_for()
    return page.url


async def test_a_lost_factor_goes_by_the_keyboard_alone(
    borvo: Instance, page: Page, axe: str, email: str
) -> None:
    await find(page, borvo, email)
    await check_looks(page, axe)
    await press_to(page, "Remove a lost second factor")
    await page.get_by_role("heading", name="Remove a lost second factor").wait_for()
    await check_looks(page, axe)
    await press_to(page, "Begin the removal")
    await expect(page.get_by_role("alert")).to_be_focused()
    await check_looks(page, axe)
    await page.get_by_label("By what do you know").focus()
    await page.keyboard.type("Rang back on the number in her profile")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("The removal has begun")
    await expect(page.get_by_role("note")).to_contain_text("She loses an authenticator app on")
    await check_looks(page, axe)


async def test_the_link_in_the_mail_stops_it(
    borvo: Instance, open_page: OpenPage, axe: str, email: str
) -> None:
    wish = Wish(kinds=("app",), checked="Rang back on the number in her profile")
    await act_on_person(borvo.platform.accounts, "factor-removal", email, wish, WHY)
    page = await open_page()
    await page.goto(borvo.origin + await find_link(borvo.platform, email))
    await check_looks(page, axe)
    await page.get_by_role("button", name="Keep my second step").click()
    await page.get_by_role("heading", name="Your second step stays").wait_for()
    assert await run_axe(page, axe) == []


async def test_every_page_of_the_console_serves_everybody(
    borvo: Instance, page: Page, axe: str, email: str
) -> None:
    prefix = f"s{uuid4().hex[:10]}"
    await borvo.create_person(tenancy=prefix)
    clinic = await create_organisation(borvo.platform.organisations, f"Clinic {prefix}")
    person = (await find(page, borvo, email)).removeprefix(borvo.origin)
    paths = (
        person,
        "/support",
        f"{person}/role-giving",
        f"{person}/suspension",
        "/support/events?kind=sign_in",
        "/support/events?kind=king",
        "/support/tenancies",
        f"/support/tenancies/{prefix}",
        f"/support/tenancies/{prefix}/member",
        "/support/organisations",
        f"/support/organisations/{clinic.id}",
        "/support/outbox",
    )
    for language, scheme, size in (("en", "light", DESKTOP), ("fr", "dark", PHONE)):
        await page.set_extra_http_headers({"Accept-Language": language})
        for path in paths:
            await page.goto(borvo.origin + path)
            assert await page.locator("html").get_attribute("lang") == language
            await expect(page.get_by_role("heading", level=1)).to_have_count(1)
            await check_look(page, axe, scheme, size)
