"""Tick: whatever time makes due. A deadline is a row, never a timer; after an outage each fires once."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from alertd.model.case import LineState
from alertd.model.errors import StaleWrite
from alertd.model.ids import CaseId
from alertd.service.casework import Casework, Ruling
from alertd.service.ports import Rank, Store

BATCH = 100


CLOCK = "clock:"


def _nobody_measures(_: timedelta) -> None:
    """Nobody wants to know how late a clock was acted on."""


class Tick:
    """Looks for due cases, and cases to judge again.

    Args:
        store: Where they are.
        ruling: The rules in force.
        prefix: Borough's prefix of case references.
        new_id: Makes names.
        on_clock: Told how late each warning or missed deadline was acted on.
    """

    def __init__(
        self,
        store: Store,
        ruling: Callable[[], Ruling],
        prefix: str,
        new_id: Callable[[], str],
        on_clock: Callable[[timedelta], None] = _nobody_measures,
    ) -> None:
        self._on_clock = on_clock
        self._store = store
        self._ruling = ruling
        self._prefix = prefix
        self._new_id = new_id

    def due(self, now: datetime) -> tuple[CaseId, ...]:
        """Cases for which something is due, or which are to be judged again."""
        with self._store.read() as reading:
            return tuple(dict.fromkeys((*reading.due_cases(now, BATCH), *reading.rechecks(BATCH))))

    def run(self, now: datetime, only: Collection[CaseId] | None = None) -> int:
        """Do everything that is due.

        Args:
            now: Aware UTC.
            only: Leave out every other case; None for all.

        Returns:
            How many cases were decided; 0 when nothing was due.
        """
        with self._store.read() as reading:
            due = reading.due_cases(now, BATCH)
            again = reading.rechecks(BATCH)
        cases = tuple(id_ for id_ in dict.fromkeys((*due, *again)) if only is None or id_ in only)
        if not cases:
            return 0
        try:
            self._decide(cases, tuple(id_ for id_ in again if id_ in cases), now)
        except StaleWrite:
            return len(cases)
        return len(cases)

    def _decide(self, cases: tuple[CaseId, ...], again: tuple[CaseId, ...], now: datetime) -> None:
        work = Casework(self._ruling(), self._prefix, self._new_id)
        with self._store.read() as reading:
            batch = work.decide_again(cases, now, reading)
        with self._store.write(Rank.TICK) as writing:
            work.write(batch, writing, now)
            if again:
                writing.clear_rechecks(again)
        for decided in batch.decided:
            for row in decided.decision.new:
                if row.key.about.startswith(CLOCK) and row.state is LineState.PENDING and row.at <= now:
                    self._on_clock(now - row.at)
