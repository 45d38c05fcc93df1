import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def open_directory() -> Iterator[Path]:
    """A directory that every user may pass through, as `/srv` would be."""
    directory = Path(tempfile.mkdtemp(prefix="borvo-test-"))
    directory.chmod(0o755)
    yield directory
    _remove(directory)


@pytest.fixture
def open_dir() -> Iterator[Path]:
    with open_directory() as directory:
        yield directory


@pytest.fixture
def closed_dir(tmp_path: Path) -> Iterator[Path]:
    """A directory that only the user of the tests may enter, as `/root` is."""
    directory = tmp_path / "closed"
    directory.mkdir(mode=0o700)
    yield directory
    _remove(directory)


def _remove(directory: Path) -> None:
    for record in directory.rglob("postgres.location"):
        shutil.rmtree(record.read_text().strip())
    shutil.rmtree(directory)
