"""Second factors in a real browser, with an authenticator that Chromium plays."""

from datetime import datetime
from typing import Any

import pyotp
import pytest
from playwright.async_api import CDPSession, Page, expect

from tests.browser.conftest import PHONE, OpenPage, check_look, check_looks, sign_in
from tests.browser.foreign_site import ForeignSite
from tests.browser.test_account import open_account
from tests.browser.test_answers import build_request, build_url, read_answer
from tests.functional.mails import list_mails
from tests.instance import Instance

pytestmark = pytest.mark.browser

_DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class Device:
    """What a browser is plugged to: it holds passkeys and says yes to everything, until it is lost."""

    def __init__(self, session: CDPSession, name: str) -> None:
        self._session = session
        self._name = name

    async def list_keys(self) -> list[dict[str, Any]]:
        answer = await self._session.send("WebAuthn.getCredentials", {"authenticatorId": self._name})
        keys: list[dict[str, Any]] = answer["credentials"]
        return keys

    async def give(self, keys: list[dict[str, Any]]) -> None:
        for key in keys:
            await self._session.send(
                "WebAuthn.addCredential", {"authenticatorId": self._name, "credential": key}
            )


async def plug(page: Page) -> Device:
    session = await page.context.new_cdp_session(page)
    await session.send("WebAuthn.enable", {"enableUI": False})
    made = await session.send("WebAuthn.addVirtualAuthenticator", {"options": _DEVICE})
    return Device(session, made["authenticatorId"])


async def check_in_french(page: Page, axe: str, heading: str) -> None:
    """The same page again, on a phone, where words that are longer have the least room."""
    size = page.viewport_size
    await page.set_extra_http_headers({"Accept-Language": "fr"})
    await page.reload()
    await expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
    await check_look(page, axe, "dark", PHONE)
    await page.set_extra_http_headers({"Accept-Language": "en"})
    await page.reload()
    if size:
        await page.set_viewport_size(size)


async def prove_mailbox(page: Page, borvo: Instance, email: str, axe: str) -> None:
    """By the code of a mail, from the page that asks for it on."""
    await page.get_by_role("heading", name="Is it you?").wait_for()
    await check_looks(page, axe)
    await page.get_by_role("button", name="Send me a code").press("Enter")
    await page.get_by_label("Code").wait_for()
    await check_in_french(page, axe, "Est-ce bien vous")
    await page.get_by_label("Code").fill("nothing")
    await page.get_by_label("Code").press("Enter")
    await expect(page.get_by_role("alert")).to_be_focused()
    await check_looks(page, axe)
    [mail] = [mail for mail in await list_mails(borvo.platform, email) if "code" in mail.subject]
    await page.get_by_label("Code").fill(mail.text[:9])
    await page.get_by_label("Code").press("Enter")


async def open_proved(borvo: Instance, open_page: OpenPage, email: str) -> Page:
    """The account of somebody who has just shown that she reads her mail."""
    page = await open_account(borvo, open_page, email)
    await borvo.prove_mailbox(email)
    return page


async def suggest_nothing(page: Page) -> None:
    """As a browser that knows passkeys and cannot list them among its suggestions: the button alone asks for one."""
    await page.add_init_script("PublicKeyCredential.isConditionalMediationAvailable = async () => false")


async def add_passkey(page: Page, borvo: Instance, name: str) -> None:
    await page.goto(f"{borvo.origin}/account/factors")
    await page.get_by_role("link", name="Add a passkey").click()
    await page.get_by_label("Name").fill(name)
    await page.get_by_label("Name").press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("Your passkey is saved.")


@pytest.fixture
async def email(borvo: Instance) -> str:
    return await borvo.create_person()


async def test_a_passkey_is_enrolled_and_signs_in_without_a_password(
    borvo: Instance, open_page: OpenPage, axe: str, email: str
) -> None:
    page = await open_proved(borvo, open_page, email)
    device = await plug(page)
    await page.goto(f"{borvo.origin}/account/factors/passkeys")
    await check_looks(page, axe)
    await check_in_french(page, axe, "Ajouter une clé")
    await add_passkey(page, borvo, "Work laptop")
    await check_looks(page, axe)
    [key] = await device.list_keys()
    # The device says no to what it has already.
    await page.get_by_role("link", name="Add a passkey").click()
    await page.get_by_label("Name").fill("Again")
    await page.get_by_role("button", name="Go on").click()
    await expect(page.get_by_role("alert")).to_contain_text("has a passkey for your account already")
    other = await open_page()
    await suggest_nothing(other)
    await other.goto(f"{borvo.origin}/account/sign-in?return_to=/account/sessions")
    found = await plug(other)
    await found.give([key])
    await other.get_by_role("button", name="Use a passkey").click()
    await other.wait_for_url(f"{borvo.origin}/account/sessions")


async def test_a_passkey_is_suggested_where_the_address_is_typed(
    borvo: Instance, open_page: OpenPage, email: str
) -> None:
    page = await open_proved(borvo, open_page, email)
    device = await plug(page)
    await add_passkey(page, borvo, "Phone")
    other = await open_page()
    await (await plug(other)).give(await device.list_keys())
    # Nothing is clicked: the browser offers it among the suggestions, and this one takes what is offered.
    await other.goto(f"{borvo.origin}/account/sign-in")
    await other.wait_for_url(f"{borvo.origin}/account")


async def test_a_passkey_alone_and_after_the_password_leads_back_to_the_foreign_app(
    borvo: Instance, open_page: OpenPage, foreign_site: ForeignSite, email: str
) -> None:
    page = await open_proved(borvo, open_page, email)
    await suggest_nothing(page)
    await plug(page)
    await add_passkey(page, borvo, "Phone")
    url = build_url(borvo, await build_request(borvo, foreign_site, "query"))
    await page.goto(url)
    await page.get_by_role("button", name="Allow").click()
    codes = {(await read_answer(page, foreign_site, "query"))["code"]}
    await page.context.clear_cookies()
    await page.goto(url)
    await page.get_by_role("button", name="Use a passkey").click()
    codes.add((await read_answer(page, foreign_site, "query"))["code"])
    await page.context.clear_cookies()
    await page.goto(url)
    await sign_in(page, email)
    await page.get_by_role("button", name="Use a passkey").click()
    codes.add((await read_answer(page, foreign_site, "query"))["code"])
    assert len(codes) == 3


async def test_two_devices_of_which_one_is_lost(
    borvo: Instance, open_page: OpenPage, axe: str, email: str
) -> None:
    phone_page = await open_proved(borvo, open_page, email)
    phone = await plug(phone_page)
    await add_passkey(phone_page, borvo, "Phone")
    await phone_page.get_by_role("button", name="Make new recovery codes").click()
    codes = (await phone_page.locator("#codes").inner_text()).split()
    assert len(codes) == 10
    await check_looks(phone_page, axe)
    # The laptop has no passkey yet: password, then the passkey of the phone is asked for, or a code.
    laptop_page = await open_page()
    await laptop_page.goto(f"{borvo.origin}/account/sign-in")
    await sign_in(laptop_page, email)
    await expect(laptop_page.get_by_role("heading", name="One more step")).to_be_visible()
    await check_looks(laptop_page, axe)
    await check_in_french(laptop_page, axe, "Encore une étape")
    await laptop_page.get_by_label("Recovery code").fill(codes[0])
    await laptop_page.get_by_label("Recovery code").press("Enter")
    await laptop_page.wait_for_url(f"{borvo.origin}/account")
    laptop = await plug(laptop_page)
    await add_passkey(laptop_page, borvo, "Laptop")
    # The phone is lost: she removes it from the laptop, and whoever has it finds nothing.
    keys = laptop_page.get_by_role("listitem").filter(has=laptop_page.get_by_role("button", name="Remove"))
    await keys.filter(has_text="Phone").get_by_role("button").click()
    await expect(keys).to_have_count(1)
    thief = await open_page()
    await suggest_nothing(thief)
    await thief.goto(f"{borvo.origin}/account/sign-in")
    await (await plug(thief)).give(await phone.list_keys())
    await thief.get_by_role("button", name="Use a passkey").click()
    await expect(thief.get_by_role("alert").first).to_contain_text("cannot be used here")
    again = await open_page()
    await again.goto(f"{borvo.origin}/account/sign-in")
    await sign_in(again, email)
    await again.get_by_role("heading", name="One more step").wait_for()
    await (await plug(again)).give(await laptop.list_keys())
    await again.get_by_role("button", name="Use a passkey").click()
    await again.wait_for_url(f"{borvo.origin}/account")


async def test_an_app_is_set_up_by_keyboard_and_asked_for_without_scripts(
    borvo: Instance, open_page: OpenPage, axe: str, email: str
) -> None:
    page = await open_account(borvo, open_page, email)
    await page.goto(f"{borvo.origin}/account/factors")
    await check_looks(page, axe)
    await page.get_by_role("button", name="Set up an app").press("Enter")
    await prove_mailbox(page, borvo, email, axe)
    await check_in_french(page, axe, "Configurer une application")
    await page.get_by_text("If you cannot scan it").press("Enter")
    key = (await page.locator("#totp-key").inner_text()).replace(" ", "")
    await page.get_by_label("Code").fill("nothing")
    await page.get_by_label("Code").press("Enter")
    await expect(page.get_by_role("alert")).to_be_focused()
    await check_looks(page, axe)
    await page.get_by_label("Code").fill(pyotp.TOTP(key).now())
    await page.get_by_label("Code").press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("Your authenticator app is set up.")
    plain = await open_page(java_script_enabled=False)
    await plain.goto(f"{borvo.origin}/account/sign-in")
    await expect(plain.get_by_role("button", name="Use a passkey")).to_be_hidden()
    await sign_in(plain, email)
    # That of the next step, since the one that set the app up is used; the window takes it.
    later = int(datetime.now().astimezone().timestamp()) + 30
    await plain.get_by_label("Code").fill(pyotp.TOTP(key).at(later))
    await plain.get_by_role("button", name="Go on").click()
    await plain.wait_for_url(f"{borvo.origin}/account")
