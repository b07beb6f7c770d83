"""Problems in files: where, which, and what to do about it; gathered so that all are told at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from alertd.model.errors import ConfigError


class Weight(StrEnum):
    """Whether a problem stops a load."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A stretch of one source line; `line` and `col` count from 1, `width` is at least 1."""

    file: str
    line: int
    col: int = 1
    width: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem as people and editors are told of it.

    Attributes:
        code: `E…` or `W…`, as the rule language lists them.
        severity: ERROR stops the load. `W107` on a live urgent rule is an ERROR in spite of its letter.
        file, line, col, width: Where; counted from 1.
        message: What is wrong, in plain words.
        remedy: What to do; may be empty when the message says it.
        source_line: The line itself, "" when the file could not be read.
    """

    code: str
    severity: Weight
    file: str
    line: int
    col: int
    width: int
    message: str
    remedy: str
    source_line: str


class Fault(ConfigError):
    """A value that cannot be used; whoever reads the surrounding block notes it and reads on."""

    def __init__(self, code: str, place: Place, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.place = place
        self.message = message
        self.remedy = remedy


class Broken(ConfigError):
    """Something inside was refused and is noted already; nothing can be built from it."""


class Report:
    """Gathers the problems of one load, with the source lines that they point at."""

    def __init__(self) -> None:
        self._lines: dict[str, list[str]] = {}
        self._found: dict[tuple[str, Place, str], Problem] = {}

    def source(self, file: str, text: str) -> None:
        """Remember a file's lines for the problems that point into it."""
        self._lines[file] = text.split("\n")

    def note(self, fault: Fault) -> None:
        """Take note of a fault as an error."""
        self.error(fault.code, fault.place, fault.message, fault.remedy)

    def error(self, code: str, place: Place, message: str, remedy: str = "") -> None:
        """Take note of what stops the load."""
        self._add(code, Weight.ERROR, place, message, remedy)

    def hide(self, place: Place) -> None:
        """Never repeat a line: it holds a secret."""
        lines = self._lines.get(place.file, [])
        if 0 < place.line <= len(lines):
            lines[place.line - 1] = ""

    def warn(self, code: str, place: Place, message: str, remedy: str = "") -> None:
        """Take note of what deserves a look and stops nothing."""
        self._add(code, Weight.WARNING, place, message, remedy)

    def silence(self, codes: Collection[str], file: str, lines: range) -> None:
        """Take back warnings of these codes about these lines: their owner has given a reason."""
        for key, one in list(self._found.items()):
            if one.severity is Weight.WARNING and one.code in codes and one.file == file and one.line in lines:
                del self._found[key]

    def has(self, code: str, file: str, lines: range) -> bool:
        """Whether such a problem is noted about these lines."""
        return any(one.code == code and one.file == file and one.line in lines for one in self._found.values())

    @property
    def failed(self) -> bool:
        """Whether any error is noted."""
        return any(problem.severity is Weight.ERROR for problem in self._found.values())

    def problems(self) -> tuple[Problem, ...]:
        """Everything noted, by file and line; the same words about the same place once."""
        found = [replace(one, source_line=self._line(one.file, one.line)) for one in self._found.values()]
        return tuple(sorted(found, key=lambda one: (one.file, one.line, one.col, one.code)))

    def _add(self, code: str, weight: Weight, place: Place, message: str, remedy: str) -> None:
        where = (place.file, place.line, place.col, max(1, place.width))
        self._found.setdefault((code, place, message), Problem(code, weight, *where, message, remedy, ""))

    def _line(self, file: str, number: int) -> str:
        lines = self._lines.get(file, [])
        return lines[number - 1] if 0 < number <= len(lines) else ""


_RED, _YELLOW, _BOLD, _PLAIN = "\x1b[31m", "\x1b[33m", "\x1b[1m", "\x1b[0m"
_GUTTER = "     | "


def format_problem(problem: Problem, colour: bool = False) -> str:
    """Say a problem as `file:line:col: error E010: …`, with the line, a caret and the remedy.

    Args:
        problem: What to say.
        colour: Whether to use terminal colours.

    Returns:
        Two to four lines without a newline at the end.
    """
    paint = _RED if problem.severity is Weight.ERROR else _YELLOW
    tag = f"{problem.severity} {problem.code}"
    head = f"{problem.file}:{problem.line}:{problem.col}: "
    head += f"{paint}{_BOLD}{tag}{_PLAIN}" if colour else tag
    return "\n".join([f"{head}: {problem.message}", *_excerpt(problem), *_remedy(problem)])


def as_json(problems: Iterable[Problem]) -> list[dict[str, str | int]]:
    """Give problems as plain JSON data for editors, in the order given.

    Returns:
        One object a problem with code, severity, file, line, col, width, message, remedy and source.
    """
    return [
        {
            "code": found.code,
            "severity": found.severity.value,
            "file": found.file,
            "line": found.line,
            "col": found.col,
            "width": found.width,
            "message": found.message,
            "remedy": found.remedy,
            "source": found.source_line,
        }
        for found in problems
    ]


def _excerpt(problem: Problem) -> list[str]:
    if not problem.source_line:
        return []
    source = problem.source_line.replace("\t", "→")
    carets = "^" * max(1, min(problem.width, len(source) - problem.col + 1))
    return [f"{problem.line:>4} | {source}", f"{_GUTTER}{' ' * (problem.col - 1)}{carets}"]


def _remedy(problem: Problem) -> list[str]:
    return [f"       {problem.remedy}"] if problem.remedy else []
