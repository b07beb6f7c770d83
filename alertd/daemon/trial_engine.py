"""The rules in a throw-away engine: what it cannot take is told by the rule's own place, before anything is swapped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from alertd.model.errors import MatcherError
from alertd.model.ids import ClockId, RuleId
from alertd.model.rulebook import Expression, RuleBook
from alertd.rulebook.cage import Cage, try_compile
from alertd.rulebook.problems import Place, Report

_REMEDY = "write it with fewer conditions, or name a part of it as a definition"


def report_refusal(report: Report, engine: Cage, book: RuleBook) -> None:
    """Wait until an engine has compiled a book, and note what it refuses (E040).

    Args:
        report: Takes the problem.
        engine: Made of the book, and ended here.
        book: The rules.
    """
    try:
        engine.wait_ready()
    except MatcherError:
        place, what = place_of_refused(book, _compiles)
        report.error("E040", place, f"the rules engine cannot take {what}", _REMEDY)
    finally:
        engine.close()


def place_of_refused(book: RuleBook, compiles: Callable[[RuleBook], bool]) -> tuple[Place, str]:
    """Find one condition that the engine refuses, by halves.

    Args:
        book: Rules that it refuses.
        compiles: Tries a book.

    Returns:
        Where it stands and what it is; the rules as a whole when each half alone is taken.
    """
    suspects = book.expressions
    while len(suspects) > 1:
        middle = len(suspects) // 2
        halves = (suspects[:middle], suspects[middle:])
        refused = next((half for half in halves if not compiles(replace(book, expressions=half))), None)
        if refused is None:
            return Place("rules", 1), "these rules together"
        suspects = refused
    return _told(book, suspects[0]) if suspects else (Place("rules", 1), "these rules")


def _compiles(book: RuleBook) -> bool:
    try:
        try_compile(book)
    except MatcherError:
        return False
    return True


def _told(book: RuleBook, expression: Expression) -> tuple[Place, str]:
    kind, _, name = expression.id.partition(":")
    if kind == "rule":
        return _written(book.rules[RuleId(name)].header.where), f"the rule '{name}'"
    if kind == "stop":
        clock = name.rpartition(":")[0]
        return _written(book.clocks[ClockId(clock)].header.where), f"'stops_when' of the clock '{clock}'"
    return Place("rules", 1), "a 'where' of these rules"


def _written(where: str) -> Place:
    file, _, line = where.rpartition(":")
    return Place(str(Path(file)), int(line))
