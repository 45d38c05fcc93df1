"""An agent asks somebody without an account by an app of hers; the person decides, and takes it back."""

import os
import re
import sys
from asyncio import subprocess, wait_for
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from uuid import uuid4

import pytest
from playwright.async_api import Page, expect

from borvo.mail.posting import KIND
from borvo.support.service import add_role
from tests.browser.conftest import PHONE, OpenPage, run_axe, sign_in
from tests.factories.clients import BLOOD_PRESSURE, SECRET, register_client
from tests.instance import Instance
from tests.processes import ROOT, find_free_port, stop, wait_for_port

pytestmark = pytest.mark.browser
READ = (*(f"read.{name}" for name in BLOOD_PRESSURE), "read.body_mass")


@pytest.fixture
async def clinician(borvo: Instance) -> AsyncIterator[str]:
    """The address of `examples/clinician`, with a client of its own."""
    port, client_id = find_free_port(), f"c{uuid4().hex[:8]}.clinician"
    origin = f"http://localhost:{port}"
    scopes = ("openid", "profile", "email", "agency_api", *READ)
    await register_client(
        borvo.platform, client_id, scopes=scopes, redirect_uris=[f"{origin}/signin-oidc"], client_uri=origin
    )
    settings = {
        "CLINICIAN_ISSUER": borvo.origin,
        "CLINICIAN_CLIENT_ID": client_id,
        "CLINICIAN_CLIENT_SECRET": SECRET,
        "CLINICIAN_PORT": str(port),
    }
    async with AsyncExitStack() as stack:
        process = await subprocess.create_subprocess_exec(
            sys.executable,
            str(ROOT / "examples" / "clinician" / "app.py"),
            env={**os.environ, **settings},
            stdout=subprocess.DEVNULL,
        )
        stack.push_async_callback(stop, process)
        await wait_for(wait_for_port(port), 60)
        yield origin


async def find_link(borvo: Instance, email: str) -> str:
    for _, mail in await borvo.platform.outbox.list_payloads(KIND, 50):
        found = re.search(r"http\S+/agency/invitations/\S+", mail["text"])
        if mail["to"] == email and found:
            return found[0]
    raise AssertionError(f"no invite went to {email}")


async def ask(page: Page, app: str, email: str) -> None:
    """From the app to the platform's form, and back."""
    await page.get_by_role("link", name="Ask somebody for readings").click()
    await page.get_by_label("E-mail address").fill(email)
    await page.get_by_label("What for").fill("Follow-up")
    await page.get_by_label("Read blood pressure records").check()
    await page.get_by_label("Read weight").check()
    await page.get_by_role("button", name="Send the invite").click()
    await page.wait_for_url(f"{app}/")


async def sign_up(borvo: Instance, page: Page, email: str) -> None:
    await page.get_by_role("main").get_by_role("link", name="Create an account").click()
    await borvo.sign_up(page, email)


async def test_a_person_shares_unticks_sees_who_looked_and_ends_it(
    borvo: Instance, open_page: OpenPage, clinician: str, axe: str
) -> None:
    agent, email = await borvo.create_person(), f"{uuid4().hex[:12]}@example.org"
    await add_role(borvo.platform.accounts, agent, "agent")
    app = await open_page()
    await app.goto(clinician)
    await app.get_by_role("link", name="Sign in with Borvo").click()
    await sign_in(app, agent)
    await app.get_by_role("button", name="Allow").click()
    await expect(app.get_by_text("Nobody yet.")).to_be_visible()
    await ask(app, clinician, email)

    person = await open_page(viewport=PHONE)
    await person.goto(await find_link(borvo, email))
    assert await run_axe(person, axe) == []
    await sign_up(borvo, person, email)
    await expect(person.get_by_role("heading", name="asks to see data of yours")).to_be_visible()
    assert await run_axe(person, axe) == []
    await person.get_by_label("read your weight").uncheck()
    await person.get_by_role("button", name="Share what is ticked").click()
    await expect(person.get_by_role("status")).to_contain_text("Shared.")
    assert await run_axe(person, axe) == []

    await app.reload()
    await expect(app.get_by_role("heading", name="Paula Patient")).to_be_visible()
    await expect(app.get_by_role("link", name="Weight")).to_have_count(0)
    await app.get_by_role("link", name="Blood pressure").click()
    await expect(app.get_by_text("No readings in the last ninety days.")).to_be_visible()

    await person.goto(f"{borvo.origin}/account/access-log")
    await expect(person.get_by_role("listitem").filter(has_text=agent)).to_contain_text("0 readings")
    assert await run_axe(person, axe) == []
    await person.goto(f"{borvo.origin}/account/sharing")
    await person.get_by_role("button", name="End").click()
    await expect(person.get_by_role("status")).to_contain_text("Ended.")
    await app.reload()
    await expect(app.get_by_role("heading", name="Borvo refused the request")).to_be_visible()
    await app.goto(clinician)
    await expect(app.get_by_text("Nobody yet.")).to_be_visible()


async def test_agents_find_their_people_on_a_phone_too(
    borvo: Instance, open_page: OpenPage, axe: str
) -> None:
    agent = await borvo.create_person()
    await add_role(borvo.platform.accounts, agent, "agent")
    page = await open_page(viewport=PHONE)
    await page.goto(f"{borvo.origin}/agency")
    await sign_in(page, agent)
    await expect(page.get_by_role("heading", name="People who share with you")).to_be_visible()
    assert await run_axe(page, axe) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
