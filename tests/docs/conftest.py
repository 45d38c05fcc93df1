"""A demo for the pages whose commands are run."""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest

from tests.functional.browser import Browser
from tests.processes import find_free_port


@pytest.fixture(scope="session")
def demo() -> Iterator[str]:
    """The address of a demo of this run's own."""
    port = find_free_port()
    # Not pytest's own directory: its parents are closed to the account that PostgreSQL runs under as root.
    with TemporaryDirectory(prefix="borvo-test-") as folder:
        Path(folder).chmod(0o711)
        program = "from borvo.cli.main import main; main()"
        command = [sys.executable, "-c", program, "demo", "--port", str(port), "--data-dir", f"{folder}/data"]
        with subprocess.Popen(  # noqa: S603
            command, stdout=subprocess.PIPE, text=True, env={**os.environ, "BORVO_LOG_LEVEL": "error"}
        ) as server:
            assert server.stdout is not None
            try:
                assert any(line.startswith("ready ") for line in server.stdout), "the demo did not start"
                yield f"http://localhost:{port}"
            finally:
                server.send_signal(signal.SIGINT)
                server.wait(timeout=30)


@pytest.fixture
async def browser(demo: str) -> AsyncIterator[Browser]:
    async with httpx.AsyncClient(base_url=demo, timeout=20) as client:
        yield Browser(client)
