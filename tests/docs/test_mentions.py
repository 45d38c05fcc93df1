"""What the documentation mentions is there: settings, commands, files."""

import re
import shlex
from itertools import takewhile
from pathlib import Path

import msgspec
import pytest

from borvo.cli.clients.connection import TOKEN_VARIABLE, URL_VARIABLE
from borvo.cli.main import build_parser
from borvo.settings import PREFIX, Settings
from tests.docs.test_pages import ROOT, list_pages

PAGES = list_pages(ROOT)
SETTINGS = {f"{PREFIX}{field.name.upper()}" for field in msgspec.structs.fields(Settings)}
# What the commands that speak to a Borvo read.
SETTINGS |= {URL_VARIABLE, TOKEN_VARIABLE}
_FENCE = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PATH = re.compile(r"`((?:src|tests|scripts|docs|changes|requirements)/[\w./-]+)`")


def _name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_the_settings_that_it_names_exist(page: Path) -> None:
    named = set(re.findall(rf"\b{PREFIX}[A-Z_]*[A-Z]\b", page.read_text(encoding="utf-8")))
    assert named <= SETTINGS


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_the_commands_that_it_shows_are_understood(page: Path) -> None:
    lines = "\n".join(_FENCE.findall(page.read_text(encoding="utf-8"))).splitlines()
    for line in lines:
        program, *arguments = shlex.split(line, comments=True) if re.match(r"\S*borvo ", line) else [""]
        if program:
            # What the shell writes into a file is no argument.
            build_parser().parse_args(list(takewhile(lambda each: each != ">", arguments)))


def test_commands_are_shown_at_all() -> None:
    text = (ROOT / "docs/tutorials/operator.md").read_text(encoding="utf-8")
    assert {"borvo migrate", "borvo serve", "borvo support role add"} <= set(
        re.findall(r"^borvo (?:support \w+ )?\w+", text, re.MULTILINE)
    )


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_the_files_that_it_names_exist(page: Path) -> None:
    named = _PATH.findall(page.read_text(encoding="utf-8"))
    # `NNNN` stands for a number to be chosen.
    assert [name for name in named if "NNNN" not in name and not (ROOT / name).exists()] == []


def test_every_pitfall_is_answered_by_tests_that_exist() -> None:
    text = (ROOT / "docs/decisions/0003-pitfalls-answered.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ") and ".py`" in line]
    assert len(rows) > 35
    for row in rows:
        named = re.findall(r"`([\w/]+\.py)` `(\w+)`", row)
        assert len(named) == row.count(".py`"), row
        for path, name in named:
            source = ROOT / "tests" / re.sub(r"^f/", "functional/", path)
            assert f"def test_{name}(" in source.read_text(encoding="utf-8"), row


def test_the_make_targets_that_are_named_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    for page in PAGES:
        named = set(
            re.findall(r"`make ([a-z]+)`|^make ([a-z]+)", page.read_text(encoding="utf-8"), re.MULTILINE)
        )
        assert {first or second for first, second in named} <= targets, _name(page)
