"""The files of the tree as the tests of the house see them: what people wrote, nothing that tools made."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]

_MADE_BY_TOOLS = frozenset(
    {".git", ".venv", ".hypothesis", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".import_linter_cache"}
    | {"__pycache__", "build", "dist", "var"}
)
_MADE_FILES = (".coverage", "coverage.xml")


def files() -> Iterator[Path]:
    """Every file of the tree that people keep."""
    for folder, names, file_names in os.walk(TREE):
        names[:] = [name for name in names if name not in _MADE_BY_TOOLS and not name.endswith(".egg-info")]
        kept = (name for name in file_names if not name.startswith(_MADE_FILES) and name not in _MADE_BY_TOOLS)
        yield from (Path(folder, name) for name in kept)  # `.git` is a file in a second working tree


def texts() -> Iterator[tuple[str, str]]:
    """Path from the top, and text, of every file that is text."""
    for path in files():
        try:
            yield path.relative_to(TREE).as_posix(), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def modules(folder: str) -> Iterator[tuple[str, ast.Module]]:
    """Path from the top, and syntax tree, of every Python file below a folder of the top."""
    for path in files():
        name = path.relative_to(TREE).as_posix()
        if name.startswith(f"{folder}/") and path.suffix == ".py":
            yield name, ast.parse(path.read_text(encoding="utf-8"), name)
