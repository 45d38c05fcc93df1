"""Reads what the checks judge: files, imports, calls, lengths and public names."""

import ast
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

NOT_OURS = frozenset({".git", ".venv", "node_modules", "built", "dist", "build", "__pycache__"})


def find_files(root: Path, suffixes: frozenset[str] = frozenset()) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in NOT_OURS and not name.endswith("_cache"))
        paths = [Path(folder, name) for name in sorted(names)]
        yield from (path for path in paths if path.is_file() and (not suffixes or path.suffix in suffixes))


def find_source(root: Path) -> list[Path]:
    return list(find_files(root / "src" / "borvo", frozenset({".py"})))


def find_python(root: Path) -> list[Path]:
    folders = ("src", "tests", "scripts", "benchmarks", "examples")
    return [path for folder in folders for path in find_files(root / folder, frozenset({".py"}))]


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def show(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()


def measure_functions(root: Path) -> list[tuple[str, int]]:
    return [
        (f"{show(root, path)}:{place}", lines)
        for path in find_python(root)
        for place, lines in _read(path.read_text(encoding="utf-8"))[0]
    ]


@cache
def _read(text: str) -> tuple[list[tuple[str, int]], list[ast.Import | ast.ImportFrom]]:
    """The lengths of its functions, and what it imports: by the text, since several checks look at the same."""
    functions, imports = [], []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            functions.append(
                (f"{node.lineno} {node.name}", (node.end_lineno or node.lineno) - node.lineno + 1)
            )
        elif isinstance(node, ast.Import | ast.ImportFrom):
            imports.append(node)
    return functions, imports


def read_imports(path: Path) -> list[ast.Import | ast.ImportFrom]:
    return _read(path.read_text(encoding="utf-8"))[1]


def measure_modules(root: Path) -> list[tuple[str, int]]:
    return [
        (show(root, path), len(path.read_text(encoding="utf-8").splitlines()))
        for path in find_python(root)
        if "migrations" not in path.parts
    ]


def find_imports(path: Path) -> list[str]:
    """Dotted names; `from a import b` gives `a.b`, which may be a module or something in it."""
    names = []
    for node in read_imports(path):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif not node.level:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


def find_calls(path: Path) -> list[str]:
    calls = (node.func for node in ast.walk(parse(path)) if isinstance(node, ast.Call))
    return [function.id for function in calls if isinstance(function, ast.Name)]


def read_all(module: ast.Module) -> list[str] | None:
    for node in module.body:
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["__all__"]:
            return list(ast.literal_eval(node.value))
    return None


def find_public_names(root: Path, path: Path) -> set[str]:
    feature = ".".join(path.relative_to(root / "src").parts[:2])
    names = {name for node in parse(path).body for name in _name(node, root, feature)}
    return {name for name in names if not name.startswith("_")}


def _name(node: ast.stmt, root: Path, feature: str) -> list[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Assign(targets=targets):
            return [ast.unparse(target) for target in targets]
        case ast.AnnAssign(target=target):
            return [ast.unparse(target)]
        case ast.ImportFrom(module=str(module), names=aliases) if f"{module}.".startswith(f"{feature}."):
            folder = root / "src" / Path(*module.split("."))
            found = [alias for alias in aliases if not _is_module(folder / alias.name)]
            return [alias.asname or alias.name for alias in found]
    return []


def _is_module(path: Path) -> bool:
    return path.is_dir() or path.with_suffix(".py").is_file()


def order(name: str) -> tuple[int, list[str | int]]:
    """Constants, classes, the rest; numbers by their value."""
    rank = 0 if name.isupper() else 1 if name[0].isupper() else 2
    return rank, [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]
