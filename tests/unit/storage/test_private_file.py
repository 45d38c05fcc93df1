"""A private file is whole or not there, and never replaced."""

import os
from pathlib import Path

import pytest

from borvo.storage.private_file import write_private


def test_only_the_owner_reads_it(tmp_path: Path) -> None:
    write_private(tmp_path / "key", "text")
    assert (tmp_path / "key").read_text() == "text"
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_what_is_there_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("old")
    with pytest.raises(FileExistsError):
        write_private(tmp_path / "key", "new")
    assert (tmp_path / "key").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_a_broken_off_write_leaves_no_file_and_is_made_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError("the power went")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="power"):
            write_private(tmp_path / "key", "text")
    assert not (tmp_path / "key").exists()
    (tmp_path / "key.draft").write_text("half")
    write_private(tmp_path / "key", "text")
    assert (tmp_path / "key").read_text() == "text"
