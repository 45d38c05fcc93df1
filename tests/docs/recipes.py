"""The pages in `docs/how-to`, done as they say."""

import asyncio
import os
import re
import sys
from pathlib import Path

import httpx

from tests.docs.blocks import Terminal, read_blocks

FOLDER = Path(__file__).resolve().parents[2] / "docs/how-to"
_INVITATION = re.compile(r"/agency/invitations/[\w-]+")


async def list_invitations(demo: str) -> set[str]:
    """The links of all invites that the demo has mailed."""
    async with httpx.AsyncClient(base_url=demo, timeout=20) as http:
        return set(_INVITATION.findall((await http.get("/outbox")).text))


class Recipe:
    """The blocks of one page, in one terminal; each is run at least once."""

    def __init__(self, name: str, demo: str, folder: Path) -> None:
        self.blocks = read_blocks(FOLDER / f"{name}.md")
        self.waiting = set(self.blocks)
        self._demo = demo
        # Whoever runs the commands has them on the path.
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        self._terminal = Terminal(folder, {"PATH": path})

    def read(self, name: str) -> str:
        self.waiting.discard(name)
        return self.blocks[name].replace("http://localhost:8000", self._demo)

    async def run(self, name: str, place: str = "", value: str = "") -> str:
        """What the block prints, with `value` in the place that the page leaves to the reader."""
        block = self.read(name)
        assert place in block
        if place:
            block = block.replace(place, value)
        return await asyncio.to_thread(self._terminal.run, block)
