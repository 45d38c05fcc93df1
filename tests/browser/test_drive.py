"""A client's first programs and its test drive in a real browser."""

from uuid import uuid4

import pytest
from playwright.async_api import expect

from tests.browser.conftest import PHONE, OpenPage, check_looks, sign_in
from tests.factories.clients import register_client
from tests.instance import Instance

pytestmark = pytest.mark.browser


async def test_from_a_program_to_a_drive_with_a_mistake(
    borvo: Instance, open_page: OpenPage, axe: str
) -> None:
    prefix = f"d{uuid4().hex[:10]}"
    email = await borvo.create_person(tenancy=prefix)
    client_id = await register_client(borvo.platform, f"{prefix}.app")
    page = await open_page(viewport=PHONE)
    await page.goto(f"{borvo.origin}/portal/clients/{client_id}/start")
    await sign_in(page, email)
    await page.get_by_role("link", name="Java (Spring)").click()
    await expect(page.locator("#snippet")).to_contain_text(f'"{client_id}"')
    await check_looks(page, axe)
    await page.get_by_role("link", name="Test drive").click()
    await check_looks(page, axe)
    await page.get_by_role("button", name="Drive").click()
    await expect(page.get_by_role("status").first).to_contain_text("The client works as it is registered")
    await expect(page.get_by_text("Failed", exact=True)).to_have_count(0)
    await check_looks(page, axe)
    # The choice is kept: once more, with a mistake.
    await page.get_by_label("Wrong secret").check()
    await page.get_by_role("button", name="Drive").click()
    await expect(page.get_by_text("invalid_client")).to_be_visible()
    await expect(page.get_by_role("status").first).to_contain_text("Borvo noticed and refused")
    await check_looks(page, axe)
