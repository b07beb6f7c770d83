"""Every setting there is: read, allowed by the schema, and told when it is misspelt."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from alertd.rulebook.problems import format_problem
from alertd.rulebook.settings import Settings, settings_schema
from alertd.rulebook.settings_file import settings_from_text
from tests.rulebook.slips import slips
from tests.rulebook.yaml12 import read

FULL = Path(__file__).parent / "full_settings.yaml"


def test_every_setting_is_read_and_allowed_by_the_schema() -> None:
    loaded = settings_from_text(FULL.read_text())
    assert loaded.settings is not None, [*map(format_problem, loaded.problems)]
    found = Draft202012Validator(settings_schema()).iter_errors(read(FULL.read_text()))
    assert [f"{'/'.join(map(str, error.path))}: {error.message}" for error in found] == []


def test_the_file_holds_every_setting() -> None:
    written = set(re.findall(r"[\w.]+(?=:)", FULL.read_text()))
    assert _settings(Settings.model_json_schema(by_alias=True)) - written <= {"dir", "spool", "file", "env"}


def _settings(part: Any) -> set[str]:  # noqa: ANN401 - any piece of a schema
    if isinstance(part, list):
        return set().union(*map(_settings, part))
    if not isinstance(part, dict):
        return set()
    return set(part.get("properties", ())).union(*map(_settings, part.values()))


@pytest.mark.parametrize("kind", ["key", "indent", "doubled"])
def test_a_slip_in_any_setting_is_told_within_a_line(kind: str, tmp_path: Path) -> None:
    (tmp_path / "alertd.yaml").write_text(FULL.read_text())
    plain = settings_from_text(FULL.read_text()).settings
    tried = [slip for slip in slips(tmp_path, 400, 20261125) if slip.kind == kind]
    assert len(tried) > 40
    missed, elsewhere = [], []
    for slip in tried:
        loaded = settings_from_text(slip.text)
        told = (slip.line, slip.before, slip.after)
        if not loaded.problems and loaded.settings != plain:
            missed.append(told)
        if loaded.problems and min(abs(problem.line - slip.line) for problem in loaded.problems) > 1:
            elsewhere.append(told)
    assert len(missed) <= 0.03 * len(tried), missed
    assert len(elsewhere) <= 0.1 * len(tried), elsewhere
