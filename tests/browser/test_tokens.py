"""The page of personal access tokens in a real browser: making one, copying it, revoking it."""

import re
from uuid import uuid4

import pytest
from playwright.async_api import expect

from tests.browser.conftest import PHONE, OpenPage, check_looks, sign_in
from tests.instance import Instance

pytestmark = pytest.mark.browser


async def test_a_token_is_made_copied_and_revoked(borvo: Instance, open_page: OpenPage, axe: str) -> None:
    prefix = f"t{uuid4().hex[:10]}"
    email = await borvo.create_person(tenancy=prefix)
    page = await open_page(viewport=PHONE)
    await page.goto(f"{borvo.origin}/portal/tenancies/{prefix}/tokens")
    await sign_in(page, email)
    await page.wait_for_url("**/tokens")
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=borvo.origin)
    await page.get_by_label("secrets:write").check()
    await page.get_by_role("button", name="Create a token").click()
    await expect(page.get_by_role("alert")).to_be_focused()
    await check_looks(page, axe)
    await page.get_by_label("Label").fill("A label that is as long as a label may be, sixty in all: end")
    await page.get_by_role("button", name="Create a token").click()
    token = await page.locator("#created-token").inner_text()
    assert re.fullmatch("borvo_pat_[0-9A-Za-z]{49}", token)
    await check_looks(page, axe)
    await page.get_by_role("button", name="Copy").click()
    await expect(page.get_by_text("Copied.")).to_be_visible()
    assert await page.evaluate("navigator.clipboard.readText()") == token
    await page.get_by_role("link", name="Revoke").click()
    await check_looks(page, axe)
    await page.get_by_role("button", name="Revoke the token").click()
    await expect(page.get_by_text("The token is revoked")).to_be_visible()
    await expect(page.get_by_text("None yet.")).to_be_visible()
