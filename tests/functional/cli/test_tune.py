"""Building the password hash for the processor at hand: what is checked before anything is built."""

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def lay_out(folder: Path, *, is_installed: bool) -> Path:
    """A checkout as far as the script looks at it."""
    for name in ("scripts/tune", "requirements/runtime.txt"):
        (folder / name).parent.mkdir()
        shutil.copy(ROOT / name, folder / name)
    if is_installed:
        (folder / ".venv/bin").mkdir(parents=True)
        pip = folder / ".venv/bin/pip"
        pip.write_text('#!/bin/sh\nwhile [ "$1" != -r ]; do shift; done; cat "$2"\n', encoding="ascii")
        pip.chmod(0o755)
    return folder / "scripts/tune"


def run(script: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        ["/bin/bash", script, *options], env={"PATH": os.defpath}, capture_output=True, text=True, check=False
    )


def test_without_an_installation_it_says_what_to_do(tmp_path: Path) -> None:
    done = run(lay_out(tmp_path, is_installed=False))
    assert (done.returncode, done.stderr) == (1, "There is no .venv yet: run make install first.\n")


def test_what_is_built_is_the_locked_release_by_its_hashes(tmp_path: Path) -> None:
    """The way back installs it, and the stand-in for pip shows what it was told to."""
    done = run(lay_out(tmp_path, is_installed=True), "--undo")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0].startswith("argon2-cffi-bindings==")
    assert len(lines) > 3
    assert all(line.startswith("    --hash=sha256:") for line in lines[1:] if "#" not in line)
