"""Names that alertd gives: case references and accept codes, random and unused."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, or_, select, text

from alertd.model.case import Alert
from alertd.model.errors import StoreError
from alertd.store.codec import micros
from alertd.store.dialect import Speech
from alertd.store.keys import Keyring
from alertd.store.reading_cases import CaseReading
from alertd.store.tables import CODED, alerts, cases, handovers

_LETTERS = "23456789BCDFGHJKMNPQRSTVWXZ"
"""For references: without vowels no word can arise, without 0, 1, I, L, O nothing is misheard or misread."""

_SHORT, _LONG = 4, 6
CODE_REST = timedelta(days=90)
"""A code is not given again while its alert is open, nor within this time of its opening or its end; that of a list not
within this time of its making."""


class CodeWriting(CaseReading):
    """Giving out names.

    Free names are looked for some at a time, more every time, so that a batch of 200 cases costs few queries.
    """

    def __init__(self, connection: Connection, keyring: Keyring, speech: Speech) -> None:
        super().__init__(connection, keyring, speech)
        self._given: set[str] = set()
        self._free: dict[str, list[str]] = {}
        self._at_once = 4

    def allocate_ref(self, prefix: str, year: int) -> str:
        """A new random public reference, unused by any case or alias: `PREFIX-YY-XXXX`.

        Args:
            prefix: What stands before the year, `WF-UR`.
            year: Four digits, of which two are shown.
        """
        return self._given_out(f"{prefix}-{year % 100:02d}-", self._new_refs)

    def allocate_code(self, now: datetime) -> str:
        """A new random six-digit code, unused among open alerts, and for 90 days among alerts and lists.

        Raises:
            StoreError: nearly a million codes are in use.
        """
        return self._given_out("", lambda _: self._new_codes(now))

    def _with_codes(self, rows: Iterable[Alert]) -> tuple[Alert, ...]:
        """The same alerts, every one with a code."""
        return tuple(row if row.code else replace(row, code=self.allocate_code(row.opened_at)) for row in rows)

    def _given_out(self, prefix: str, look: Callable[[str], list[str]]) -> str:
        free = self._free.setdefault(prefix, [])
        for _ in range(10):
            if free:
                break
            free += look(prefix)
            self._at_once = min(self._at_once * 4, 256)
        if not free:
            raise StoreError("no free code is left: close or withdraw alerts that are long settled")
        name = free.pop()
        self._given.add(name)
        return name

    def _new_refs(self, prefix: str) -> list[str]:
        length = _SHORT if self._at_once <= 64 else _LONG  # short ones are nearly used up in this year
        names = {prefix + _spelled(secrets.randbelow(len(_LETTERS) ** length), length) for _ in range(self._at_once)}
        return self._unused(names, cases.c.ref_key, None)

    def _new_codes(self, now: datetime) -> list[str]:
        names = {f"{secrets.randbelow(1_000_000):06d}" for _ in range(self._at_once)}
        lately = micros(now - CODE_REST)
        in_use = or_(alerts.c.closed_at.is_(None), alerts.c.closed_at > lately, alerts.c.opened_at > lately)
        free = set(self._unused(names, alerts.c.code, in_use))
        return self._unused(free, handovers.c.code, and_(text(CODED), handovers.c.made_at > lately)) if free else []

    def _unused(self, names: set[str], column: ColumnElement[str], in_use: ColumnElement[bool] | None) -> list[str]:
        by_key = {name.upper(): name for name in names}
        used = select(column.label("name")).where(self._speech.among(column, "names"))
        rows = self._stored(used if in_use is None else used.where(in_use), {"names": self._many(by_key)})
        taken = {row["name"] for row in rows}
        return [name for key, name in by_key.items() if key not in taken and name not in self._given]


def _spelled(number: int, length: int) -> str:
    letters = []
    for _ in range(length):
        number, place = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[place])
    return "".join(letters)
