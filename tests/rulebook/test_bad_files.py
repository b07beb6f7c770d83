from __future__ import annotations

import re
from pathlib import Path

import pytest

from alertd.rulebook.loader import load_text
from alertd.rulebook.problems import Problem, Weight, format_problem
from tests.rulebook.base import BASE

FILES = sorted((Path(__file__).parent / "bad").glob("*.yaml"))
EXPECT = re.compile(r"# expect: ([EW]\d{3}) line (\d+) - (.+)")


def expected(text: str) -> tuple[str, int, str]:
    found = EXPECT.match(text)
    assert found, "the first line of a bad file says what it deserves"
    return found[1], int(found[2]), found[3]


def problems_in(path: Path, text: str) -> list[Problem]:
    loaded = load_text({**BASE, path.name: text})
    return [problem for problem in loaded.problems if problem.file == path.name]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_wrong_file_gets_the_code_and_line_it_deserves(path: Path) -> None:
    text = path.read_text()
    code, line, _ = expected(text)
    problems = problems_in(path, text)
    assert (code, line) in {(problem.code, problem.line) for problem in problems}, [*map(format_problem, problems)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_one_slip_makes_one_error_with_a_remedy(path: Path) -> None:
    text = path.read_text()
    code, *_ = expected(text)
    errors = [problem for problem in problems_in(path, text) if problem.severity is Weight.ERROR]
    # W107 stops the load of a live urgent rule; every other W lets it pass.
    assert [problem.code for problem in errors] == ([code] if code[0] == "E" or code == "W107" else []), errors
    assert all(problem.remedy for problem in errors)


def test_every_code_that_files_can_deserve_has_a_bad_file() -> None:
    codes = {expected(path.read_text())[0] for path in FILES}
    wanted = "E001 E002 E003 E010 E011 E012 E013 E014 E016 E020 E021 E022 E023 E025 E030 E031 E033 E035 E036"
    assert set(wanted.split()) <= codes
