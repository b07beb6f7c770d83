"""One row that cannot be worked costs only itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alertd.daemon.apart import ASIDE, Apart, Work
from alertd.model.errors import StoreUnavailable

NOW = datetime(2026, 11, 26, 14, 10, tzinfo=UTC)


class Pile:
    """Rows to be worked; some are bad, and nothing of a run that meets one is kept."""

    def __init__(self, rows: Sequence[int], bad: set[int]) -> None:
        self.waiting = list(rows)
        self.bad = bad
        self.done: list[int] = []
        self.away = False

    def due(self, _: datetime) -> Sequence[int]:
        return list(self.waiting)

    def run(self, _: datetime, only: Sequence[int] | None) -> int:
        if self.away:
            raise StoreUnavailable("away")
        rows = [row for row in self.waiting if only is None or row in only]
        if self.bad & set(rows):
            raise KeyError("bad")
        self.done += rows
        self.waiting = [row for row in self.waiting if row not in rows]
        return len(rows)


def apart(pile: Pile) -> tuple[Apart[int], list[int]]:
    told: list[int] = []

    def tell(key: int, _fault: Exception, _now: datetime) -> None:
        told.append(key)

    return Apart("test", Work(pile.due, pile.run), tell), told


@settings(deadline=None)  # every failure is logged with its traceback
@given(rows=st.lists(st.integers(0, 30), unique=True), bad=st.sets(st.integers(0, 30)))
def test_all_good_rows_are_worked_and_each_bad_one_is_told(rows: list[int], bad: set[int]) -> None:
    pile = Pile(rows, bad)
    work, told = apart(pile)

    work.run(NOW)
    work.run(NOW)

    assert sorted(pile.done) == sorted(set(rows) - bad)
    assert told == [row for row in rows if row in bad]


def test_a_bad_row_is_left_aside_for_a_minute_and_then_tried_again() -> None:
    pile = Pile([1, 2], {2})
    work, told = apart(pile)
    work.run(NOW)
    pile.waiting.append(3)

    assert work.run(NOW + ASIDE / 2) == 1
    assert told == [2]

    pile.bad.clear()
    assert work.run(NOW + ASIDE) == 1
    assert pile.done == [1, 3, 2]


def test_a_store_that_is_away_is_not_blamed_on_any_row() -> None:
    pile = Pile([1], set())
    work, told = apart(pile)
    pile.away = True

    with pytest.raises(StoreUnavailable):
        work.run(NOW)

    assert told == []
