"""What is installed: the locked libraries, the declared ones, and the wheel."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from alertd import shipped as shipped_module
from alertd.model.errors import ConfigError
from alertd.shipped import NAMES, shipped
from tests.house.tree import TREE, modules

PROJECT = tomllib.loads((TREE / "pyproject.toml").read_text())["project"]
LOCKS = ("requirements.lock", "requirements-build.lock")
ENTRY = re.compile(
    r"([\w.-]+)(?:\[[\w,]+\])?==([\w.+!-]+)( ; [^\\\n]+)? \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)"
)


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared() -> set[str]:
    return {normal(re.split(r"[^\w.-]", text, maxsplit=1)[0]) for text in PROJECT["dependencies"]}


def locked() -> dict[str, str]:
    return {normal(name): version for name, version, _, _ in ENTRY.findall((TREE / LOCKS[0]).read_text())}


def imported() -> set[str]:
    """Top-level names that the program imports, anywhere in a file."""
    names: set[str] = set()
    for _, tree in modules("alertd"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.split(".")[0])
    return names - set(sys.stdlib_module_names) - {"alertd"}


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_file_is_pins_and_hashes_and_nothing_else(name: str) -> None:
    # So it names no host and no path, and pip takes nothing that was not locked.
    assert ENTRY.sub("", (TREE / name).read_text()) == ""


def test_every_declared_library_is_locked_and_installed_as_locked() -> None:
    pins = locked()
    assert declared() - set(pins) == set()
    assert {name: importlib.metadata.version(name) for name in declared()} == {name: pins[name] for name in declared()}


def test_every_imported_library_is_declared() -> None:
    brought_by = importlib.metadata.packages_distributions()
    undeclared = {name for name in imported() if not {normal(found) for found in brought_by.get(name, ())} & declared()}
    assert undeclared == set()


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_checkout_is_used_in_place(name: str) -> None:
    assert shipped(name) == TREE / name


def test_only_what_is_shipped_can_be_asked_for() -> None:
    with pytest.raises(ValueError, match="is not shipped"):
        shipped("secrets")


def test_an_incomplete_installation_is_told_with_its_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipped_module, "_PACKAGE", tmp_path / "alertd")
    with pytest.raises(ConfigError, match="install alertd again"):
        shipped("rules")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # From a copy, as a build leaves folders behind.
    work = tmp_path_factory.mktemp("wheel")
    source = work / "source"
    source.mkdir()
    for name in ("alertd", *NAMES):
        shutil.copytree(TREE / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE", *LOCKS):
        shutil.copy(TREE / name, source)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--wheel-dir", work, source], check=True)
    (built,) = work.glob("*.whl")
    return built


def test_the_wheel_holds_the_program_and_all_that_people_edit(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    program = {name for name, _ in modules("alertd")}
    edited = {
        f"alertd/share/{path.relative_to(TREE).as_posix()}"
        for name in NAMES
        for path in (TREE / name).rglob("*")
        if path.is_file()
    }
    pages = {f"alertd/web/pages/{each}" for each in ("templates/base.html.j2", "files/alertd.css", "files/alertd.js")}
    assert (program | edited | pages | {"alertd/py.typed"}) - held == set()
    assert not [name for name in held if name.startswith(("tests/", "alertd/tests/"))]


def test_an_installed_wheel_finds_its_own_folders(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    ask = "from alertd.shipped import NAMES, shipped; print(*sorted(shipped(name) for name in NAMES), sep='\\n')"
    answer = subprocess.run(
        [sys.executable, "-c", ask], cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, check=True
    )
    assert answer.stdout.decode().split() == [str(tmp_path / "alertd/share" / name) for name in sorted(NAMES)]
