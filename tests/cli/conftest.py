"""Installations made by `init`, and one after the demo's night."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest

from tests.cli.installation import Installation, alertd


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once: every test gets a copy."""
    root = tmp_path_factory.mktemp("made") / "installation"
    assert alertd("init", root).exit_code == 0
    assert Installation(root)("migrate").exit_code == 0
    return root


@pytest.fixture
def here(made: Path, tmp_path: Path) -> Installation:
    """An installation of this test alone."""
    return Installation(copytree(made, tmp_path / "installation"))


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The demo's night, played once as fast as can be: its folder, and what it printed."""
    root = tmp_path_factory.mktemp("played") / "night"
    result = alertd("demo", "--dir", root, "--speed", "10000000")
    assert result.exit_code == 0, result.output
    return root, result.stdout


@pytest.fixture(scope="session")
def seen(played: tuple[Path, str]) -> Installation:
    """An installation after last night, shared: only looked at."""
    return Installation(played[0])


@pytest.fixture
def night(played: tuple[Path, str], tmp_path: Path) -> Installation:
    """An installation after last night, of this test alone."""
    return Installation(copytree(played[0], tmp_path / "night"))


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    """Write a file of this test."""

    def write_file(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write_file
