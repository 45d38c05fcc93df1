"""Runs `borvo` as its users do: a process of its own, of which only output and exit code are known."""

import os
import sys
from asyncio.subprocess import PIPE, Process, create_subprocess_exec
from collections.abc import Mapping
from dataclasses import dataclass

from tests.processes import finish

PROGRAM = [sys.executable, "-c", "from borvo.cli.main import main; main()"]


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """The one line that it wrote on standard error."""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].startswith("borvo: ")
        return lines[0]


async def start(*arguments: str, environment: Mapping[str, str] | None = None) -> Process:
    """Begins a command in a process group of its own, as a terminal does."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("BORVO_")}
    return await create_subprocess_exec(
        *PROGRAM,
        *arguments,
        env={**inherited, **(environment or {})},
        stdout=PIPE,
        stderr=PIPE,
        start_new_session=True,
    )


async def wait(process: Process) -> Ended:
    out, err = await finish(process)
    assert process.returncode is not None
    return Ended(process.returncode, out.decode(), err.decode())


async def run(*arguments: str, environment: Mapping[str, str] | None = None) -> Ended:
    return await wait(await start(*arguments, environment=environment))
