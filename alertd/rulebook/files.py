"""The files of a rule book: found, read, and hashed into the book's version."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from alertd.model.ids import Version
from alertd.rulebook.problems import Place, Report

STORY_ENDING = ".test.yaml"
CALENDAR_ENDING = ".ics"
SETTINGS_FILE = "alertd.yaml"


@dataclass(frozen=True, slots=True)
class File:
    """A file to load: the name shown to people, the name that goes into the version, its bytes."""

    shown: str
    name: str
    data: bytes


def rule_files(report: Report, number: int, place: Path) -> list[File]:
    """Read a rule file, or every rule file below a folder but stories.

    Args:
        report: Takes what cannot be read.
        number: Place of the path among those given, so that equal names in two folders stay apart.
        place: File or folder.
    """
    root = f"rules{number or ''}"
    if place.is_dir():
        return folder_files(report, place, root, "**/*.yaml")
    return _one(report, place, f"{root}/{place.name}")


def config_files(report: Report, place: Path) -> list[File]:
    """Read what stands in the folder of people, hours, roles and rotas: blocks and calendars, not the settings."""
    found = folder_files(report, place, "config", "*.yaml", lambda path: path.name != SETTINGS_FILE)
    return found + (folder_files(report, place, "config", f"*{CALENDAR_ENDING}") if place.is_dir() else [])


def folder_files(
    report: Report, place: Path, root: str, pattern: str, wanted: Callable[[Path], bool] = lambda _: True
) -> list[File]:
    """Read the files of a folder in the order of their names.

    Args:
        report: Takes what cannot be read.
        place: The folder.
        root: Name that stands for it in the version.
        pattern: Which files.
        wanted: Which of those.
    """
    if not place.is_dir():
        report.error("E001", Place(str(place), 1), "this folder is not there", "check the path")
        return []
    paths = [path for path in sorted(place.glob(pattern)) if wanted(path) and not path.name.endswith(STORY_ENDING)]
    return [one for path in paths for one in _one(report, path, f"{root}/{path.relative_to(place).as_posix()}")]


def _one(report: Report, path: Path, name: str) -> list[File]:
    try:
        return [File(str(path), name, path.read_bytes())]
    except OSError as wrong:
        what = wrong.strerror or "it cannot be opened"
        report.error(
            "E001", Place(str(path), 1), f"this file cannot be read: {what.lower()}", "check path and permission"
        )
        return []


def version_of(files: Iterable[File]) -> Version:
    """Hash over names and bytes, so that any change of any file is another version."""
    total = hashlib.sha256()
    for one in sorted(files, key=lambda found: found.name):
        for part in (one.name.encode(), one.data):
            total.update(len(part).to_bytes(8, "big") + part)
    return Version(total.hexdigest()[:12])
