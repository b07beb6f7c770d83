from __future__ import annotations

import json

from alertd.rulebook.loader import load_text
from alertd.rulebook.problems import Place, Report, as_json, format_problem
from alertd.rulebook.suggestions import nearest
from tests.rulebook.base import BASE

TEXT = "- role: desk_role\n  titel: The desk\n  rota: desk_rota\n"


def test_a_problem_shows_its_line_a_caret_and_a_remedy() -> None:
    (problem,) = load_text({**BASE, "r.yaml": TEXT}).problems
    assert format_problem(problem).split("\n") == [
        "r.yaml:2:3: error E010: 'titel' is not a setting of the role: did you mean 'title'?",
        "   2 |   titel: The desk",
        "     |   ^^^^^",
        "       allowed: role, during, otherwise, title, rota, backup, call_back",
    ]


def test_colour_changes_nothing_else() -> None:
    (problem,) = load_text({**BASE, "r.yaml": TEXT}).problems
    coloured = format_problem(problem, colour=True)
    for mark in ("\x1b[31m", "\x1b[1m", "\x1b[0m"):
        coloured = coloured.replace(mark, "")
    assert coloured == format_problem(problem)


def test_problems_for_editors_are_plain_json() -> None:
    (found,) = json.loads(json.dumps(as_json(load_text({**BASE, "r.yaml": TEXT}).problems)))
    assert (found["code"], found["severity"], found["file"], found["line"], found["col"], found["width"]) == (
        "E010",
        "error",
        "r.yaml",
        2,
        3,
        5,
    )


def test_the_same_words_about_the_same_place_are_told_once_and_in_order() -> None:
    report = Report()
    report.source("f", "one\ntwo\n")
    for line in (2, 1, 2):
        report.error("E001", Place("f", line), "wrong")
    assert [(found.line, found.source_line) for found in report.problems()] == [(1, "one"), (2, "two")]


def test_warnings_alone_do_not_fail_a_load() -> None:
    report = Report()
    report.warn("W104", Place("f", 1), "unused")
    assert not report.failed
    report.error("E001", Place("f", 1), "wrong")
    assert report.failed


def test_what_was_meant_is_found_by_likeness_and_by_meaning() -> None:
    words = ("less_than", "more_than", "equals", "any")
    assert nearest("lesss_than", words) == "less_than"
    assert nearest("Less-Than", words) == "less_than"
    assert nearest("is", words) == "equals"
    assert nearest("or", words) == "any"
    assert nearest("banana", words) is None
