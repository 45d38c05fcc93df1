"""Runs the commands of a page: fenced blocks behind a comment `<!-- run: name -->`."""

import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

_BLOCK = re.compile(
    r"^<!-- run: (?P<name>\w+) -->\n```(?:sh|python)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
_UNMARKED = re.compile(r"(?<!-->\n)^```(?:sh|python|http)$", re.MULTILINE)


def read_blocks(page: Path) -> dict[str, str]:
    """By name, in their order. Every block of commands or Python has to be marked."""
    text = page.read_text(encoding="utf-8")
    assert _UNMARKED.findall(re.sub(_BLOCK, "", text)) == [], "a block is not run by any test"
    return {match["name"]: match["text"] for match in _BLOCK.finditer(text)}


@dataclass
class Terminal:
    """A person's terminal: variables live from one block to the next."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    def run(self, block: str) -> str:
        """What the block prints; fails when a command of it does."""
        script = f"set -aeuo pipefail\n{block}\nenv -0 > .variables"
        environment = {"PATH": os.environ["PATH"], **self.variables}
        done = subprocess.run(  # noqa: S603
            ["/usr/bin/env", "bash", "-c", script],
            check=False,
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}{done.stderr}"
        pairs = (self.folder / ".variables").read_text().rstrip("\0").split("\0")
        self.variables = dict(pair.partition("=")[::2] for pair in pairs)
        return done.stdout
