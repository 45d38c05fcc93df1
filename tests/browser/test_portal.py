"""The pages of a client in a real browser: two tabs in one form, the id checked while it is typed, both versions."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import PHONE, OpenPage, check_looks, sign_in
from tests.functional.portal.pictures import draw_png
from tests.instance import Instance

pytestmark = pytest.mark.browser


@dataclass
class Developer:
    """Signed in, with a tenancy of his own."""

    page: Page
    prefix: str
    origin: str

    async def fill_in(self, suffix: str) -> None:
        await self.page.goto(f"{self.origin}/portal/clients/new")
        await self.page.get_by_label("Client Id").fill(suffix)
        await self.page.get_by_label("Display name").fill("My App")
        await self.page.get_by_label("Callback URLs").fill("https://app.example.org/cb")

    async def register(self, suffix: str = "myapp") -> str:
        await self.fill_in(suffix)
        await self.page.get_by_role("button", name="Register client").click()
        await expect(self.page.get_by_role("status").first).to_contain_text("Registered.")
        return f"{self.origin}/portal/clients/{self.prefix}.{suffix}"


async def start_developer(borvo: Instance, open_page: OpenPage, **options: object) -> Developer:
    """In a browser of his own, with the options of its profile."""
    prefix = f"q{uuid4().hex[:10]}"
    email = await borvo.create_person(tenancy=prefix)
    page = await open_page(**options)
    await page.goto(f"{borvo.origin}/account/sign-in")
    await sign_in(page, email)
    await page.wait_for_url(f"{borvo.origin}/portal")
    return Developer(page, prefix, borvo.origin)


@pytest.fixture
def start(borvo: Instance, open_page: OpenPage) -> Any:
    async def start(**options: object) -> Developer:
        return await start_developer(borvo, open_page, **options)

    return start


@pytest.mark.parametrize("scripts", [True, False])
async def test_the_tabs_work_without_scripts_and_lose_nothing_typed(start: Any, scripts: bool) -> None:
    developer = await start(java_script_enabled=scripts)
    page = developer.page
    await developer.fill_in("myapp")
    await expect(page.get_by_label("Post-logout URLs")).to_be_hidden()
    await page.get_by_text("Advanced", exact=True).click()
    await expect(page.get_by_label("Display name")).to_be_hidden()
    await page.get_by_label("Life of access tokens, in minutes").fill("30")
    await page.get_by_role("button", name="Register client").click()
    await page.get_by_text("Advanced", exact=True).click()
    await expect(page.get_by_label("Life of access tokens, in minutes")).to_have_value("30")


async def test_the_keyboard_changes_the_tab(start: Any) -> None:
    developer = await start()
    page = developer.page
    await page.goto(f"{developer.origin}/portal/clients/new")
    await page.locator("#tab-details").focus()
    await page.keyboard.press("ArrowRight")
    await expect(page.get_by_label("Post-logout URLs")).to_be_visible()


async def test_a_fault_on_the_second_tab_is_shown_there(start: Any) -> None:
    developer = await start()
    page = developer.page
    await developer.register()
    await page.get_by_text("Advanced", exact=True).click()
    await page.get_by_label("Life of access tokens, in minutes").fill("999")
    await page.get_by_text("Details", exact=True).click()
    await page.get_by_role("button", name="Save").click()
    field = page.get_by_label("Life of access tokens, in minutes")
    await expect(field).to_be_visible()
    await expect(field).to_have_attribute("aria-invalid", "true")


async def test_the_id_is_checked_while_it_is_typed(start: Any) -> None:
    developer = await start()
    await developer.register("taken")
    await developer.fill_in("free")
    await expect(developer.page.locator("#suffix-state")).to_have_text("This client id is free.")
    await developer.page.get_by_label("Client Id").fill("taken")
    await expect(developer.page.locator("#suffix-state")).to_contain_text("has this id")


async def test_both_versions_fit_the_screen_and_axe_finds_no_fault(start: Any, axe: str) -> None:
    developer = await start(viewport=PHONE)
    page = developer.page
    address = await developer.register()
    second = await page.context.new_page()
    await second.goto(address)
    await page.get_by_label("Display name").fill("Theirs, with a long name that has to be broken somewhere")
    await page.get_by_role("button", name="Save").click()
    await second.get_by_label("Display name").fill("Mine")
    await second.get_by_role("button", name="Save").click()
    await expect(second.locator("#both")).to_contain_text("Theirs")
    await check_looks(second, axe)
    await second.get_by_role("button", name="Save").click()
    await expect(second.get_by_role("status")).to_contain_text("Saved.")


async def test_a_client_goes_live_with_a_logo_is_deleted_and_comes_back(start: Any, axe: str) -> None:
    developer = await start(viewport=PHONE)
    page = developer.page
    address = await developer.register()
    await page.get_by_label("Privacy policy").fill("https://app.example.org/privacy")
    await page.get_by_role("button", name="Save").click()
    await page.goto(f"{address}/logo")
    picture = {"name": "logo.png", "mimeType": "image/png", "buffer": draw_png(64, 64)}
    await page.get_by_label("Picture").set_input_files(picture)
    await page.get_by_role("button", name="Upload").click()
    logo = page.get_by_role("img", name="The present logo")
    await expect(logo).to_be_visible()
    assert await logo.evaluate("each => each.complete && each.naturalWidth") == 64
    await page.goto(f"{address}/secret")
    await page.get_by_role("button", name="Generate a secret").click()
    await page.goto(f"{address}/state")
    await check_looks(page, axe)
    await page.get_by_role("button", name="Mark as live").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Live")
    await page.get_by_role("link", name="Delete the client").click()
    await page.get_by_role("textbox").fill(address.rpartition("/")[2])
    await page.get_by_role("button", name="Delete").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Deleted")
    await check_looks(page, axe)
    await page.get_by_role("button", name="Restore the client").click()
    await page.get_by_role("button", name="Enable").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Draft")


async def test_the_plan_of_an_import_fits_and_axe_finds_no_fault(start: Any, axe: str) -> None:
    developer = await start(viewport=PHONE)
    page = developer.page
    address = await developer.register()
    text = await (await page.request.get(f"{address}/export")).text()
    await page.goto(f"{developer.origin}/portal/clients/import")
    await page.get_by_label("Or its text").fill(text.replace('"myapp"', '"second"'))
    await page.get_by_role("button", name="Show what it would do").click()
    await expect(page.get_by_role("main")).to_contain_text("A new client is made.")
    await check_looks(page, axe)
    await page.get_by_role("button", name="Make this client").click()
    await expect(page.get_by_role("status").first).to_contain_text("Registered.")


async def test_three_questions_lead_to_an_implicit_client_and_its_page_away_from_it(
    start: Any, axe: str
) -> None:
    developer = await start(viewport=PHONE)
    page = developer.page
    await page.goto(f"{developer.origin}/portal/grant")
    for answer in ("Yes, people use it", "In the browser alone", "Something old that cannot be changed"):
        await page.get_by_label(answer).check()
    await page.get_by_role("button", name="Show the answer").click()
    await page.get_by_role("link", name="Register such a client").click()
    await page.get_by_label("Client Id").fill("old")
    await page.get_by_label("Display name").fill("Old app")
    await page.get_by_label("Callback URLs").fill("https://app.example.org/cb")
    await page.get_by_role("button", name="Register client").click()
    await page.goto(f"{developer.origin}/portal/clients/{developer.prefix}.old/start")
    await check_looks(page, axe)
    await page.get_by_role("link", name="Move from implicit to code").click()
    await page.get_by_role("button", name="Add authorization code").click()
    await expect(page.get_by_role("button", name="Remove implicit")).to_be_visible()
    await check_looks(page, axe)
    await page.get_by_role("button", name="Remove implicit").click()
    await expect(page.get_by_role("main")).to_contain_text("There is nothing left to do.")
