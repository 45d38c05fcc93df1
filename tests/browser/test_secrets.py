"""The pages about client secrets in a real browser: copying, downloading, changing over, reporting."""

import json
import re
from pathlib import Path
from uuid import uuid4

import pytest
from joserfc.jwk import ECKey
from playwright.async_api import Page, expect

from tests.browser.conftest import PHONE, OpenPage, check_looks, sign_in
from tests.factories.clients import register_client
from tests.instance import Instance

pytestmark = pytest.mark.browser


async def open_secrets(borvo: Instance, open_page: OpenPage, **options: object) -> Page:
    """The secret page of a new client, which has one secret that its developer chose."""
    prefix = f"s{uuid4().hex[:10]}"
    email = await borvo.create_person(tenancy=prefix)
    client_id = await register_client(borvo.platform, f"{prefix}.app")
    page = await open_page(**options)
    await page.goto(f"{borvo.origin}/portal/clients/{client_id}/secret")
    await sign_in(page, email)
    await page.wait_for_url("**/secret")
    return page


async def test_a_secret_is_generated_copied_downloaded_and_changed_over(
    borvo: Instance, open_page: OpenPage, axe: str, tmp_path: Path
) -> None:
    page = await open_secrets(borvo, open_page, viewport=PHONE)
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=borvo.origin)
    await page.locator("#label").fill("A label that is as long as a label may be, sixty in all: end")
    await page.locator("#days").select_option("30")
    await page.get_by_role("button", name="Generate a secret").click()
    secret = await page.locator("#generated-secret").inner_text()
    assert re.fullmatch("borvo_cs_[0-9A-Za-z]{49}", secret)
    await check_looks(page, axe)
    await page.get_by_role("button", name="Copy").click()
    await expect(page.get_by_text("Copied.")).to_be_visible()
    assert await page.evaluate("navigator.clipboard.readText()") == secret
    async with page.expect_download() as downloading:
        await page.get_by_role("button", name="Download as .env").click()
    download = await downloading.value
    await download.save_as(tmp_path / "file")
    assert f"CLIENT_SECRET={secret}\n" in (tmp_path / "file").read_text()
    assert secret not in download.url
    assert download.suggested_filename.endswith(".app.env")
    await expect(page.get_by_text("The new one has not been used yet.")).to_be_visible()
    await expect(page.get_by_text("Expires in 30 days")).to_be_visible()


async def test_the_last_secret_goes_after_its_name_was_typed(
    borvo: Instance, open_page: OpenPage, axe: str
) -> None:
    page = await open_secrets(borvo, open_page, viewport=PHONE)
    await page.get_by_role("link", name="Remove Your own secret").click()
    await page.get_by_role("button", name="Remove the secret").click()
    await expect(page.get_by_role("alert")).to_be_focused()
    await check_looks(page, axe)
    await page.get_by_label("Type app to remove it all the same").fill("app")
    await page.get_by_role("button", name="Remove the secret").click()
    await expect(page.get_by_text("no longer works")).to_be_visible()


async def test_how_an_app_proves_itself_is_chosen_with_its_faults_beside_the_fields(
    borvo: Instance, open_page: OpenPage, axe: str
) -> None:
    page = await open_secrets(borvo, open_page, viewport=PHONE)
    await page.get_by_role("link", name="Advanced").click()
    group = page.get_by_role("group", name="How this app proves who it is")
    await group.get_by_label("It signs with a key").check()
    await page.get_by_label("Public keys", exact=False).first.fill('{"keys": [{"kty": "oct", "k": "AA"}]}')
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("alert")).to_be_focused()
    await expect(page.locator("#jwks-error")).to_contain_text("symmetric key")
    await check_looks(page, axe)
    keys = json.dumps({"keys": [{**ECKey.generate_key("P-256").as_dict(private=False), "kid": "2026-1"}]})
    await page.locator("#jwks").fill(keys)
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Key 2026-1, for ES256")).to_be_visible()
    await check_looks(page, axe)
    await page.get_by_role("link", name="Secret", exact=True).click()
    await expect(page.get_by_text("so it needs no secret")).to_be_visible()
    await check_looks(page, axe)


async def test_anybody_reports_a_published_secret(borvo: Instance, open_page: OpenPage, axe: str) -> None:
    page = await open_page(viewport=PHONE)
    await page.goto(f"{borvo.origin}/portal/secrets/report")
    await check_looks(page, axe)
    await page.get_by_label("What you found").fill("nothing much")
    await page.get_by_role("button", name="Report").click()
    await expect(page.get_by_role("status")).to_contain_text("Thank you.")
    await check_looks(page, axe)


async def test_without_scripts_there_is_no_button_that_does_nothing(
    borvo: Instance, open_page: OpenPage
) -> None:
    page = await open_secrets(borvo, open_page, java_script_enabled=False)
    await page.get_by_role("button", name="Generate a secret").click()
    await expect(page.locator("#generated-secret")).to_be_visible()
    await expect(page.get_by_role("button", name="Copy")).to_be_hidden()
    await expect(page.get_by_role("button", name="Download as .env")).to_be_visible()
