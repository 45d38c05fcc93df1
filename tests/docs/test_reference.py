"""The generated pages say what the code says."""

import importlib
import inspect
import re
from pathlib import Path

from authlib.oauth2 import OAuth2Error

from scripts import generate_reference
from scripts.generate_reference import OAUTH_ERRORS, PAGES, find_stale, list_rules

ROOT = Path(__file__).resolve().parents[2]


def test_the_generated_pages_are_fresh() -> None:
    stale = [str(path.relative_to(ROOT)) for path in find_stale(ROOT)]
    assert stale == [], "run scripts/generate_reference.py"


def test_a_missing_page_is_noticed(tmp_path: Path) -> None:
    assert len(find_stale(tmp_path)) == len(PAGES)


def test_every_spec_marker_is_listed() -> None:
    texts = [path.read_text() for path in (ROOT / "tests").rglob("test_*.py")]
    markers = sum(len(re.findall(r"^@pytest\.mark\.spec\(", text, re.MULTILINE)) for text in texts)
    assert sum(map(len, list_rules(ROOT).values())) == markers


def test_every_error_that_the_provider_raises_is_described() -> None:
    """The classes of errors that its modules import from the protocol library."""
    codes = set()
    for path in (ROOT / "src/borvo/identity").rglob("*.py"):
        name = ".".join(path.relative_to(ROOT / "src").with_suffix("").parts)
        module = importlib.import_module(name.removesuffix(".__init__"))
        for each in vars(module).values():
            if inspect.isclass(each) and issubclass(each, OAuth2Error):
                codes.add(str(getattr(each, "error", None) or ""))
    codes.discard("")  # the class above all others has none
    assert codes
    assert codes <= OAUTH_ERRORS.keys()


def test_no_page_is_written_with_an_undescribed_setting() -> None:
    assert "None" not in generate_reference.render_settings()
