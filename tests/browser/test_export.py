"""A person's export in a real browser: asked for, waited for, downloaded, deleted."""

import json
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.conftest import PHONE, OpenPage, run_axe, sign_in
from tests.instance import Instance

pytestmark = pytest.mark.browser


def read_samples(path: Path) -> object:
    return json.loads(path.read_text(encoding="utf-8"))


async def test_an_export_is_made_downloaded_and_deleted(
    borvo: Instance, open_page: OpenPage, axe: str
) -> None:
    email = await borvo.create_person()
    page = await open_page(viewport=PHONE)
    await page.goto(f"{borvo.origin}/account/sign-in?return_to=%2Faccount%2Fexport")
    await sign_in(page, email)
    await page.get_by_label("JSON").check()
    await page.get_by_role("button", name="Make an export").click()
    await expect(page.get_by_role("status")).to_contain_text("being made")
    # The page asks again by itself until the file is there.
    link = page.get_by_role("link", name="Download", exact=True)
    await expect(link).to_be_visible()
    assert await run_axe(page, axe) == []
    async with page.expect_download() as waiting:
        await link.click()
    download = await waiting.value
    assert download.suggested_filename.endswith(".json")
    assert read_samples(await download.path()) == []
    await page.get_by_role("button", name="Delete").click()
    await expect(page.get_by_role("status")).to_have_text("The export is deleted.")
