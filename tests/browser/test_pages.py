"""What holds for every page: structure, labels, contrast, the keyboard, and the width of a phone."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from borvo.accounts.address_change import ask_to_change
from borvo.accounts.links import LinkPurpose
from borvo.accounts.public import find_person
from borvo.accounts.registration import Wish, ask_for_link, keep_link
from borvo.portal.activity import list_days
from borvo.portal.public import Activity, add_counts
from tests.browser.conftest import DESKTOP, PATIENCE, PHONE, OpenPage, check_look, note_into, sign_in, tab_to
from tests.factories.clients import register_client
from tests.functional.mails import find_link
from tests.instance import PASSWORD, Instance

pytestmark = pytest.mark.browser

CALLBACK = "https://app.example/signin-oidc"
OPEN_TO_ALL = {
    "start": "/",
    "sign-in": "/account/sign-in",
    "sign-up": "/account/sign-up",
    "forgot password": "/account/reset",
    "link gone": "/account/reset/none",
    "finish sign-up": "/account/sign-up/{sign_up_link}",
    "new password": "/account/reset/{reset_link}",
    "APIs": "/docs",
    "signed out": "/connect/endsession",
    "not found": "/nothing/here",
    "refused": "/connect/authorize?client_id=nobody",
    "secret report": "/portal/secrets/report",
    "undo": "/account/undo/{undo_link}",
}
BEHIND_SIGN_IN = {
    "own start": "/",
    "account": "/account",
    "profile": "/account/profile",
    "apps": "/account/apps",
    "device": "/account/device",
    "sessions": "/account/sessions",
    "security": "/account/security",
    "password": "/account/password",
    "email": "/account/email",
    "close": "/account/close",
    "second step": "/account/factors",
    "export": "/account/export",
    "confirm address": "/account/email/{change_link}",
    "portal": "/portal",
    "new client": "/portal/clients/new",
    "client": "/portal/clients/{client_id}",
    "client, advanced": "/portal/clients/{client_id}?tab=advanced",
    "secret": "/portal/clients/{client_id}/secret",
    "failed requests": "/portal/clients/{client_id}/requests",
    "usage": "/portal/clients/{client_id}/usage?days=90",
    "team": "/portal/tenancies/{prefix}/team",
    "leaving": "/portal/tenancies/{prefix}/leaving",
    "audit": "/portal/tenancies/{prefix}/audit?subject=app",
    "state": "/portal/clients/{client_id}/state",
    "logo": "/portal/clients/{client_id}/logo",
    "disabling": "/portal/clients/{client_id}/disabling",
    "deletion": "/portal/clients/{client_id}/deletion",
    "from implicit": "/portal/clients/{client_id}/moving",
    "import": "/portal/clients/import",
    "which grant": "/portal/grant?presence=person&place=browser&library=implicit",
    "consent": "/connect/authorize?{request}",
    "sign out": "/connect/endsession",
}
NAMES = [*OPEN_TO_ALL, *BEHIND_SIGN_IN]
# What the heading of some begins with there.
IN_FRENCH = {
    "start": "Vos données de santé",
    "sign-in": "Se connecter",
    "finish sign-up": "Terminez votre inscription",
    "not found": "Introuvable",
    "account": "Votre compte",
    "profile": "Votre profil",
    "apps": "Applications",
    "sessions": "Vos appareils",
    "security": "Sécurité",
    "email": "Votre adresse e-mail",
    "second step": "Seconde étape",
    "undo": "Ce n",
    "consent": "Autoriser",
}

READ_FOCUS = """() => {
  const element = document.activeElement, style = getComputedStyle(element);
  return {
    tag: element.tagName, id: element.id, text: element.textContent.trim().slice(0, 40),
    ring: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
    top: element.getBoundingClientRect().top,
  };
}"""


@dataclass(frozen=True)
class Developer:
    """Signed in, with a client: her browser and that of somebody who is not, and the addresses to look at."""

    context: BrowserContext
    stranger: BrowserContext
    paths: dict[str, str]


async def send_links(borvo: Instance, email: str) -> dict[str, str]:
    """One to an address that has an account, and one to another."""
    links = {"reset_link": email, "sign_up_link": f"{uuid4().hex[:12]}@example.org"}
    for each in links.values():
        await ask_for_link(borvo.platform.accounts, Wish.SIGN_UP, each, "/account", "192.0.2.1")
    async with borvo.platform.database.connection() as connection:
        person = await find_person(connection, email)
    assert person
    async with borvo.platform.database.transaction() as connection:
        text = await keep_link(connection, borvo.platform.accounts, LinkPurpose.UNDO, person.id, email)
    links["change_link"] = f"{uuid4().hex[:12]}@example.org"
    await ask_to_change(borvo.platform.accounts, person, links["change_link"])
    sent = {name: (await find_link(borvo.platform, each)).rpartition("/")[2] for name, each in links.items()}
    return {**sent, "undo_link": text.render()}


@pytest.fixture(scope="session")
async def developer(borvo: Instance, chromium: Browser) -> AsyncIterator[Developer]:
    prefix = f"p{uuid4().hex[:10]}"
    email = await borvo.create_person(tenancy=prefix)
    client_id = await register_client(borvo.platform, f"{prefix}.app", redirect_uris=(CALLBACK,))
    links = await send_links(borvo, email)
    async with borvo.platform.database.transaction() as connection:
        days = list_days(borvo.platform.clock().date(), 90)
        await add_counts(connection, [(client_id, day, kind, 12_345) for day in days for kind in Activity])
    request = {
        "client_id": client_id,
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": "openid profile email read.blood_pressure",
        "nonce": "n",
        "state": "s",
    }
    paths = {
        name: path.format(client_id=client_id, prefix=prefix, request=urlencode(request), **links)
        for name, path in (OPEN_TO_ALL | BEHIND_SIGN_IN).items()
    }
    context = await chromium.new_context()
    page = await context.new_page()
    await page.goto(f"{borvo.origin}/account/sign-in")
    await sign_in(page, email)
    await page.wait_for_url(f"{borvo.origin}/portal")
    stranger = await chromium.new_context()
    for each in (context, stranger):
        each.set_default_timeout(PATIENCE)
    yield Developer(context, stranger, paths)
    await context.close()
    await stranger.close()


@pytest.fixture
async def visit(borvo: Instance, developer: Developer) -> AsyncIterator[Any]:
    """Each page in a tab of its own, in one of two browsers, which keep the style and the scripts from one to the
    next."""
    tabs: list[Page] = []
    faults: list[str] = []

    async def visit(name: str) -> Page:
        context = developer.context if name in BEHIND_SIGN_IN else developer.stranger
        page = await context.new_page()
        tabs.append(page)
        page.on("console", note_into(faults))
        page.on("pageerror", lambda error: faults.append(str(error)))
        await page.goto(borvo.origin + developer.paths[name])
        return page

    yield visit
    for tab in tabs:
        await tab.close()
    assert not faults


async def walk(page: Page) -> list[dict[str, Any]]:
    """What takes the keyboard, as far as 25 steps."""
    seen: list[dict[str, Any]] = []
    for _ in range(25):
        await page.keyboard.press("Tab")
        focus = await page.evaluate(READ_FOCUS)
        if focus["tag"] == "BODY":
            break
        seen.append(focus)
    return seen


@pytest.mark.parametrize("name", NAMES)
async def test_a_page_serves_everybody(visit: Any, axe: str, name: str) -> None:
    """By the keyboard; on a desk, in light colours and in English; on a phone, in dark ones and in French, whose words
    are longer. Colours are the same at any width."""
    page = await visit(name)
    address = page.url
    assert await page.title() not in {"", "Borvo", " · Borvo"}
    assert await page.locator("html").get_attribute("lang") == "en"
    await expect(page.get_by_role("heading", level=1)).to_have_count(1)
    seen = await walk(page)
    assert seen[0]["text"] == "Skip to the content"
    assert seen[0]["top"] >= 0
    assert len(seen) > 3
    assert [each for each in seen if each["ring"] < 2] == []
    await check_look(page, axe, "light", DESKTOP)
    await page.set_extra_http_headers({"Accept-Language": "fr"})
    await page.goto(address)
    assert await page.locator("html").get_attribute("lang") == "fr"
    await expect(page.get_by_role("heading", level=1)).to_contain_text(IN_FRENCH.get(name, ""))
    await check_look(page, axe, "dark", PHONE)


async def test_the_keyboard_alone_signs_a_person_in(borvo: Instance, open_page: OpenPage) -> None:
    email, page = await borvo.create_person(), await open_page()
    await page.goto(f"{borvo.origin}/account/sign-in")
    await tab_to(page, "email")
    await page.keyboard.type(email)
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{borvo.origin}/account")
    await expect(page.get_by_role("main")).to_contain_text(email)


async def test_the_skip_link_leads_past_the_navigation(visit: Any) -> None:
    page = await visit("portal")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    assert (await page.evaluate(READ_FOCUS))["text"] == "Register a client"


async def test_the_keyboard_alone_chooses_another_language(borvo: Instance, open_page: OpenPage) -> None:
    page = await open_page(java_script_enabled=False)
    await page.goto(f"{borvo.origin}/account/sign-up?return_to=/account/apps")
    choice = page.get_by_role("button", name="Français")
    await choice.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Créer un compte")
    await expect(choice).to_have_attribute("aria-current", "true")
    await page.reload()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Créer un compte")
