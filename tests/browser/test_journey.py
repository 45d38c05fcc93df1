"""From a developer without a client to a patient who has signed out again."""

from uuid import uuid4

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import PHONE, OpenPage, StartExample, run_axe, sign_in
from tests.factories.clients import MYBP_SCOPES, SECRET
from tests.factories.clients import register_client as create_client
from tests.instance import Instance
from tests.processes import find_free_port

pytestmark = pytest.mark.browser


async def register_client(page: Page, origin: str, callback: str) -> tuple[str, str]:
    """Registers a client in the portal and makes a secret: the id and the secret."""
    await page.get_by_role("link", name="Register a client").click()
    await page.get_by_label("Client Id").fill("diary")
    await page.get_by_label("Display name").fill("Pressure diary")
    await page.get_by_label("Client URI").fill(origin)
    await page.get_by_label("Authorization code").uncheck()
    await page.get_by_label("Hybrid").check()
    await page.get_by_label("Callback URLs").fill(callback)
    await page.locator("summary", has_text="Correlation").click()
    await page.get_by_label("read your blood pressure records").check()
    await page.get_by_label("add to your blood pressure records").check()
    await page.get_by_role("button", name="Register client").click()
    client_id = await page.locator("#client-id").inner_text()
    await page.get_by_role("link", name="set a secret").click()
    await page.get_by_role("button", name="Generate a secret").click()
    return client_id, await page.locator("#generated-secret").inner_text()


async def sign_up(borvo: Instance, page: Page) -> None:
    await page.get_by_role("link", name="Create an account").click()
    await borvo.sign_up(page, f"{uuid4().hex[:12]}@example.org")


async def prepare_example(borvo: Instance, start_example: StartExample) -> str:
    """The example app, with a client as the portal registers it."""
    port = find_free_port()
    origin = f"http://localhost:{port}"
    client_id = await create_client(
        borvo.platform,
        f"t{uuid4().hex[:10]}.diary",
        scopes=MYBP_SCOPES,
        redirect_uris=(f"{origin}/signin-oidc",),
        client_uri=origin,
        display_name="Pressure diary",
    )
    return await start_example(client_id, SECRET, port)


async def prepare_registered_example(
    borvo: Instance, open_page: OpenPage, start_example: StartExample
) -> str:
    """The example app, with a client that a developer registered for it in the portal."""
    email = await borvo.create_person(tenancy=f"t{uuid4().hex[:10]}")
    page, port = await open_page(), find_free_port()
    await page.goto(f"{borvo.origin}/portal")
    await sign_in(page, email)
    origin = f"http://localhost:{port}"
    client_id, secret = await register_client(page, origin, f"{origin}/signin-oidc")
    return await start_example(client_id, secret, port)


async def test_a_registered_app_writes_and_lists_a_new_persons_blood_pressure(
    borvo: Instance, open_page: OpenPage, start_example: StartExample
) -> None:
    app = await prepare_registered_example(borvo, open_page, start_example)
    page = await open_page()
    await page.goto(app)
    await page.get_by_role("link", name="Sign in with Borvo").click()
    await sign_up(borvo, page)
    await expect(page.get_by_role("heading", name="Allow Pressure diary?")).to_be_visible()
    await page.get_by_role("button", name="Allow").click()
    await expect(page.get_by_role("heading", name="Hello Paula")).to_be_visible()
    await expect(page.get_by_text("None yet")).to_be_visible()
    await page.get_by_label("Systolic").fill("120")
    await page.get_by_label("Diastolic").fill("80")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    await expect(page.get_by_role("listitem")).to_contain_text(["120/80"])
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    await page.goto(f"{borvo.origin}/account")
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


async def test_whoever_declines_finds_a_friendly_page_of_the_app(
    borvo: Instance, open_page: OpenPage, start_example: StartExample
) -> None:
    app = await prepare_example(borvo, start_example)
    page = await open_page()
    await page.goto(f"{app}/signin")
    await sign_up(borvo, page)
    await page.get_by_role("button", name="Decline").click()
    await expect(page.get_by_role("heading", name="You did not allow it")).to_be_visible()
    await page.get_by_role("link", name="Sign in with Borvo").click()
    await expect(page.get_by_role("heading", name="Allow Pressure diary?")).to_be_visible()


async def test_the_app_says_what_the_api_refused_and_what_no_blood_pressure_is(
    borvo: Instance, open_page: OpenPage, start_example: StartExample, axe: str
) -> None:
    app = await prepare_example(borvo, start_example)
    page = await open_page(viewport=PHONE)
    await page.goto(f"{app}/signin")
    await sign_up(borvo, page)
    await page.get_by_role("button", name="Allow").click()
    # The browser itself would not send it: the app must not rely on that.
    await page.locator("form").evaluate_all("forms => forms.forEach(form => { form.noValidate = true })")
    await page.get_by_label("Systolic").fill("12")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("alert")).to_contain_text("Please")
    assert await run_axe(page, axe) == []
    assert await page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    async with borvo.platform.database.transaction() as connection:
        await connection.execute(
            "update client set disabled_at = now() where redirect_uris = $1", [f"{app}/signin-oidc"]
        )
    await page.get_by_label("Systolic").fill("120")
    await page.get_by_label("Diastolic").fill("80")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("heading", name="Borvo refused the request")).to_be_visible()
