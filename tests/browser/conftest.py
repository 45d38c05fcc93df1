"""A real Chromium, and an app's site that is foreign to the server."""

import os
import re
import sys
from asyncio import subprocess, wait_for
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright, expect

from tests.browser.foreign_site import ForeignSite
from tests.instance import PASSWORD, Instance
from tests.processes import ROOT, stop, wait_for_port

FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Of what is waited for, in milliseconds: only what is broken takes as long, however busy the machine is.
PATIENCE = 30_000
expect.set_options(timeout=PATIENCE)
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 800}
RUN_AXE = """async () => {
  const found = await axe.run({resultTypes: ["violations"]});
  return found.violations.map(each => `${each.id}: ${each.nodes.map(node => node.target).join(", ")}`);
}"""
# The page itself, answered with an error status: Chromium reports it, but it is no fault of the page.
ERROR_PAGE = re.compile(r"the server responded with a status of (4\d\d|502)")

StartExample = Callable[[str, str, int], Awaitable[str]]
OpenPage = Callable[..., Awaitable[Page]]


def _find_chromium() -> str:
    path = os.environ.get("BORVO_CHROMIUM", "/usr/bin/chromium")
    if not Path(path).exists():
        pytest.fail("no Chromium: run scripts/chromium, or set BORVO_CHROMIUM to the path of one")
    return path


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    path = _find_chromium()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
async def open_page(chromium: Browser) -> AsyncIterator[OpenPage]:
    """A page in a browser profile of its own. What any page writes to the console as an error fails the test,
    which includes every violation of a content security policy."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    async def open_one(**options: object) -> Page:
        context = await chromium.new_context(**options)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE)
        context.on("console", note_into(faults))
        context.on("weberror", lambda error: faults.append(str(error.error)))
        contexts.append(context)
        return await context.new_page()

    yield open_one
    for context in contexts:
        await context.close()
    assert not faults


def note_into(faults: list[str]) -> Callable[[ConsoleMessage], None]:
    """Notes what is written to the console as an error."""

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and not ERROR_PAGE.search(message.text):
            faults.append(f"{message.location.get('url')}: {message.text}")

    return note


@pytest.fixture(scope="session")
def axe() -> str:
    path = ROOT / "node_modules" / "axe-core" / "axe.min.js"
    if not path.exists():
        pytest.fail("axe-core is not installed: run scripts/build_assets.py")
    return path.read_text()


@pytest.fixture
async def foreign_site() -> AsyncIterator[ForeignSite]:
    site = ForeignSite()
    async with site.serve():
        yield site


@pytest.fixture
async def other_site() -> AsyncIterator[ForeignSite]:
    """A second app's, foreign to the first one too."""
    site = ForeignSite()
    async with site.serve():
        yield site


@pytest.fixture
async def start_example(borvo: Instance) -> AsyncIterator[StartExample]:
    """Starts `examples/mybp` with a client's id and secret, and tells its address."""
    async with AsyncExitStack() as stack:

        async def start(client_id: str, secret: str, port: int) -> str:
            settings = {
                "MYBP_ISSUER": borvo.origin,
                "MYBP_CLIENT_ID": client_id,
                "MYBP_CLIENT_SECRET": secret,
                "MYBP_PORT": str(port),
            }
            process = await subprocess.create_subprocess_exec(
                sys.executable,
                str(ROOT / "examples" / "mybp" / "app.py"),
                env={**os.environ, **settings},
                stdout=subprocess.DEVNULL,
            )
            stack.push_async_callback(stop, process)
            await wait_for(wait_for_port(port), 60)
            return f"http://localhost:{port}"

        yield start


async def sign_in(page: Page, email: str) -> None:
    """Fills the sign-in page that the browser is at."""
    await page.get_by_label("E-mail address").fill(email)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("main").get_by_role("button", name="Sign in").click()


async def tab_to(page: Page, name: str) -> None:
    """Presses Tab until the element of that id has the focus."""
    for _ in range(60):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.id") == name:
            return
    pytest.fail(f"the keyboard does not reach {name}")


async def check_looks(page: Page, axe: str) -> None:
    """On a phone in dark colours and on a desk in light ones; the way goes on in the size that it had."""
    before = page.viewport_size
    await check_look(page, axe, "dark", PHONE)
    await check_look(page, axe, "light", DESKTOP)
    if before and before["width"] != DESKTOP["width"]:
        await page.set_viewport_size(before)


async def check_look(page: Page, axe: str, scheme: str, size: dict[str, int]) -> None:
    """What axe finds, and that nothing is wider than the screen."""
    await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    await page.set_viewport_size(size)  # type: ignore[arg-type]
    assert await run_axe(page, axe) == [], page.url
    assert await page.evaluate("document.documentElement.scrollWidth") <= size["width"], page.url


async def run_axe(page: Page, axe: str) -> list[str]:
    """What axe finds fault with, one line each."""
    await keep_picture(page)
    # Through the debugging protocol, which needs no hole in the content security policy; once a document.
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(axe)
    faults: list[str] = await page.evaluate(RUN_AXE)
    return faults


_pictures = count()


async def keep_picture(page: Page) -> None:
    """For people to look at, in the folder that BORVO_SCREENSHOTS names: by test, in the order taken."""
    if folder := os.environ.get("BORVO_SCREENSHOTS"):
        test = os.environ["PYTEST_CURRENT_TEST"].rpartition("::")[2].partition(" ")[0]
        name = re.sub(r"[^\w.-]+", "-", test)
        width = page.viewport_size["width"] if page.viewport_size else 0
        path = Path(folder) / f"{name}-{next(_pictures):03}-{width}.png"
        await page.screenshot(path=path, full_page=True)
