"""A service that asks people in the name of the demo's organisation: the example, and the page that says how."""

import asyncio
import json
import re
import subprocess
import sys
from json import JSONDecoder
from pathlib import Path
from uuid import uuid4

import pytest

from borvo.cli.demo_data import PASSWORD
from tests.docs.recipes import Recipe, list_invitations
from tests.functional.browser import Browser

WORKER = Path(__file__).resolve().parents[2] / "examples/worker/worker.py"


async def find_organisation(browser: Browser) -> str:
    """As an agent finds it."""
    await browser.sign_in("agent@demo.test", PASSWORD)
    page = await browser.open("/agency/invite?clientid=demo.worker")
    found = re.search(r'<option value="([0-9a-f-]{36})"[^>]*>Demo clinic<', page.text)
    assert found
    return found[1]


async def run(
    demo: str, *arguments: str, secret: str = "demo-worker-secret-0123456789"
) -> subprocess.CompletedProcess[str]:
    environment = {
        "WORKER_ISSUER": demo,
        "WORKER_CLIENT_ID": "demo.worker",
        "WORKER_CLIENT_SECRET": secret,
    }
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, str(WORKER), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


async def test_it_asks_for_its_organisation_and_for_no_other(demo: str, browser: Browser) -> None:
    organisation, address = await find_organisation(browser), f"{uuid4().hex}@example.org"
    done = await run(demo, organisation, "read.step_count", "--email", address)
    assert (done.returncode, done.stderr) == (0, "")
    assert "on its way" in done.stdout
    refused = await run(demo, str(uuid4()), "read.step_count", "--email", address)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "may not act for this organisation" in refused.stderr


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        ("a-secret-of-somebody-else", "Borvo gave no token: "),
        ("", "Set WORKER_CLIENT_ID and WORKER_CLIENT_SECRET"),
    ],
)
async def test_without_its_clients_secret_it_says_so(demo: str, secret: str, words: str) -> None:
    refused = await run(demo, str(uuid4()), "read.step_count", "--email", "a@example.org", secret=secret)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith(words)
    assert "Traceback" not in refused.stderr


async def accept(browser: Browser, link: str) -> None:
    browser.client.cookies.clear()
    await browser.sign_in("patient@demo.test", PASSWORD)
    page = await browser.submit(await browser.open(link), link, decision="accept")
    assert "Shared." in page.text


async def test_the_page_for_agencies_says_how_to_ask_and_to_read(
    demo: str, browser: Browser, tmp_path: Path
) -> None:
    recipe = Recipe("read-for-an-agency", demo, tmp_path)
    organisation = await find_organisation(browser)
    before = await list_invitations(demo)
    await recipe.run("ask", "the-id-of-the-organisation", organisation)
    (link,) = await list_invitations(demo) - before
    await accept(browser, link)
    claims, end = JSONDecoder().raw_decode(told := await recipe.run("read"))
    shared = {each["type"]: each["value"] for each in claims[0]}
    assert (shared["email"], shared["scope"]) == ("patient@demo.test", "read.step_count")
    samples = json.loads(told[end:])["datas"]
    assert {(each["type"], each["subject"]) for each in samples} == {("step_count", shared["sub"])}
    assert not recipe.waiting
