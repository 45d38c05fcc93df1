"""Takes the pictures of docs/screenshots: the demo with the example app, on a desk and on a phone."""

import asyncio
import os
import re
import sys
import time
from asyncio.subprocess import PIPE, Process, create_subprocess_exec
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pyotp
from playwright.async_api import Browser, Page, ViewportSize, async_playwright

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "screenshots"
PORT, APP_PORT = 8000, 5001
ORIGIN, APP = f"http://localhost:{PORT}", f"http://localhost:{APP_PORT}"
PASSWORD = "borvo-demo-pass"  # noqa: S105  (the demo's, printed at its start)
OWN_PASSWORD = "purple lamp seven boats"  # noqa: S105  (of nobody, for a minute)
CLIENT = {"MYBP_CLIENT_ID": "demo.mybp", "MYBP_CLIENT_SECRET": "demo-mybp-secret-0123456789"}
SIZES = {"": ViewportSize(width=1280, height=800), "-phone": ViewportSize(width=390, height=844)}
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
MOST_BYTES = 200_000

Take = Callable[[Page, str], Awaitable[None]]
Show = Callable[[Page, Take], Awaitable[None]]


@asynccontextmanager
async def run(*command: str, ready: str, environment: dict[str, str]) -> AsyncIterator[Process]:
    """A program that has printed its line that begins with `ready`."""
    process = await create_subprocess_exec(*command, env={**os.environ, **environment}, stdout=PIPE)
    try:
        while not (line := (await process.stdout.readline()).decode()).startswith(ready):  # type: ignore[union-attr]
            if not line:
                sys.exit(f"{command[-1]} ended before it was ready")
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


async def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    await page.get_by_label("E-mail address").fill(email)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("main").get_by_role("button", name="Sign in").click()


async def show_public_pages(page: Page, take: Take) -> None:
    for name, path in {"start": "/", "sign-up": "/account/sign-up", "apis": "/docs"}.items():
        await page.goto(ORIGIN + path)
        await take(page, name)


async def show_portal(page: Page, take: Take) -> None:
    await page.goto(f"{ORIGIN}/portal")
    await sign_in(page, "developer@demo.test")
    await page.get_by_role("heading", name="Developer portal").wait_for()
    await take(page, "portal")
    for name, path in {
        "client": "/portal/clients/demo.mybp",
        "secret": "/portal/clients/demo.mybp/secret",
        "client-state": "/portal/clients/demo.mybp/state",
        "usage": "/portal/clients/demo.code/usage",
        "new-client": "/portal/clients/new",
        "team": "/portal/tenancies/demo/team",
        "audit": "/portal/tenancies/demo/audit",
        "tokens": "/portal/tenancies/demo/tokens",
        "quick-start": "/portal/clients/demo.mybp/start",
        "which-grant": "/portal/grant?presence=person&place=server&library=code",
    }.items():
        await page.goto(ORIGIN + path)
        await take(page, name)
    await show_picker(page, take)
    await show_drive(page, take)
    await show_requests(page, take)


async def show_picker(page: Page, take: Take) -> None:
    """A group is ticked, and the page that people will read stands beside it."""
    await page.goto(f"{ORIGIN}/portal/clients/new")
    await page.get_by_label("Display name").fill("Heart Helper")
    await page.get_by_label("Find a scope").fill("pressure")
    await page.locator("[name='scopes'][value='read.blood_pressure']").check()
    preview = page.frame_locator("#consent-frame")
    await preview.get_by_label("read your blood pressure records").wait_for()
    await page.locator("#scopes").evaluate("each => each.scrollIntoView()")
    await take(page, "scope-picker")


async def show_drive(page: Page, take: Take) -> None:
    """The client's real flow, step by step."""
    await page.goto(f"{ORIGIN}/portal/clients/demo.mybp/drive")
    await page.get_by_role("button", name="Drive").click()
    await page.get_by_role("heading", name="Once more").wait_for()
    await page.locator("main section").first.evaluate("each => each.scrollIntoView()")
    await take(page, "test-drive")


async def show_requests(page: Page, take: Take) -> None:
    """What is refused is written a little later."""
    sent = {"client_id": "demo.mybp", "response_type": "code id_token", "scope": "openid", "nonce": "n"}
    for uri in ("http://localhost:5001/signin-oidc/", "http://localhost:5002/signin-oidc"):
        await page.request.get(f"{ORIGIN}/connect/authorize", params={**sent, "redirect_uri": uri})
    await page.goto(f"{ORIGIN}/portal/clients/demo.mybp/requests")
    while not await page.get_by_text("localhost:5002").count():
        await asyncio.sleep(1)
        await page.reload()
    await take(page, "failed-requests")


async def start_sign_in(page: Page) -> None:
    await page.goto(f"{APP}/signin")
    await page.get_by_role("heading", name="Sign in").wait_for()


async def show_consent(page: Page, take: Take) -> None:
    await start_sign_in(page)
    await take(page, "sign-in")
    await sign_in(page, "patient@demo.test")
    await page.get_by_role("button", name="Allow").wait_for()
    await take(page, "consent")


async def show_device(page: Page, take: Take) -> None:
    """As the bathroom scales of the demo would begin, which have no screen to take a picture of."""
    scope = "openid offline_access read.body_mass write.body_mass"
    answer = await page.request.post(
        f"{ORIGIN}/connect/deviceauthorization", form={"client_id": "demo.scales", "scope": scope}
    )
    await page.goto((await answer.json())["verification_uri_complete"])
    await sign_in(page, "patient@demo.test")
    await page.get_by_role("button", name="Continue").wait_for()
    await take(page, "device")
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_role("button", name="Allow").wait_for()
    await take(page, "device-consent")
    await page.get_by_role("button", name="Allow").click()
    await page.get_by_role("heading", name="connected").wait_for()


async def show_app(page: Page, take: Take) -> None:
    await page.goto(APP)
    await take(page, "mybp-start")
    await start_sign_in(page)
    await sign_in(page, "patient@demo.test")
    heading, allow = page.get_by_role("heading", name="Hello"), page.get_by_role("button", name="Allow")
    await heading.or_(allow).wait_for()
    if await allow.count():
        await allow.click()
    await heading.wait_for()
    await take(page, "mybp")
    for name in ("account", "account/apps"):
        await page.goto(f"{ORIGIN}/{name}")
        await take(page, name.rpartition("/")[2])


async def open_link(page: Page, kind: str) -> None:
    """The newest of its kind that a mail in the demo's outbox brings."""
    await page.goto(f"{ORIGIN}/outbox")
    await page.locator(f"a[href*='/account/{kind}/']").first.click()


async def show_sign_up(page: Page, take: Take) -> None:
    """Somebody new makes an account, protects it, and signs in elsewhere."""
    width = page.viewport_size["width"] if page.viewport_size else 0
    email = f"nora.{width}@demo.test"
    await page.goto(f"{ORIGIN}/account/sign-up")
    await page.get_by_label("E-mail address").fill(email)
    await page.get_by_role("button", name="Send the link").click()
    await take(page, "mail-sent")
    await open_link(page, "sign-up")
    await page.get_by_label("Given name").fill("Nora")
    await page.get_by_label("Family name").fill("Newcomer")
    await page.get_by_label("Password").fill(OWN_PASSWORD)
    await take(page, "finish-sign-up")
    await page.get_by_role("button", name="Create account").click()
    await page.wait_for_url(f"{ORIGIN}/account")
    await show_factors(page, take)
    # A browser of its own, in which she is not signed in.
    context = await page.context.browser.new_context(viewport=page.viewport_size)  # type: ignore[union-attr]
    elsewhere = await context.new_page()
    await elsewhere.goto(f"{ORIGIN}/account/sign-in")
    await sign_in(elsewhere, email, OWN_PASSWORD)
    await elsewhere.get_by_role("heading", name="One more step").wait_for()
    await take(elsewhere, "second-step")
    await context.close()


async def show_factors(page: Page, take: Take) -> None:
    await page.goto(f"{ORIGIN}/account/factors")
    await page.get_by_role("button", name="Set up an app").click()
    await take(page, "app-setup")
    await page.get_by_text("If you cannot scan it").click()
    key = (await page.locator("#totp-key").inner_text()).replace(" ", "")
    await page.get_by_label("Code").fill(pyotp.TOTP(key).now())
    await page.get_by_role("button", name="Confirm").click()
    await page.get_by_role("button", name="Make new recovery codes").click()
    await take(page, "recovery-codes")
    await page.get_by_role("link", name="I have kept them").click()
    await page.get_by_role("heading", name="Passkeys").wait_for()
    await take(page, "factors")
    for name in ("sessions", "security"):
        await page.goto(f"{ORIGIN}/account/{name}")
        await take(page, name)


async def read_code(page: Page) -> str:
    """Of the newest mail in the demo's outbox, in a tab of its own."""
    outbox = await page.context.new_page()
    await outbox.goto(f"{ORIGIN}/outbox")
    text = await outbox.get_by_role("main").inner_text()
    await outbox.close()
    found = re.search(r"\b[0-9]{4} [0-9]{4}\b", text)
    return found.group() if found else sys.exit("no code has been sent")


async def take_second_step(page: Page, keys: list[str]) -> None:
    """Sets an app up, or shows the next code of the one that was: each counts once."""
    if keys:
        await page.get_by_label("Code").fill(pyotp.TOTP(keys[0]).at(time.time() + 30))
        await page.get_by_role("main").get_by_role("button", name="Go on").click()
        return
    await page.get_by_role("button", name="Set up an app").click()
    await page.get_by_role("button", name="Send me a code").click()
    await page.get_by_label("Code").fill(await read_code(page))
    await page.get_by_role("button", name="Go on").click()
    await page.get_by_role("button", name="Confirm").wait_for()
    keys.append((await page.locator("#totp-key").text_content() or "").replace(" ", "").strip())
    await page.get_by_label("Code").fill(pyotp.TOTP(keys[0]).now())
    await page.get_by_role("button", name="Confirm").click()
    await page.get_by_role("heading", name="Passkeys").wait_for()


async def show_support(page: Page, take: Take, keys: list[str]) -> None:
    """Somebody who rang is found, and what was done around her account. `keys` holds that of the supporter's app
    from width to width."""
    await page.goto(f"{ORIGIN}/support")
    await sign_in(page, "support@demo.test")
    await take_second_step(page, keys)
    await page.goto(f"{ORIGIN}/support")
    await page.get_by_label("E-mail address or id").fill("patient@demo.test")
    await page.get_by_label("Why").fill("She rang about her telephone")
    await page.get_by_role("button", name="Find").click()
    await page.get_by_role("heading", name="Security log").wait_for()
    await take(page, "support-person")
    await page.goto(f"{ORIGIN}/support/events")
    await take(page, "support-events")


async def show(browser: Browser, suffix: str, pages: Show) -> None:
    """In a browser profile of its own, so that nobody is signed in."""

    async def take(page: Page, name: str) -> None:
        picture = await page.screenshot(path=FOLDER / f"{name}{suffix}.png")
        if len(picture) > MOST_BYTES:
            sys.exit(f"{name}{suffix}.png has {len(picture)} bytes, which is too many")

    context = await browser.new_context(viewport=SIZES[suffix], reduced_motion="reduce")
    await pages(await context.new_page(), take)
    await context.close()


async def take_all(data_dir: str) -> None:
    program = str(Path(sys.executable).with_name("borvo"))
    borvo = [program, "demo", "--port", str(PORT), "--data-dir", data_dir]
    app = [sys.executable, str(ROOT / "examples" / "mybp" / "app.py")]
    async with (
        run(*borvo, ready="ready", environment={}),
        run(*app, ready="My blood pressure", environment=CLIENT),
        async_playwright() as playwright,
    ):
        path = os.environ.get("BORVO_CHROMIUM", "/usr/bin/chromium")
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        # Consent is asked for once: both pictures of it come before the app is allowed anything.
        shows: list[Show] = [show_public_pages, show_portal, show_consent, show_device, show_app]
        shows += [show_sign_up, partial(show_support, keys=[])]
        for pages in shows:
            for suffix in SIZES:
                await show(browser, suffix, pages)
        await browser.close()


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    # Not below a closed directory: as root, PostgreSQL runs under an account of its own.
    with TemporaryDirectory(prefix="borvo-screenshots-") as folder:
        Path(folder).chmod(0o711)
        asyncio.run(take_all(folder))


if __name__ == "__main__":
    main()
