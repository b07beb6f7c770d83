"""Columns: what a record looks like to the engine. Typed scalars, and 0/1 flags for all that the engine must not do.

The engine compares text and numbers loosely, mangles floats and long strings, and knows no "unknown". So a column
holds one type, a value that cannot be carried exactly is left out, and unknown is a column of its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from alertd.core.comparisons import folded
from alertd.core.conditions import answer, known_value, not_carried
from alertd.model.conditions import Condition, DefinitionCondition, Group
from alertd.model.contract import FIELDS
from alertd.model.values import Answer, FieldType
from alertd.model.view import View
from alertd.rulebook.leaf_memory import readers

LARGEST = 2**62
"""Whole numbers at or past this size are clamped to it: the engine reads 64-bit signed integers."""

LONGEST = 4096
"""Bytes of UTF-8; the engine takes lengths modulo 65,536."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ColumnType(StrEnum):
    """What a value column holds; the letter begins its name."""

    TEXT = "s"
    INTEGER = "i"


COLUMN_TYPES: Mapping[FieldType, ColumnType] = {
    FieldType.WORD: ColumnType.TEXT,
    FieldType.TEXT: ColumnType.TEXT,
    FieldType.DATE: ColumnType.TEXT,
    FieldType.NUMBER: ColumnType.INTEGER,
    FieldType.TIME: ColumnType.INTEGER,
}
"""Fields that may be columns; lists have none, and a truth is a flag because the engine holds true equal to 1."""


Scalar = str | int
"""What a value column holds, and what the engine compares it with."""


def scalar(value: object) -> Scalar | None:
    """Turn a typed value into what a column may hold, or None when the engine could not carry it exactly.

    Text is folded; a time becomes microseconds since 1970; a number past `LARGEST` is clamped, which no operand
    reaches, so that every comparison keeps its answer.
    """
    if isinstance(value, str):
        return _carried_text(folded(value))
    if isinstance(value, datetime):
        return (value - _EPOCH) // timedelta(microseconds=1)
    if isinstance(value, int) and not isinstance(value, bool):
        return max(-LARGEST, min(LARGEST, value))
    return None


def operand(value: object) -> Scalar | None:
    """Turn a rule's operand into what the engine may compare with, or None when Python must do it."""
    ready = scalar(value)
    return None if isinstance(ready, int) and abs(ready) >= LARGEST else ready


def _carried_text(text: str) -> str | None:
    if len(text) > LONGEST or "\0" in text:  # inside the engine a NUL ends the text
        return None
    if text.isascii():
        return text
    try:
        return text if len(text.encode()) <= LONGEST else None
    except UnicodeEncodeError:  # half of a surrogate pair has no UTF-8
        return None


@dataclass(frozen=True, slots=True)
class Filled:
    """One record's columns, or some of them.

    Attributes:
        cells: Column name → its JSON member, ready to be joined; an absent column is false.
        unknown: Those columns that are set because something is unknown.
    """

    cells: dict[str, str]
    unknown: set[str]


class Columns:
    """Names the columns of one kind of record as its rules are compiled, then fills them for each record.

    A name is a letter and a number, because the engine keeps only a 32-bit hash of it: `s`, `i` values, `u` value
    unknown, `f` flag of a condition that is YES, `g` flag of one that is not NO.
    """

    def __init__(self) -> None:
        self._values: dict[str, str] = {}
        self._unknown: dict[str, str] = {}
        self._flags: dict[Condition, int] = {}

    def value(self, name: str) -> str:
        """Name the column of a contract field's value; the field's type must be in `COLUMN_TYPES`."""
        return self._values.setdefault(name, f"{COLUMN_TYPES[FIELDS[name].type].value}{len(self._values)}")

    def unknown(self, name: str) -> str:
        """Name the column that is 1 while the field is unknown."""
        return self._unknown.setdefault(name, f"u{len(self._unknown)}")

    def flag(self, condition: Condition, *, possible: bool) -> str:
        """Name the column that is 1 when the condition is YES or, with `possible`, when it is not NO."""
        number = self._flags.setdefault(condition, len(self._flags))
        return f"{'g' if possible else 'f'}{number}"

    def filler(self, used: frozenset[str]) -> Filler:
        """Make what fills those of the columns named so far that some rule set reads."""
        return Filler(
            [(name, column, self._unknown.get(name)) for name, column in self._values.items() if column in used],
            {each: number for each, number in self._flags.items() if not used.isdisjoint((f"f{number}", f"g{number}"))},
        )


class Filler:
    """Computes the columns of records; made by `Columns.filler`."""

    def __init__(self, values: Sequence[tuple[str, str, str | None]], flags: Mapping[Condition, int]) -> None:
        self._values = values
        self._flags = flags
        self._leaves = readers(
            [each for each in flags if not isinstance(each, Group | DefinitionCondition)], self._cells
        )
        self._groups = [each for each in flags if isinstance(each, Group)]

    def fill(self, view: View) -> Filled:
        """Compute every column for one record."""
        cells: dict[str, str] = {}
        unknown: set[str] = set()
        for name, column, unknown_column in self._values:
            ready = scalar(known := known_value(name, view))
            if ready is not None:
                cells[column] = f'"{column}":{_as_json(ready)}'
            elif known is None and unknown_column is not None and not not_carried(name, view):
                cells[unknown_column] = _set(unknown_column)
                unknown.add(unknown_column)
        for part in self._parts(view):
            cells.update(part.cells)
            unknown.update(part.unknown)
        return Filled(cells, unknown)

    def _parts(self, view: View) -> Iterator[Filled]:
        for reader in self._leaves:
            yield reader.read(view)
        yield self._cells(self._groups, [answer(group, view, {}) for group in self._groups])

    def _cells(self, conditions: Sequence[Condition], answers: Sequence[Answer]) -> Filled:
        filled = Filled({}, set())
        for condition, given in zip(conditions, answers, strict=True):
            certain, possible = f"f{self._flags[condition]}", f"g{self._flags[condition]}"
            if given is Answer.YES:
                filled.cells[certain] = _set(certain)
            if given is not Answer.NO:
                filled.cells[possible] = _set(possible)
            if given is Answer.UNKNOWN:
                filled.unknown.add(possible)
        return filled


def _set(column: str) -> str:
    return f'"{column}":1'


_as_json: Callable[[object], str] = json.JSONEncoder(ensure_ascii=False).encode
"""Spelled as the engine's own binding spells the rules: it compares JSON escapes as they stand."""
