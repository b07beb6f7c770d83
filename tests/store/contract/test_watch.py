"""What watches ask: undone work, how clocks stand, the database's own time."""

from __future__ import annotations

from datetime import timedelta

from alertd.model.ids import CaseId, CaseRef
from alertd.service.ports import Overdue, Rank
from alertd.store import SqlStore
from tests.store.rows import HOUR, NOW, case_row, changed, clock, key, make_case, notification, obligation, put

MINUTE = timedelta(minutes=1)


def overdue(store: SqlStore, minutes: int) -> Overdue:
    with store.read() as reading:
        return reading.overdue(NOW + minutes * MINUTE)


def totals(store: SqlStore, minutes: int = 0) -> dict[tuple[str, str], int]:
    with store.read() as reading:
        return dict(reading.clock_totals(NOW + minutes * MINUTE))


def test_nothing_is_overdue_where_nothing_waits(store: SqlStore) -> None:
    assert not overdue(store, 0)


def test_a_case_a_line_and_a_message_left_waiting_are_each_counted_from_their_time_on(store: SqlStore) -> None:
    make_case(store, "c1", row=case_row("c1", wake_at=NOW + 2 * MINUTE))
    with store.write(Rank.TICK) as writing:
        writing.add_obligations([obligation(key("system"), at=NOW + 3 * MINUTE)])
        writing.add_notifications([notification("n1", key("system"), next_at=NOW + 4 * MINUTE)])
    assert not overdue(store, 1)
    assert overdue(store, 2) == Overdue(1, 0, 0, NOW + 2 * MINUTE)
    assert overdue(store, 3) == Overdue(1, 1, 0, NOW + 2 * MINUTE)
    assert overdue(store, 4) == Overdue(1, 1, 1, NOW + 2 * MINUTE)


def test_clocks_are_counted_by_how_they_ended(store: SqlStore) -> None:
    late, known = NOW + 2 * HOUR, NOW + 3 * HOUR
    clocks = (
        clock("a"),
        clock("b", stopped_at=NOW, stop_known_at=NOW),
        clock("c", stopped_at=NOW, stop_known_at=known),
        clock("d", stopped_at=late, stop_known_at=late),
        clock("e", withdrawn_at=NOW),
    )
    make_case(store, "c1", clocks=clocks)
    assert totals(store) == {
        ("a", "running"): 1, ("b", "met"): 1, ("c", "met_late"): 1, ("d", "breached"): 1, ("e", "withdrawn"): 1,
    }  # fmt: skip


def test_a_clock_whose_time_has_passed_counts_as_missed_although_it_runs(store: SqlStore) -> None:
    make_case(store, "c1", clocks=(clock("a"),))
    make_case(store, "c2", clocks=(clock("a", due_at=NOW + 5 * HOUR),))
    assert totals(store, 59) == {("a", "running"): 2}
    assert totals(store, 60) == {("a", "running"): 1, ("a", "breached"): 1}


def test_a_decision_that_stops_a_clock_moves_it_from_one_count_to_the_other(store: SqlStore) -> None:
    make_case(store, "c1", clocks=(clock("a"), clock("b")))
    put(store, changed(store, "c1", clocks=(clock("a", stopped_at=NOW, stop_known_at=NOW), clock("b"))))
    assert totals(store) == {("a", "met"): 1, ("b", "running"): 1}


def test_clocks_of_a_case_that_was_joined_are_counted_once(store: SqlStore) -> None:
    make_case(store, "c1", clocks=(clock("a"),))
    make_case(store, "c2", clocks=(clock("a"),))
    with store.read() as reading:
        other = reading.case(CaseId("c2"))
    assert other is not None
    put(store, changed(store, "c1", joined=(other.row,)))
    assert totals(store) == {("a", "running"): 1}
    with store.read() as reading:
        assert reading.case_by_ref(CaseRef("WF-UR-26-C2")) == CaseId("c1")


def test_a_database_with_a_clock_of_its_own_tells_its_time(store: SqlStore, url: str) -> None:
    with store.read() as reading:
        theirs = reading.database_now()
    assert (theirs is None) == url.startswith("sqlite")
    assert theirs is None or theirs.utcoffset() is not None
