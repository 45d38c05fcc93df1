"""Borvo keeps its own rules, and the checks that say so would notice if it did not."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.architecture import checks

ROOT = Path(__file__).resolve().parents[2]
Check = Callable[[Path], list[str]]
CHECKS: list[Check] = [function for name, function in vars(checks).items() if name.startswith("check_")]
REGISTRY = checks.REGISTRIES[0]
LONG_FUNCTION = "def wait() -> None:\n" + "    ...\n" * 60
MIDDLING_FUNCTION = "def wait() -> None:\n" + "    ...\n" * 9 + "\n"

FINE = {
    "src/borvo/__init__.py": "",
    "src/borvo/kernel/ids.py": "import uuid\n\nNIL = uuid.UUID(int=0)\n",
    "src/borvo/catalogue/words.py": "from importlib import resources\nfrom borvo.kernel import ids\n",
    "src/borvo/accounts/public.py": (
        "from datetime import datetime\n"
        "from borvo.accounts import service\n"
        "from borvo.accounts.model import Person, load10, load2\n"
        "from borvo.kernel.ids import NIL\n"
        "__all__ = ['LIMIT', 'Person', 'load2', 'load10', 'sign_in']\n"
        "LIMIT: int = 3\n"
        "_hidden = 1\n"
        "def sign_in() -> None: ...\n"
    ),
    "src/borvo/accounts/service.py": "",
    "src/borvo/accounts/policy.py": "import datetime\nfrom borvo.accounts.model import Person\n",
    "src/borvo/accounts/templates/page.html": (
        '<script src="/static/a.js" defer></script>'
        '<a href="{{ url }}" class="{% if a > 1 %}style{% endif %}">on = 1</a>'
        '<svg xmlns="http://www.w3.org/2000/svg"></svg>'
    ),
    "src/borvo/accounts/tables.py": "import sqlalchemy\n",
    "src/borvo/assembly/entry.py": "from borvo.accounts.public import sign_in\n",
    "src/borvo/web/bearer.py": "NAME = b'authorization'\n",
    "src/borvo/portal/service.py": "import borvo.accounts.public\nfrom borvo.accounts import public\n",
    "src/borvo/support/__init__.py": "",
    "src/borvo/support/people.py": "from borvo.accounts import public\n",
    "src/borvo/dataserver/__init__.py": "",
    "src/borvo/agency/__init__.py": "",
    "src/borvo/identity/__init__.py": "",
    "src/borvo/identity/signing_process.py": "from borvo.companion.process import work\n",
    "src/borvo/accounts/hash_process.py": "from borvo.companion.process import work\n",
    "src/borvo/companion/__init__.py": "",
    "src/borvo/companion/process.py": "def work() -> None: ...\n",
    "src/borvo/cli/main.py": "from borvo.accounts.service import anything\n",
    "src/borvo/storage/migrations/env.py": "from borvo.accounts import tables\n",
    "src/borvo/storage/migrations/versions/0001_start.py": "# long\n" * 401,
    "src/borvo/web/theme/a.scss": "// See the notes.\na { background: url('/static/a.svg'); }\n",
}

BAD: list[tuple[Check, str, str]] = [
    (checks.check_contracts, "src/borvo/kernel/__init__.py", "import borvo.accounts"),
    (checks.check_contracts, "src/borvo/unheard_of/__init__.py", ""),
    *(
        (checks.check_contracts, "src/borvo/support/people.py", f"from borvo.{feature} import public")
        for feature in ("dataserver", "agency", "identity")
    ),
    (checks.check_contracts, "src/borvo/accounts/service.py", "from borvo.dataserver import public"),
    (checks.check_contracts, "src/borvo/accounts/service.py", "from borvo.accounts import tables"),
    (checks.check_contracts, "src/borvo/assembly/entry.py", "def f() -> None:\n    import alembic"),
    (checks.check_contracts, "src/borvo/identity/signing_process.py", "import joserfc"),
    (checks.check_sizes, "src/borvo/accounts/service.py", LONG_FUNCTION),
    (checks.check_sizes, "tests/unit/test_long.py", "# long\n" * 401),
    (checks.check_median, "src/borvo/accounts/service.py", MIDDLING_FUNCTION * 3),
    (checks.check_names, "src/borvo/accounts/utils.py", ""),
    (checks.check_names, "src/borvo/accounts/helpers/__init__.py", ""),
    (checks.check_names, "src/borvo/dataserver/statistics.py", ""),
    (checks.check_import_style, "src/borvo/accounts/service.py", "from .model import Person"),
    (checks.check_import_style, "src/borvo/accounts/service.py", "def f():\n    from . import model"),
    (checks.check_import_style, "tests/unit/test_star.py", "from borvo.kernel.ids import *"),
    (checks.check_public, "src/borvo/portal/public.py", "def sign_in(): ..."),
    (checks.check_public, "src/borvo/portal/public.py", "__all__ = []\ndef sign_in(): ..."),
    (
        checks.check_public,
        "src/borvo/portal/public.py",
        "__all__ = []\nfrom borvo.portal.model import Client",
    ),
    (
        checks.check_public,
        "src/borvo/portal/public.py",
        "__all__ = ['NIL']\nfrom borvo.kernel.ids import NIL",
    ),
    (checks.check_public, "src/borvo/portal/public.py", "__all__ = ['b', 'a']\na = 1\nb = 2"),
    (checks.check_public, "src/borvo/portal/public.py", "__all__ = ['a', 'B']\na = 1\nclass B: ..."),
    (checks.check_purity, "src/borvo/kernel/ids.py", "import msgspec"),
    (checks.check_purity, "src/borvo/kernel/ids.py", "from importlib import resources"),
    (checks.check_purity, "src/borvo/kernel/ids.py", "from urllib import request"),
    (checks.check_purity, "src/borvo/kernel/ids.py", "from borvo.catalogue import words"),
    (checks.check_purity, "src/borvo/catalogue/words.py", "import os.path"),
    (checks.check_purity, "src/borvo/catalogue/words.py", "words = open('words').read()"),
    (checks.check_purity, "src/borvo/accounts/policy.py", "import asyncio"),
    (checks.check_purity, "src/borvo/accounts/policy.py", "from time import time"),
    (checks.check_purity, "src/borvo/accounts/policy.py", "from borvo.accounts import store"),
    (checks.check_purity, "src/borvo/identity/grants/policy.py", "from borvo.accounts.model import Person"),
    (checks.check_features, "src/borvo/portal/service.py", "from borvo.accounts.service import sign_in"),
    (checks.check_features, "src/borvo/portal/service.py", "from borvo.accounts import store"),
    (checks.check_features, "src/borvo/portal/service.py", "import borvo.accounts"),
    (checks.check_features, "src/borvo/portal/service.py", "from borvo import accounts"),
    (checks.check_features, "src/borvo/web/pages.py", "def f():\n    import borvo.accounts.store"),
    (checks.check_features, "src/borvo/storage/outbox.py", "from borvo.accounts.tables import person"),
    (checks.check_tokens, "src/borvo/agency/endpoints.py", "text = headers.get('authorization')"),
    (checks.check_tokens, "src/borvo/agency/endpoints.py", "text = find_header(scope, b'authorization')"),
    (checks.check_registries, "docs/install.md", f"pip install --index-url https://{REGISTRY}/simple"),
    (
        checks.check_registries,
        "package-lock.json",
        f'"resolved": "https://registry.{checks.REGISTRIES[2]}/a.tgz"',
    ),
    (checks.check_foreign_hosts, "src/borvo/web/templates/a.html", '<link href="https://cdn.example/a.css">'),
    (checks.check_foreign_hosts, "src/borvo/web/templates/a.jinja", "<img src='//cdn.example/a.png'>"),
    (checks.check_foreign_hosts, "src/borvo/web/static/a.css", "@import url(//fonts.example/a.css);"),
    (
        checks.check_foreign_hosts,
        "src/borvo/web/theme/b.scss",
        "a { background: url(HTTP://cdn.example/a.png) }",
    ),
    (checks.check_inline_code, "src/borvo/web/templates/a.html", "<script>alert(1)</script>"),
    (checks.check_inline_code, "src/borvo/web/templates/a.html", "<script src='/a.js'>alert(1)</script>"),
    (checks.check_inline_code, "src/borvo/web/templates/a.html", "<style>a {}</style>"),
    (checks.check_inline_code, "src/borvo/web/templates/a.html", "<p\n  style = 'color: red'>"),
    (checks.check_inline_code, "src/borvo/web/templates/a.jinja", "<p class='{{ a > 1 }}' onclick='go()'>"),
    (checks.check_inline_code, "src/borvo/web/templates/a.html", "<p hx-on:click='go()'>"),
    (checks.check_inline_code, "src/borvo/web/templates/a.html", "<a href='javascript:go()'>"),
]


def _name(value: object) -> str:
    return getattr(value, "__name__", "")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project that breaks no rule, under Borvo's own contracts."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for name, text in FINE.items():
        _write(tmp_path / name, text)
    for folder in (tmp_path / "src/borvo").iterdir():
        if folder.is_dir():
            (folder / "__init__.py").touch()
    return tmp_path


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize("check", CHECKS, ids=_name)
def test_borvo_keeps_the_rule(check: Check) -> None:
    assert check(ROOT) == []


@pytest.mark.parametrize("check", CHECKS, ids=_name)
def test_a_fine_project_passes(check: Check, project: Path) -> None:
    assert check(project) == []


@pytest.mark.parametrize(("check", "path", "text"), BAD, ids=_name)
def test_a_bad_example_is_noticed(check: Check, path: str, text: str, project: Path) -> None:
    _write(project / path, text)
    assert check(project)


def test_every_check_has_a_bad_example() -> None:
    assert {check for check, _, _ in BAD} == set(CHECKS)


def test_large_things_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    large = checks.list_large(ROOT)
    with capsys.disabled():
        sys.stdout.writelines(f"\nlarge: {line}" for line in large)
    assert len(large) <= 40, "so many exceptions make a new rule"


def test_the_list_names_what_grows(project: Path) -> None:
    _write(project / "src/borvo/accounts/service.py", "def wait() -> None:\n" + "    ...\n" * 300)
    assert checks.list_large(project) == [
        "src/borvo/accounts/service.py:1 wait: 301 lines",
        "src/borvo/accounts/service.py: 301 lines",
    ]
