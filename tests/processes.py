"""Programs that tests run as processes of their own."""

import asyncio
import os
import socket
from asyncio.subprocess import Process
from collections.abc import Iterable, Mapping
from contextlib import closing, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_PATIENCE = 60


def inherit_environment(own: Mapping[str, str]) -> dict[str, str]:
    """What a process of Borvo's gets: our variables, but for those that are settings of Borvo; and its `own`."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("BORVO_")}
    return {**inherited, **own}


def find_free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def read_line(process: Process) -> str:
    """The next line of its standard output without its end; raises `EOFError` when the process has none left."""
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), _PATIENCE)
    if not line:
        raise EOFError("the process ended")
    return line.decode().rstrip("\n")


async def wait_for_port(port: int) -> None:
    """Until somebody listens there."""
    while True:
        try:
            _, writer = await asyncio.open_connection("localhost", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            await writer.wait_closed()
            return


async def finish(process: Process) -> tuple[bytes, bytes]:
    """Waits until it has ended: what else it wrote."""
    return await asyncio.wait_for(process.communicate(), _PATIENCE)


async def stop(process: Process) -> None:
    if process.returncode is None:
        process.terminate()
    await finish(process)


def list_processes() -> dict[int, tuple[int, str]]:
    """Every process of the machine that has not ended: the parent's id and the name, by process id."""
    processes: dict[int, tuple[int, str]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            # "pid (name) state parent ...": the name may hold spaces and parentheses.
            head, _, tail = (folder / "stat").read_text().rpartition(")")
            state, parent = tail.split()[:2]
            # One that has ended is listed until somebody asks how.
            if state != "Z":
                processes[int(folder.name)] = int(parent), head.partition("(")[2]
    return processes


async def find_left(pids: Iterable[int], patience: float = 5.0) -> set[int]:
    """Those that have not ended after a while: a resource tracker ends a moment after the last that it serves."""
    waited = set(pids)
    for _ in range(round(patience / 0.05)):
        if not waited & list_processes().keys():
            break
        await asyncio.sleep(0.05)
    return waited & list_processes().keys()


def list_descendants(pid: int) -> dict[int, str]:
    """The names of the processes that it started, and those that they started, by process id."""
    processes = list_processes()
    found: dict[int, str] = {}
    waiting = [pid]
    while waiting:
        parent = waiting.pop()
        children = {child: name for child, (above, name) in processes.items() if above == parent}
        found.update(children)
        waiting.extend(children)
    return found
