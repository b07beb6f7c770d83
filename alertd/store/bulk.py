"""Many rows at once: collected by table, written by the driver's own executemany.

A decision writes some thirty rows; SQLAlchemy's work on each would cost as much as the database's. So each statement is
compiled once to the driver's text, and rows are plain tuples in the order of the table's columns.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from functools import cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete

from alertd.store.dialect import Speech
from alertd.store.tables import (
    alerts,
    cases,
    cross,
    decisions,
    keys,
    leads,
    messages,
    obligations,
    referrals,
    sought,
    strong,
)

Row = tuple[Any, ...]
_FIRST = itemgetter(0)


class On(Enum):
    """What to do when a row of that key is there."""

    FAIL = "fail"
    KEEP = "keep"
    REPLACE = "replace"


_ORDER = (
    (cross, None),
    (alerts, None),
    (keys, On.FAIL),
    (messages, On.FAIL),
    (sought, On.FAIL),
    (cases, On.FAIL),
    (cases, On.REPLACE),
    (strong, On.FAIL),
    (leads, On.KEEP),
    (cross, On.FAIL),
    (alerts, On.REPLACE),
    (obligations, On.KEEP),
    (referrals, On.KEEP),
    (decisions, On.FAIL),
)
"""Removals (None), then additions; rows of one statement go in order of their keys, so that writers never cross."""


class Bulk:
    """Rows to write in one go."""

    def __init__(self) -> None:
        self._rows: dict[tuple[Table, On | None], list[Row]] = {key: [] for key in _ORDER}

    def add(self, table: Table, rows: Iterable[Row], on: On = On.FAIL) -> None:
        """Add rows, columns in the table's order."""
        self._rows[table, on].extend(rows)

    def remove(self, table: Table, keys: Iterable[Row]) -> None:
        """Remove rows by primary key, its columns in the table's order."""
        self._rows[table, None].extend(keys)

    def write(self, connection: Connection, speech: Speech) -> None:
        """Write everything.

        Raises:
            IntegrityError: a row that must be new is there: another writer was faster.
        """
        for (table, on), rows in self._rows.items():
            if rows:
                rows.sort(key=_FIRST)
                connection.exec_driver_sql(_text(speech, table, on), rows)


@cache
def _text(speech: Speech, table: Table, on: On | None) -> str:
    if on is None:
        matches = (column == bindparam(f"{column.name}_is", type_=column.type) for column in table.primary_key)
        return speech.driver_text(delete(table).where(*matches))
    adding = speech.insert(table)
    if on is On.KEEP:
        adding = adding.on_conflict_do_nothing()
    if on is On.REPLACE:
        key = list(table.primary_key)
        others = {column.name: adding.excluded[column.name] for column in table.columns if column not in set(key)}
        adding = adding.on_conflict_do_update(index_elements=key, set_=others)
    return speech.driver_text(adding)
