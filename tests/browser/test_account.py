"""A person's own pages in a real browser: the profile, the devices, the menu."""

from uuid import uuid4

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import PHONE, OpenPage, check_looks, run_axe, sign_in, tab_to
from tests.functional.mails import find_link
from tests.instance import PASSWORD, Instance

pytestmark = pytest.mark.browser

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:128.0) Gecko/20100101 Firefox/128.0"


async def open_account(borvo: Instance, open_page: OpenPage, email: str, **options: object) -> Page:
    page = await open_page(**options)
    await page.goto(f"{borvo.origin}/account/sign-in")
    await sign_in(page, email)
    await page.wait_for_url(f"{borvo.origin}/account")
    return page


async def test_the_keyboard_alone_makes_an_account_and_closes_it(
    borvo: Instance, open_page: OpenPage, axe: str
) -> None:
    """With the pages in between looked at, which no address leads to."""
    page, email = await open_page(), f"{uuid4().hex[:12]}@example.org"
    await page.goto(f"{borvo.origin}/account/sign-up")
    await write(page, email=email)
    await page.get_by_role("heading", name="Look at your mail").wait_for()
    await check_looks(page, axe)
    await page.goto(borvo.origin + await find_link(borvo.platform, email))
    await write(page, given_name="Nora", family_name="New", password="short")
    await expect(page.get_by_role("alert")).to_be_focused()
    await check_looks(page, axe)
    await write(page, password=PASSWORD)
    await page.wait_for_url(f"{borvo.origin}/account")
    await page.goto(f"{borvo.origin}/account/email")
    await write(page, email=email, current_password="wrong horse pony")
    await expect(page.get_by_role("alert")).to_be_focused()
    await check_looks(page, axe)
    await page.goto(f"{borvo.origin}/account/close")
    await write(page, current_password=PASSWORD)
    await page.get_by_role("heading", name="Your account is closed").wait_for()
    await check_looks(page, axe)


async def write(page: Page, **fields: str) -> None:
    """Into fields in the order in which the keyboard reaches them, and sends the form."""
    for name, text in fields.items():
        await tab_to(page, name)
        await page.keyboard.type(text)
    await page.keyboard.press("Enter")


async def test_a_profile_is_filled_in_mended_and_kept(borvo: Instance, open_page: OpenPage, axe: str) -> None:
    page = await open_account(borvo, open_page, await borvo.create_person(), viewport=PHONE)
    await page.get_by_role("heading", name="Profile").get_by_role("link").click()
    await page.wait_for_url(f"{borvo.origin}/account/profile")
    await page.get_by_label("Date of birth").fill("1985-12-10")
    await page.get_by_label("Time zone").fill("Europe/London")
    await page.get_by_label("Website").fill("https://ada.example.org")
    await page.get_by_label("Phone number").fill("020 7946 0000")
    await page.get_by_label("Street and number").fill("1 High Street\nFlat 2")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("alert")).to_be_focused()
    phone = page.get_by_label("Phone number")
    await page.get_by_role("alert").get_by_role("link", name="country code").click()
    await expect(phone).to_be_focused()
    await expect(phone).to_have_attribute("aria-invalid", "true")
    await expect(page.locator("#phone_number-error")).to_contain_text("country code")
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert await run_axe(page, axe) == []
    await phone.fill("+44 20 7946 0000")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("status")).to_have_text("Saved.")
    await expect(page.get_by_label("Date of birth")).to_have_value("1985-12-10")
    await expect(phone).to_have_value("+442079460000")
    await expect(page.get_by_label("Street and number")).to_have_value("1 High Street\nFlat 2")


async def test_signing_out_another_device(borvo: Instance, open_page: OpenPage) -> None:
    email = await borvo.create_person()
    other = await open_account(borvo, open_page, email, user_agent=FIREFOX)
    page = await open_account(borvo, open_page, email)
    await page.goto(f"{borvo.origin}/account/sessions")
    devices = page.get_by_role("main").get_by_role("listitem").filter(has=page.get_by_role("button"))
    await expect(devices).to_have_count(2)
    await expect(devices.first).to_contain_text("This device")
    await devices.filter(has_text="Firefox on Windows").get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("status")).to_have_text("You are signed out there.")
    await expect(devices).to_have_count(1)
    await other.goto(f"{borvo.origin}/account")
    await expect(other.get_by_role("heading", name="Sign in")).to_be_visible()
    await page.get_by_role("button", name="Sign out everywhere, here too").click()
    await page.goto(f"{borvo.origin}/account")
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


async def test_the_menu_in_the_header_opens_by_keyboard(borvo: Instance, open_page: OpenPage) -> None:
    page = await open_account(borvo, open_page, await borvo.create_person(), viewport=PHONE)
    menu = page.get_by_role("banner").locator("details")
    await expect(menu.get_by_role("link", name="Devices")).to_be_hidden()
    await menu.locator("summary").focus()
    await page.keyboard.press("Enter")
    await menu.get_by_role("link", name="Devices").click()
    await page.wait_for_url(f"{borvo.origin}/account/sessions")
