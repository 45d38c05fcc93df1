"""The example of a service: it asks a person in the name of the demo's organisation."""

import asyncio
import re
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from borvo.cli.demo_data import PASSWORD
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
