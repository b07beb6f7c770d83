from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from shutil import copytree

import pytest

from alertd.daemon.parts import read_settings
from alertd.daemon.vetting import vet
from alertd.rulebook.loader import load_text
from alertd.rulebook.problems import Problem, Weight, format_problem
from alertd.rulebook.settings_file import settings_from_text
from alertd.shipped import shipped
from tests.rulebook.base import BASE, TEMPLATES

BAD = Path(__file__).parent / "bad"
RULES = sorted(BAD.glob("*.yaml"))
TEXTS = sorted(BAD.glob("*.j2"))
SETTINGS = sorted((BAD / "settings").glob("*.yaml"))
FILES = [*RULES, *TEXTS, *SETTINGS]
EXPECT = re.compile(r"expect: ([EW]\d{3}) line (\d+) - (.+?)(?: -#})?$", re.MULTILINE)
TODAY = date(2026, 11, 25)
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def expected(path: Path) -> tuple[str, int, str]:
    found = EXPECT.search(path.read_text().partition("\n")[0])
    assert found, "the first line of a bad file says what it deserves"
    return found[1], int(found[2]), found[3]


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("bad") / "all"
    for name in ("config", "rules", "templates"):
        copytree(shipped(name), root / name)
    return root


def problems_in(path: Path, installation: Path) -> Sequence[Problem]:
    if path in SETTINGS:
        return settings_from_text(path.read_text(), name=path.name).problems
    if path in RULES:
        return [
            problem
            for problem in load_text({**BASE, **TEMPLATES, path.name: path.read_text()}, today=TODAY).problems
            if problem.file == path.name
        ]
    added = installation / "templates" / path.name
    added.write_text(path.read_text())
    try:
        settings = read_settings(installation / "config/alertd.yaml")
        return [
            problem for problem in vet(settings, settings.rules, NOW).problems if Path(problem.file).name == path.name
        ]
    finally:
        added.unlink()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_wrong_file_gets_the_code_the_line_and_the_words_it_deserves(path: Path, installation: Path) -> None:
    code, line, words = expected(path)
    problems = problems_in(path, installation)
    assert (code, line) in {(problem.code, problem.line) for problem in problems}, [*map(format_problem, problems)]
    errors = [problem for problem in problems if problem.severity is Weight.ERROR]
    # W107 stops the load of a live urgent rule; every other W lets it pass.
    assert [problem.code for problem in errors] == ([code] if code[0] == "E" or code == "W107" else []), errors
    assert all(problem.remedy for problem in problems)
    said = [format_problem(problem) for problem in problems if problem.code == code]
    assert path in _WORDED_BY_THE_DESIGN or any(words in each for each in said), said


_WORDED_BY_THE_DESIGN = {
    BAD / f"{name}.yaml"
    for name in ("anchor", "duplicate_key", "duration_1m", "not_a_list", "tab", "unknown_role", "unknown_severity")
}
"""First lines written before the checker was, which say the matter in other words."""


def test_every_code_that_files_can_deserve_has_a_bad_file() -> None:
    codes = {expected(path)[0] for path in FILES}
    wanted = (
        "E001 E002 E003 E010 E011 E012 E013 E014 E016 E020 E021 E022 E023 E025 E026 E027 E028 E030 E031 E033 E035 E036 "
        "W101 W102 W103 W104 W105 W106 W107 W110 W112"
    )
    assert set(wanted.split()) <= codes


def test_the_shipped_files_deserve_nothing(installation: Path) -> None:
    settings = read_settings(installation / "config/alertd.yaml")
    loaded = vet(settings, settings.rules, NOW)
    assert (loaded.problems, loaded.book is None) == ((), False)


WARNED = [path for path in RULES if expected(path)[0][0] == "W" and path.read_text().endswith("once_per: [case_ref]\n")]


@pytest.mark.parametrize("path", WARNED, ids=lambda path: path.stem)
def test_a_reason_silences_a_warning_about_a_rule_and_no_other(path: Path) -> None:
    code, *_ = expected(path)
    text = path.read_text()
    codes = {}
    for allowed in (code, "W104"):
        problems = load_text({**BASE, path.name: f"{text}  allow: {{{allowed}: agreed with the owner}}\n"}, today=TODAY)
        codes[allowed] = [problem.code for problem in problems.problems if problem.file == path.name]
    assert codes[code] == []
    assert codes["W104"] == [code]
