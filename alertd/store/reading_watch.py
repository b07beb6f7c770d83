"""What watches ask: work left undone, how clocks stand, the database's own time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Table, TextClause, func, select, text

from alertd.core.clocks import ClockState
from alertd.service.ports import Overdue
from alertd.store.case_steps import CLOCKS
from alertd.store.codec import micros, moment
from alertd.store.documents import is_running, unpack_state
from alertd.store.session import Session
from alertd.store.tables import TO_HANDLE, WAITING, cases, counters, notifications, obligations


class WatchReading(Session):
    """Questions of watches; each costs the same however much is stored, but for clocks that were missed."""

    def overdue(self, before: datetime) -> Overdue:
        """What fell due at or before a moment and still waits for tick or deliver."""
        at = micros(before)
        found = {
            "cases": self._late(cases, cases.c.wake_at, at, cases.c.wake_at.is_not(None)),
            "lines": self._late(obligations, obligations.c.due_at, at, text(WAITING)),
            "messages": self._late(notifications, notifications.c.next_at, at, text(TO_HANDLE)),
        }
        firsts = [first for _, first in found.values() if first is not None]
        counts = {what: number for what, (number, _) in found.items()}
        return Overdue(**counts, oldest=moment(min(firsts)) if firsts else None)

    def _late(
        self, table: Table, column: ColumnElement[int], at: int, which: ColumnElement[bool] | TextClause
    ) -> tuple[int, int | None]:
        asked = select(func.count().label("n"), func.min(column).label("first")).select_from(table)
        (row,) = self._rows(asked.where(which, column <= at))
        return row["n"], row["first"]

    def clock_totals(self, now: datetime) -> Mapping[tuple[str, str], int]:
        """Clocks of live cases by (clock, state): running, breached, met, met_late, withdrawn.

        What is on record is counted as it is written; only clocks that were missed and still run are looked at.
        """
        totals: Counter[tuple[str, str]] = Counter()
        for row in self._rows(select(counters).where(counters.c.name.startswith(CLOCKS))):
            clock, _, state = row["name"].removeprefix(CLOCKS).rpartition(".")
            totals[clock, state] += row["value"]
        for clock, number in self._missed(now).items():
            totals[clock, ClockState.RUNNING] -= number
            totals[clock, ClockState.BREACHED] += number
        return {key: number for key, number in totals.items() if number > 0}

    def _missed(self, now: datetime) -> Counter[str]:
        """Clocks whose time has passed without a stop, by clock."""
        held = select(cases.c.state).where(cases.c.next_due_at.is_not(None), cases.c.next_due_at <= micros(now))
        states = (unpack_state(row["state"]) for row in self._rows(held))
        return Counter(c.clock for state in states for c in state.clocks if is_running(c) and c.due_at <= now)

    def database_now(self) -> datetime | None:
        """The database's own time, aware UTC, to compare with ours; None where it has no clock of its own."""
        clock = self._speech.clock()
        return None if clock is None else self._scalar(select(clock))
