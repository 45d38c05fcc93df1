"""Programs that tests run as processes of their own."""

import asyncio
import socket
from asyncio.subprocess import Process
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_PATIENCE = 60


def find_free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def read_line(process: Process) -> str:
    """The next line of its standard output, or "" when it has ended."""
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), _PATIENCE)
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


async def stop(process: Process) -> None:
    if process.returncode is None:
        process.terminate()
    await asyncio.wait_for(process.communicate(), _PATIENCE)
