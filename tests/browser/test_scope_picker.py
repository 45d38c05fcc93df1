"""Choosing scopes in a real browser: found, ticked with their parts, and shown as people will read them."""

from typing import Any

import pytest
from playwright.async_api import FrameLocator, Locator, Page, expect

from tests.browser.conftest import PHONE, OpenPage, check_looks
from tests.browser.test_portal import Developer, start_developer
from tests.instance import Instance

pytestmark = pytest.mark.browser

READ = "read.blood_pressure"
SYSTOLIC = f"{READ}.blood_pressure_systolic"
DIASTOLIC = f"{READ}.blood_pressure_diastolic"


@pytest.fixture
def start(borvo: Instance, open_page: OpenPage) -> Any:
    async def start(**options: object) -> Developer:
        return await start_developer(borvo, open_page, **options)

    return start


def box(page: Page, scope: str) -> Locator:
    return page.locator(f'[name="scopes"][value="{scope}"]')


def preview(page: Page) -> FrameLocator:
    return page.frame_locator("#consent-frame")


async def test_parts_come_along_and_what_breaks_without_one_is_said(start: Any, axe: str) -> None:
    developer = await start(viewport=PHONE)
    page = developer.page
    await developer.fill_in("myapp")
    await page.get_by_label("Find a scope").fill("blood pressure record")
    await expect(page.locator("#scope-found")).to_have_text("One entry.")
    # By the keyboard alone, and Enter in the search sends nothing.
    await page.keyboard.press("Enter")
    await box(page, READ).focus()
    await page.keyboard.press("Space")
    await expect(page.locator("#scope-told")).to_contain_text("Reading blood pressure: ticked along systolic")
    line = preview(page).get_by_label("read your blood pressure records")
    await expect(line).to_be_visible()
    await expect(preview(page).get_by_role("heading", name="Allow My App?")).to_be_visible()
    await page.get_by_label("Find a scope").fill("")
    await box(page, DIASTOLIC).uncheck()
    await expect(page.locator("#type-blood_pressure .scope-gap")).to_contain_text("Without diastolic blood")
    await expect(page.locator("#type-blood_pressure_diastolic .scope-gap")).to_contain_text("Without it, ")
    await expect(preview(page).get_by_text("Systolic blood pressure", exact=True)).to_be_visible()
    await check_looks(page, axe)
    await page.get_by_role("button", name="Register client").click()
    await page.get_by_label("The app does without diastolic blood pressure").check()
    await check_looks(page, axe)
    await page.get_by_role("button", name="Register client").click()
    await expect(page.get_by_role("status").first).to_contain_text("Registered.")
    assert await box(page, SYSTOLIC).is_checked()
    assert not await box(page, DIASTOLIC).is_checked()


async def test_a_group_goes_as_it_came_and_the_search_gives_everything_back(start: Any) -> None:
    developer = await start()
    page = developer.page
    await developer.fill_in("myapp")
    await page.get_by_label("Find a scope").fill("blood pressure record")
    await box(page, READ).check()
    await box(page, READ).uncheck()
    await page.get_by_label("Find a scope").press("Escape")
    assert not await box(page, SYSTOLIC).is_checked()
    await expect(page.locator(".scope-group:visible")).to_have_count(9)
    await page.get_by_label("Show only what is chosen").check()
    await expect(page.locator(".scope-row:visible")).to_have_count(3)
    await page.get_by_label("Find a scope").fill("nothing of the kind")
    await expect(page.locator("#scope-found")).to_have_text("Nothing like that.")


async def test_what_the_picker_says_of_its_own_is_in_the_readers_language(start: Any) -> None:
    developer = await start()
    page = developer.page
    await page.goto(f"{developer.origin}/portal/clients/new")
    await page.get_by_role("button", name="Français").click()
    await box(page, READ).evaluate("each => each.click()")
    await expect(page.locator("#scope-told")).to_contain_text("Lecture de « pression artérielle »")
    await expect(page.locator("#type-blood_pressure .scope-gap")).to_have_count(0)
    await box(page, DIASTOLIC).evaluate("each => each.click()")
    await expect(page.locator("#type-blood_pressure .scope-gap")).to_contain_text(
        "Sans pression artérielle diastolique, demander"
    )
    await page.locator("#scope-search").fill("poids")
    await expect(page.locator("#scope-found")).to_contain_text("entrées.")


async def test_without_scripts_all_is_there_and_a_button_shows_the_page(start: Any) -> None:
    developer = await start(java_script_enabled=False)
    page = developer.page
    await developer.fill_in("myapp")
    await expect(page.get_by_label("Find a scope")).to_be_hidden()
    await page.locator("summary", has_text="Correlation").click()
    await box(page, READ).check()
    await expect(preview(page).get_by_role("heading", name="Allow Your app?")).to_be_visible()
    await page.get_by_role("button", name="Update the preview").click()
    await expect(preview(page).get_by_role("heading", name="Allow My App?")).to_be_visible()
    await expect(preview(page).get_by_label("read your blood pressure records")).to_be_visible()
    await page.get_by_text("Desktop", exact=True).click()
    assert await page.locator("#consent-frame").evaluate("each => each.offsetWidth") == 1024
    async with page.context.expect_page() as opened:
        await page.get_by_role("button", name="Open at full size").click()
    await expect((await opened.value).get_by_role("heading", name="Allow My App?")).to_be_visible()
    # Enter saves; it never lands in the preview.
    await page.get_by_label("Display name").press("Enter")
    await expect(page.get_by_role("status").first).to_contain_text(
        "Reading blood pressure brought its 2 parts"
    )
    assert await box(page, DIASTOLIC).is_checked()


async def test_a_viewer_sees_the_choice_and_the_page_and_changes_neither(start: Any, borvo: Instance) -> None:
    developer = await start()
    page = developer.page
    address = await developer.register()
    async with borvo.platform.database.transaction() as connection:
        await connection.execute(
            "update tenancy_member set role = 'viewer' from tenancy t where t.id = tenancy_id and t.prefix = $1",
            developer.prefix,
        )
    await page.goto(address)
    await expect(box(page, "openid")).to_be_disabled()
    await expect(preview(page).get_by_role("heading", name="Allow My App?")).to_be_visible()
    await expect(page.get_by_role("button", name="Open at full size")).to_have_count(0)
