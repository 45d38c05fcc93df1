"""The page of failed requests in a real browser: from the error page's number to the form with the mend filled in."""

import asyncio
import re
from uuid import uuid4

import pytest
from playwright.async_api import expect

from tests.browser.conftest import PHONE, OpenPage, check_looks, sign_in
from tests.factories.clients import REDIRECT_URI, register_client
from tests.instance import Instance

pytestmark = pytest.mark.browser

WRONG = f"{REDIRECT_URI}/a/path/that/is/so/long/that/no/phone/has/room/for/it/on/one/line/"


async def test_from_the_error_page_to_the_form_that_mends_it(
    borvo: Instance, open_page: OpenPage, axe: str
) -> None:
    prefix = f"r{uuid4().hex[:10]}"
    email = await borvo.create_person(tenancy=prefix)
    client_id = await register_client(borvo.platform, f"{prefix}.app")
    page = await open_page(viewport=PHONE)
    asked = f"client_id={client_id}&redirect_uri={WRONG}&response_type=code&scope=openid&nonce=n"
    await page.goto(f"{borvo.origin}/connect/authorize?{asked}")
    number = await page.locator("main code").inner_text()
    assert re.fullmatch("[0-9a-f]{16}", number)
    await page.goto(f"{borvo.origin}/portal/clients/{client_id}/requests")
    await sign_in(page, email)
    found = page.get_by_text("The redirect_uri is not registered.")
    async with asyncio.timeout(30):
        # It is written a little later than it is answered.
        while not await found.count():
            await page.get_by_label("Request number").fill(f" {number} ")
            await page.get_by_role("button", name="Find").click()
            await page.wait_for_load_state()
    await expect(found).to_be_visible()
    await expect(page.get_by_text(WRONG)).to_be_visible()
    await check_looks(page, axe)
    await page.get_by_role("link", name="Add this callback URL").click()
    await expect(page.get_by_role("status")).to_contain_text("Nothing is saved yet")
    assert await page.get_by_label("Callback URLs").input_value() == f"{REDIRECT_URI}\n{WRONG}"
