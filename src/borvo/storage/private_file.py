"""Files with a secret that only their owner reads, and that are whole or not there."""

import os
from contextlib import suppress
from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Raises `FileExistsError` rather than overwrite. A crash at any moment leaves the whole file or none; the
    caller makes sure that nobody else writes it at the same time."""
    draft = path.with_name(f"{path.name}.draft")
    draft.unlink(missing_ok=True)
    try:
        _write_draft(draft, text)
        # A link, since a rename would replace what is there.
        os.link(draft, path, follow_symlinks=False)
    finally:
        draft.unlink(missing_ok=True)
    _keep_entry(path.parent)


def _write_draft(draft: Path, text: str) -> None:
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(handle)


def _keep_entry(folder: Path) -> None:
    """Writes the folder's list of files to disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        # Not every file system can; then it keeps its own order.
        with suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)
