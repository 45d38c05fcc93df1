"""A team as people meet it: an invitation, the way from one tenancy to another, the trail; on a desk and on a phone."""

import re
from uuid import uuid4

import pytest
from playwright.async_api import Page, expect

from borvo.mail.posting import KIND
from borvo.portal.public import TeamRole, add_member, create_tenancy
from tests.browser.conftest import PHONE, OpenPage, check_looks, sign_in
from tests.factories.clients import register_client
from tests.instance import Instance

pytestmark = pytest.mark.browser


def make_prefix() -> str:
    return f"t{uuid4().hex[:10]}"


async def enter(borvo: Instance, page: Page, email: str) -> None:
    await page.goto(f"{borvo.origin}/account/sign-in")
    await sign_in(page, email)
    await page.wait_for_url(f"{borvo.origin}/portal")


async def find_link(borvo: Instance, email: str) -> str:
    for _, mail in await borvo.platform.outbox.list_payloads(KIND, 50):
        if mail["to"] == email and (found := re.search(r"\S+/portal/invitations/\S+", mail["text"])):
            return found[0]
    raise AssertionError("no invitation was sent")


async def test_somebody_is_invited_signs_up_and_is_in(borvo: Instance, open_page: OpenPage, axe: str) -> None:
    prefix, invited = make_prefix(), f"{uuid4().hex[:12]}@example.org"
    page = await open_page(viewport=PHONE)
    await enter(borvo, page, await borvo.create_person(tenancy=prefix))
    await page.get_by_role("link", name="Team").click()
    await page.get_by_label("E-mail address").fill("nonsense")
    await page.get_by_role("button", name="Send the invitation").click()
    await expect(page.locator("#email-error")).to_be_visible()
    await check_looks(page, axe)
    await page.get_by_label("E-mail address").fill(invited)
    await page.get_by_label("Role", exact=True).select_option("viewer")
    await page.get_by_role("button", name="Send the invitation").click()
    await expect(page.get_by_role("heading", name="Open invitations")).to_be_visible()
    await check_looks(page, axe)
    other = await open_page(viewport=PHONE)
    await other.goto(await find_link(borvo, invited))
    await check_looks(other, axe)
    await other.get_by_role("link", name="Create an account").click()
    await borvo.sign_up(other, invited)
    await check_looks(other, axe)
    await other.get_by_role("button", name="Accept").click()
    await expect(other.get_by_role("status")).to_contain_text(
        "You are a member of this tenancy now, as viewer."
    )
    await check_looks(other, axe)
    await page.reload()
    await expect(page.get_by_role("main")).to_contain_text("Paula Patient")
    await check_looks(page, axe)
    await page.get_by_role("link", name="Audit trail").click()
    await expect(page.get_by_role("main")).to_contain_text("Member joined")
    await check_looks(page, axe)


async def test_the_keyboard_leads_from_one_tenancy_to_another(
    borvo: Instance, open_page: OpenPage, axe: str
) -> None:
    first, second = make_prefix(), "f" * 53 + make_prefix()
    email = await borvo.create_person(tenancy=first)
    await create_tenancy(borvo.platform.portal, email, second)
    await register_client(borvo.platform, f"{second}.there")
    page = await open_page(viewport=PHONE)
    await enter(borvo, page, email)
    switch = page.locator(".tenancy-switch > summary")
    await expect(switch).to_contain_text(first)
    await switch.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("link", name=second)).to_be_in_viewport(ratio=1)
    await check_looks(page, axe)
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{borvo.origin}/portal?tenancy={second}")
    await expect(page.get_by_role("main")).to_contain_text("App there")
    await check_looks(page, axe)
    await page.goto(f"{borvo.origin}/portal")
    await expect(page.get_by_role("main")).to_contain_text("App there")


async def test_a_viewer_reads_a_client_and_cannot_type_into_it(
    borvo: Instance, open_page: OpenPage, axe: str
) -> None:
    prefix = make_prefix()
    await borvo.create_person(tenancy=prefix)
    client_id = await register_client(borvo.platform, f"{prefix}.app")
    viewer = await borvo.create_person()
    await add_member(borvo.platform.portal, prefix, viewer, TeamRole.VIEWER)
    page = await open_page(viewport=PHONE)
    await enter(borvo, page, viewer)
    await page.get_by_role("link", name="App app", exact=True).click()
    await expect(page.get_by_label("Display name")).to_be_disabled()
    await expect(page.get_by_role("button", name="Save")).to_have_count(0)
    await check_looks(page, axe)
    await page.goto(f"{borvo.origin}/portal/clients/{client_id}/secret")
    await expect(page.get_by_role("button", name="Generate")).to_have_count(0)
    await check_looks(page, axe)
