"""Runs `borvo client` in this process, against the application on a real socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from litestar.types import ASGIApp
from uvicorn import Config, Server

from borvo.cli.main import build_parser, run_command


@asynccontextmanager
async def serve(application: ASGIApp) -> AsyncIterator[str]:
    """The address."""
    config = Config(application, port=0, lifespan="off", log_config=None, ws="none")
    server = Server(config)
    running = asyncio.create_task(server._serve())
    while not server.started:  # noqa: ASYNC110  (uvicorn tells by this attribute only)
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = server.force_exit = True
    await running


@dataclass
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


@dataclass
class Terminal:
    """A terminal in which the address and the token are set."""

    capsys: pytest.CaptureFixture[str]

    async def run(self, *arguments: str) -> Done:
        self.capsys.readouterr()
        code = await asyncio.to_thread(self._run, arguments)
        said = self.capsys.readouterr()
        # The server logs in the same process; a command of ours says lines of its own.
        out = "".join(line for line in said.out.splitlines(keepends=True) if " [info " not in line)
        return Done(code, out, said.err)

    def _run(self, arguments: tuple[str, ...]) -> int:
        try:
            return run_command(build_parser().parse_args(["client", *arguments]))
        except SystemExit as end:
            return int(end.code or 0)
