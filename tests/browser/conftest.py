"""A real Chromium, the real server in a process of its own, and an app's site that is foreign to it."""

import base64
import os
import re
import sys
from asyncio import subprocess, wait_for
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from argon2 import PasswordHasher
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright

from borvo.accounts.public import Passwords, Registration, create_person
from borvo.assembly import Platform, build_platform
from borvo.portal.public import create_tenancy
from borvo.settings import read_settings
from tests.browser.foreign_site import ForeignSite
from tests.conftest import replace_database
from tests.functional.mails import find_link
from tests.processes import ROOT, find_free_port, read_line, stop, wait_for_port

PASSWORD = "correct horse pony"
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
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


@dataclass(frozen=True)
class Instance:
    """The server that runs, and the same platform in this process, to make what a test begins with."""

    origin: str
    platform: Platform

    async def create_person(self, *, tenancy: str = "") -> str:
        """A new person's e-mail address; with a prefix, a developer who owns a tenancy."""
        email = f"{uuid4().hex[:12]}@example.org"
        await create_person(self.platform.accounts, Registration(email, "Ada", "Byron", PASSWORD))
        if tenancy:
            await create_tenancy(self.platform.portal, email, tenancy)
        return email

    async def sign_up(self, page: Page, email: str) -> None:
        """From the page that asks for an address to where she was going, as Paula Patient."""
        await page.get_by_label("E-mail address").fill(email)
        await page.get_by_role("button", name="Send the link").click()
        await page.get_by_role("heading", name="Look at your mail").wait_for()
        await page.goto(self.origin + await find_link(self.platform, email))
        await page.get_by_label("Given name").fill("Paula")
        await page.get_by_label("Family name").fill("Patient")
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Create account").click()


@asynccontextmanager
async def _open_platform(environment: dict[str, str]) -> AsyncIterator[Platform]:
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    platform = build_platform(read_settings(environment), passwords=passwords)
    await platform.database.open()
    try:
        yield platform
    finally:
        await platform.database.close()


@pytest.fixture(scope="session")
async def borvo(server_url: str, template_name: str) -> AsyncIterator[Instance]:
    """`borvo serve` on a database of its own, for the whole run."""
    name, port = f"browser_{uuid4().hex}", find_free_port()
    connection = await asyncpg.connect(server_url)
    await connection.execute(f'create database "{name}" template "{template_name}"')
    await connection.close()
    environment = {
        "BORVO_ISSUER": f"http://localhost:{port}",
        "BORVO_PORT": str(port),
        "BORVO_DATABASE_URL": replace_database(server_url, name),
        "BORVO_SECRET_KEY": base64.b64encode(os.urandom(32)).decode(),
        "BORVO_LOG_LEVEL": "warning",
    }
    program = "from borvo.cli.main import main; main(['serve'])"
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("BORVO_")}
    process = await subprocess.create_subprocess_exec(
        sys.executable, "-c", program, env={**inherited, **environment}, stdout=subprocess.PIPE
    )
    try:
        assert await read_line(process) == f"ready {environment['BORVO_ISSUER']}"
        async with _open_platform(environment) as platform:
            yield Instance(environment["BORVO_ISSUER"], platform)
    finally:
        await stop(process)


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

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and not ERROR_PAGE.search(message.text):
            faults.append(f"{message.location.get('url')}: {message.text}")

    async def open_one(**options: object) -> Page:
        context = await chromium.new_context(**options)  # type: ignore[arg-type]
        context.set_default_timeout(10_000)
        context.on("console", note)
        context.on("weberror", lambda error: faults.append(str(error.error)))
        contexts.append(context)
        return await context.new_page()

    yield open_one
    for context in contexts:
        await context.close()
    assert not faults


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
            await wait_for(wait_for_port(port), 20)
            return f"http://localhost:{port}"

        yield start


async def sign_in(page: Page, email: str) -> None:
    """Fills the sign-in page that the browser is at."""
    await page.get_by_label("E-mail address").fill(email)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("main").get_by_role("button", name="Sign in").click()


async def run_axe(page: Page, axe: str) -> list[str]:
    """What axe finds fault with, one line each."""
    await keep_picture(page)
    # Through the debugging protocol, which needs no hole in the content security policy.
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
