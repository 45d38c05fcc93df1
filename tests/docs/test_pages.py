"""Links lead somewhere, and the glossary's words are in the code."""

import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest

from borvo.catalogue.sample_types import list_sample_types

ROOT = Path(__file__).resolve().parents[2]
_SKIPPED = {".venv", "node_modules", ".git", "dist", "build"}
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
# Made by `make screenshots`, which needs a browser.
_PICTURES = ROOT / "docs/screenshots"


def list_pages(root: Path) -> list[Path]:
    pages = (path for path in root.rglob("*.md") if _SKIPPED.isdisjoint(path.relative_to(root).parts))
    return sorted(path for path in pages if not any(part.endswith("_cache") for part in path.parts))


def _list_anchors(page: Path) -> set[str]:
    headings = _HEADING.findall(_FENCE.sub("", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def find_dead_links(page: Path) -> list[str]:
    dead = []
    for link in _LINK.findall(_FENCE.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = unquote(link).partition("#")
        target = (page.parent / name).resolve() if name else page
        if target.parent == _PICTURES and not _PICTURES.exists():
            continue
        if not target.exists() or (anchor and anchor not in _list_anchors(target)):
            dead.append(link)
    return dead


@pytest.mark.parametrize("page", list_pages(ROOT), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    assert find_dead_links(page) == []


def test_a_dead_link_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# A title\n[a](#a-title) [b](#b-title) [c](page.md) [d](none.md) [e](https://example.org)\n"
    )
    assert find_dead_links(page) == ["#b-title", "none.md"]


@cache
def _read_source() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))


def test_the_glossarys_words_are_in_the_code() -> None:
    glossary = (ROOT / "docs/concepts.md").read_text(encoding="utf-8").partition("## Glossary")[2]
    words = re.findall(r"\| `(\w+)` \|$", glossary, re.MULTILINE)
    assert len(words) == glossary.count("\n|") - 2, "a row without its word in the code"
    # Names of settings and of JSON members are made from those of fields.
    source = _read_source()
    missing = [word for word in words if not re.search(rf"\b({word}|{_to_field(word)})\b", source)]
    assert missing == []


def _to_field(word: str) -> str:
    if word.startswith("BORVO_"):
        return word.removeprefix("BORVO_").lower()
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", word).lower() if word[0].islower() else word


@pytest.mark.parametrize("path", sorted((ROOT / "docs/decisions").glob("*.md")), ids=lambda path: path.stem)
def test_a_decision_is_short(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    # A table is looked up in, not read through.
    assert len([line for line in lines if not line.startswith("|")]) <= 40


def test_the_number_of_types_is_right() -> None:
    count = len(list_sample_types())
    # News and decisions tell of their own time.
    pages = [page for page in list_pages(ROOT) if page.parent.name not in {"changes", "decisions"}]
    named = {
        (page.name, number)
        for page in pages
        for number in re.findall(r"\b(\d+) types\b|one of (\d+)\b", page.read_text(encoding="utf-8"))
    }
    wrong = [page for page, numbers in named if str(count) not in numbers]
    assert named
    assert wrong == []
