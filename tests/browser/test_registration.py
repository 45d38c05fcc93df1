"""Clients that programs register, by keyboard in a real browser: a token for it, and taking a client back."""

from uuid import uuid4

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import PHONE, OpenPage, check_look, run_axe, sign_in
from tests.instance import Instance

pytestmark = pytest.mark.browser


async def press(page: Page, name: str, role: str = "button") -> None:
    """By keyboard, as somebody does who cannot point."""
    target = page.get_by_role(role, name=name)  # type: ignore[arg-type]
    await target.focus()
    await expect(target).to_be_focused()
    await page.keyboard.press("Enter")


async def test_a_client_is_registered_by_a_program_and_taken_back_by_keyboard(
    borvo: Instance, open_page: OpenPage, axe: str
) -> None:
    prefix = f"t{uuid4().hex[:10]}"
    email = await borvo.create_person(tenancy=prefix)
    page = await open_page(viewport=PHONE)
    await page.goto(f"{borvo.origin}/portal/tenancies/{prefix}/registration")
    await sign_in(page, email)
    await page.wait_for_url("**/registration")
    await press(page, "Create a token")
    await expect(page.get_by_role("alert")).to_be_focused()
    assert await run_axe(page, axe) == []
    await page.get_by_label("Label").focus()
    await page.keyboard.type("An installer whose name is as long as a label may be, sixty")
    await page.keyboard.press("Enter")
    token = await page.locator("#created-token").inner_text()
    await check_look(page, axe, "light", PHONE)
    client_id = await register_by(borvo, token)
    await page.goto(f"{borvo.origin}/portal/clients/{client_id}")
    await press(page, "See which", "link")
    await page.wait_for_url("**/state#registration")
    await check_look(page, axe, "light", PHONE)
    await press(page, "End the registration token", "link")
    await page.wait_for_url("**/registration/revocation")
    await check_look(page, axe, "light", PHONE)
    await press(page, "End the registration token")
    await expect(page.get_by_text("Its registration token has ended")).to_be_visible()
    assert await run_axe(page, axe) == []


async def register_by(borvo: Instance, token: str) -> str:
    """As a program that has an initial access token: the client's id."""
    async with httpx.AsyncClient(base_url=borvo.origin, timeout=20) as http:
        answer = await http.post(
            "/connect/register",
            json={"redirect_uris": ["https://app.example.org/callback"], "client_name": "Installed App"},
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["client_id"])
