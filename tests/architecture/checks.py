"""The rules of the architecture that no tool knows. Each check takes the root of a project and returns its
faults, one line each, so that it judges Borvo as well as the small bad examples that prove it bites.
"""

import ast
import os
import re
import statistics
import subprocess
import sys
from pathlib import Path

from tests.architecture.source import (
    find_calls,
    find_files,
    find_imports,
    find_public_names,
    find_python,
    find_source,
    measure_functions,
    measure_modules,
    order,
    parse,
    read_all,
    read_imports,
    show,
)

FEATURES = frozenset(
    """
    accounts organisations portal identity agency dataserver fhir integrations support
    """.split()  # noqa: SIM905 read as words
)
FUNCTION_WARN, FUNCTION_LIMIT, FUNCTION_MEDIAN = 40, 60, 10
MODULE_WARN, MODULE_LIMIT = 300, 400
FORBIDDEN_NAMES = frozenset({"base", "common", "helpers", "manager", "misc", "utils"})
# Spelt in parts, so that this file does not break the rule that it checks.
REGISTRIES = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("yarnpkg", "com"),
        ("deb", "debian", "org"),
        ("archive", "ubuntu", "com"),
        ("crates", "io"),
        ("proxy", "golang", "org"),
        ("anaconda", "org"),
    )
)
# Whoever presents access tokens, and the management API, whose tokens are bound to nothing.
TOKEN_READERS = frozenset({"web/bearer.py", "portal/api/access.py", "portal/registration/endpoints.py"})
TEMPLATES = frozenset({".html", ".jinja"})
STYLES = frozenset({".css", ".scss"})
# What reads or writes the world, waits, or starts something that does.
IMPURE = frozenset(
    """
    asyncio concurrent ctypes fcntl ftplib glob http.client http.server imaplib importlib io logging
    multiprocessing os pathlib pickle poplib select selectors shelve shutil signal smtplib
    socket socketserver sqlite3 ssl subprocess sys tempfile threading urllib.request webbrowser zipfile
    """.split()  # noqa: SIM905 read as words
)
IMPURE_CALLS = frozenset({"open", "print", "input", "exec", "eval", "__import__"})
IMPURE_IN_POLICY = frozenset({"random", "secrets", "time"})


def check_contracts(root: Path) -> list[str]:
    """The import contracts of pyproject.toml, as import-linter judges them."""
    program = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    environment = {**os.environ, "PYTHONPATH": str(root / "src")}
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", program],
        check=False,
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
    )
    return [] if done.returncode == 0 else [done.stdout + done.stderr]


def check_sizes(root: Path) -> list[str]:
    faults = [f"{name}: {lines} lines" for name, lines in measure_functions(root) if lines > FUNCTION_LIMIT]
    faults += [f"{name}: {lines} lines" for name, lines in measure_modules(root) if lines > MODULE_LIMIT]
    return faults


def check_median(root: Path) -> list[str]:
    lengths = [lines for name, lines in measure_functions(root) if name.startswith("src/")]
    median = statistics.median(lengths) if lengths else 0
    return [f"the median function has {median} lines"] if median >= FUNCTION_MEDIAN else []


def list_large(root: Path) -> list[str]:
    """Not faults yet, but next in line."""
    large = [f"{name}: {lines} lines" for name, lines in measure_functions(root) if lines > FUNCTION_WARN]
    large += [f"{name}: {lines} lines" for name, lines in measure_modules(root) if lines > MODULE_WARN]
    return large


def check_names(root: Path) -> list[str]:
    modules = [path.parent if path.name == "__init__.py" else path for path in find_source(root)]
    taken = FORBIDDEN_NAMES | sys.stdlib_module_names
    return [f"{show(root, path)}: says nothing or is taken" for path in modules if path.stem in taken]


def check_import_style(root: Path) -> list[str]:
    return [
        f"{show(root, path)}:{node.lineno}: relative or star import"
        for path in find_python(root)
        for node in read_imports(path)
        if isinstance(node, ast.ImportFrom) and (node.level or any(alias.name == "*" for alias in node.names))
    ]


def check_public(root: Path) -> list[str]:
    """`__all__` names exactly what a `public.py` defines or takes from its own feature, in ruff's order."""
    faults = []
    for path in find_source(root):
        if path.name == "public.py":
            listed, present = read_all(parse(path)), find_public_names(root, path)
            if listed is None or set(listed) != present:
                faults.append(f"{show(root, path)}: __all__ should name {sorted(present)}")
            elif listed != sorted(listed, key=order):
                faults.append(f"{show(root, path)}: __all__ is not sorted")
    return faults


def check_purity(root: Path) -> list[str]:
    faults = []
    for path in find_source(root):
        area = path.relative_to(root / "src" / "borvo").parts[0]
        if area in {"kernel", "catalogue"} or path.name == "policy.py":
            names = [name for name in find_imports(path) if not _is_pure(name, area)]
            names += [f"{name}()" for name in find_calls(path) if name in IMPURE_CALLS]
            if path.name == "policy.py":
                names += [name for name in find_imports(path) if name.partition(".")[0] in IMPURE_IN_POLICY]
            faults += [f"{show(root, path)}: uses {name}" for name in names]
    return faults


def check_features(root: Path) -> list[str]:
    """Other features are reached through their `public` module; only the composition root may look inside."""
    return [
        f"{show(root, path)}: imports {name}, not through public"
        for path in find_source(root)
        if not _may_look_inside(path.relative_to(root / "src" / "borvo"))
        for name in find_imports(path)
        if _is_inside_other_feature(name, path.relative_to(root / "src" / "borvo").parts[0])
    ]


def check_tokens(root: Path) -> list[str]:
    """Nobody else reads the header that carries access tokens: read beside its proof, none of both is forgotten."""
    return [
        f"{show(root, path)}:{node.lineno} reads the Authorization header"
        for path in find_source(root)
        if path.relative_to(root / "src" / "borvo").as_posix() not in TOKEN_READERS
        and "authorization" in path.read_text(encoding="utf-8")
        for node in ast.walk(parse(path))
        if isinstance(node, ast.Constant) and node.value in {"authorization", b"authorization"}
    ]


def check_registries(root: Path) -> list[str]:
    return [
        f"{show(root, path)}: names the registry {host}"
        for path in find_files(root)
        for host in REGISTRIES
        if host.encode() in path.read_bytes()
    ]


def check_foreign_hosts(root: Path) -> list[str]:
    """Pages load nothing from, and name nothing at, another host; a namespace is only a name."""
    address = re.compile(r"""https?:(?!//www\.w3\.org/)|["'(=]\s*//\w""", re.IGNORECASE)
    return [
        f"{show(root, path)}: {match.group()}"
        for path in find_files(root / "src", TEMPLATES | STYLES)
        for match in address.finditer(path.read_text(encoding="utf-8"))
    ]


def check_inline_code(root: Path) -> list[str]:
    """The content security policy forbids it, so the browser would drop it without a word."""
    inline = re.compile(
        r"<script(?![^>]*\ssrc\s*=)|<script[^>]*>\s*[^<\s]|<style\b|javascript:"
        r"|<[^>]*\s(?:style|on[a-z]+|hx-on[\w:-]*)\s*=",
        re.IGNORECASE,
    )
    template = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
    return [
        f"{show(root, path)}: {match.group()}"
        for path in find_files(root / "src", TEMPLATES)
        for match in inline.finditer(template.sub(" ", path.read_text(encoding="utf-8")))
    ]


def _is_pure(name: str, area: str) -> bool:
    first, *rest = name.split(".")
    if first == "borvo":
        return _is_pure_part(rest, area)
    if area == "catalogue" and name.startswith("importlib.resources"):
        return True
    return (
        first in sys.stdlib_module_names
        and first not in IMPURE
        and ".".join(name.split(".")[:2]) not in IMPURE
    )


def _is_pure_part(parts: list[str], area: str) -> bool:
    """The kernel knows itself, the catalogue the kernel too, a policy both and its own feature's values."""
    allowed = {"kernel"} if area == "kernel" else {"kernel", "catalogue"}
    if parts and parts[0] in allowed:
        return True
    return area in FEATURES and parts[:1] == [area] and not {"model", "policy"}.isdisjoint(parts)


def _may_look_inside(path: Path) -> bool:
    return path.parts[0] in {"assembly.py", "assembly", "cli"} or path.parts[:2] == ("storage", "migrations")


def _is_inside_other_feature(name: str, area: str) -> bool:
    parts = [*name.split("."), "", ""]
    return parts[0] == "borvo" and parts[1] in FEATURES - {area} and parts[2] != "public"
