"""Runs `borvo` as its users do: a process of its own, of which only output and exit code are known."""

import asyncio
import multiprocessing
import os
import sys
from asyncio.subprocess import PIPE, Process, create_subprocess_exec
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from borvo.cli.main import main
from tests.processes import finish, inherit_environment

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
    return await create_subprocess_exec(
        *PROGRAM,
        *arguments,
        env=inherit_environment(environment or {}),
        stdout=PIPE,
        stderr=PIPE,
        start_new_session=True,
    )


async def wait(process: Process) -> Ended:
    out, err = await finish(process)
    assert process.returncode is not None
    return Ended(process.returncode, out.decode(), err.decode())


# Importing the platform takes longer than what most commands do: processes are forked from one that has done it.
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    ["borvo.cli.operation", "borvo.cli.demo", "borvo.cli.support_options", __name__]
)
_SECONDS = 60


def _become(arguments: Sequence[str], environment: Mapping[str, str], out: Path, err: Path) -> None:
    os.environ.clear()
    os.environ.update(environment)
    for path, number in ((out, 1), (err, 2)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), number)
    main(arguments)


def _run(arguments: Sequence[str], environment: Mapping[str, str]) -> Ended:
    with TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        process = _FORKS.Process(target=_become, args=(arguments, environment, out, err))
        process.start()
        process.join(_SECONDS)
        if process.exitcode is None:
            process.kill()
        assert process.exitcode is not None, f"borvo {arguments} goes on"
        return Ended(process.exitcode, out.read_text(), err.read_text())


async def run(*arguments: str, environment: Mapping[str, str] | None = None) -> Ended:
    """A command that ends by itself."""
    return await asyncio.to_thread(_run, arguments, inherit_environment(environment or {}))
