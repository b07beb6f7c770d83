from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alertd.core.clocks import (
    ClockState,
    Stop,
    best_stop,
    due_at,
    first_warning_at,
    is_over,
    state,
    state_now,
    warn_at,
)
from alertd.model.ids import ClockId, HoursId
from alertd.model.rulebook import Clock, Counts, NextMeeting, Warn, WorkingDays
from tests.core.book import small_book
from tests.core.make import after, clock, london

BOOK = small_book()
GOLDEN = BOOK.clocks[ClockId("golden_hour")]
PANEL = BOOK.clocks[ClockId("panel_listing")]


def test_elapsed_hours_run_across_clock_changes() -> None:
    contact = BOOK.clocks[ClockId("contact_48h")]
    assert due_at(contact, london("2027-10-30 20:00"), BOOK) == london("2027-11-01 19:00")
    assert due_at(contact, london("2027-03-27 20:00"), BOOK) == london("2027-03-29 21:00")


def test_working_days_meetings_and_working_hours_use_the_calendar() -> None:
    thursday = london("2026-12-24 16:40")
    assert due_at(PANEL, thursday, BOOK) == london("2027-01-05 17:15")
    drm = replace(PANEL, due=NextMeeting(thursday.time().replace(10, 30), frozenset(range(5)), timedelta(hours=1)))
    assert due_at(drm, thursday, BOOK) == london("2026-12-29 10:30")
    hours = replace(PANEL, due=timedelta(hours=1), counts=Counts.WORKING_HOURS)
    assert due_at(hours, thursday, BOOK) == london("2026-12-29 09:25")


def test_a_meeting_needs_no_calendar_but_working_days_do() -> None:
    drm = replace(GOLDEN, due=NextMeeting(london("2026-11-26 10:30").time(), frozenset(range(5))), hours=None)
    assert due_at(drm, london("2026-11-26 11:00"), BOOK) == london("2026-11-27 10:30")
    with pytest.raises(ValueError, match="without 'hours:'"):
        due_at(replace(GOLDEN, due=WorkingDays(5)), after(), BOOK)


@pytest.mark.parametrize(
    ("warn", "expected"),
    [
        (Warn((), "t", (), at=timedelta(minutes=30)), "2026-11-26 10:30"),
        (Warn((), "t", (), before=timedelta(hours=3)), "2026-12-03 14:15"),
        (Warn((), "t", (), before_days=2), "2026-12-01 09:00"),
    ],
)
def test_warnings_count_from_the_start_or_back_from_the_deadline(warn: Warn, expected: str) -> None:
    start = london("2026-11-26 10:00")
    assert warn_at(PANEL, warn, start, due_at(PANEL, start, BOOK), BOOK) == london(expected)


DUE = after(50)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (DUE - timedelta(microseconds=1), ClockState.RUNNING),
        (DUE, ClockState.BREACHED),
        (DUE + timedelta(hours=5), ClockState.BREACHED),
    ],
)
def test_a_running_clock_is_breached_exactly_at_its_deadline(now: datetime, expected: ClockState) -> None:
    assert state(clock(), now) is expected


@pytest.mark.parametrize(
    ("stopped", "known", "expected"),
    [
        (DUE, DUE, ClockState.MET),
        (DUE - timedelta(minutes=5), DUE + timedelta(minutes=1), ClockState.MET_LATE),
        (DUE, DUE + timedelta(microseconds=1), ClockState.MET_LATE),
        (DUE + timedelta(microseconds=1), DUE + timedelta(minutes=1), ClockState.BREACHED),
    ],
)
def test_a_stop_in_time_meets_the_clock_and_recorded_late_is_met_late(
    stopped: datetime, known: datetime, expected: ClockState
) -> None:
    run = clock(stopped_at=stopped, stop_known_at=known)
    assert state(run, DUE + timedelta(hours=1)) is expected


def test_a_stop_counts_only_once_it_is_known() -> None:
    run = clock(stopped_at=after(10), stop_known_at=after(90))
    assert state(run, after(20)) is ClockState.RUNNING
    assert state(run, after(60)) is ClockState.BREACHED
    assert state(run, after(90)) is ClockState.MET_LATE
    assert (is_over(run, after(89)), is_over(run, after(90))) == (False, True)


def test_a_withdrawn_clock_is_over_from_then_on() -> None:
    run = clock(withdrawn_at=after(20))
    assert state(run, after(19)) is ClockState.RUNNING
    assert state(run, after(20)) is ClockState.WITHDRAWN
    assert is_over(run, after(20))
    assert not is_over(run, after(19))


def test_a_naive_now_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="aware"):
        state(clock(), datetime(2026, 11, 26))  # noqa: DTZ001 (naive on purpose)


def test_a_clock_is_warned_from_its_first_warning() -> None:
    run = clock()
    assert first_warning_at(run, BOOK) == after(20)
    assert state_now(run, BOOK, after(19)) is ClockState.RUNNING
    assert state_now(run, BOOK, after(20)) is ClockState.WARNED
    assert state_now(run, BOOK, DUE) is ClockState.BREACHED


def test_a_clock_without_warnings_or_without_a_block_is_never_warned() -> None:
    silent = replace(BOOK, clocks={GOLDEN.id: replace(GOLDEN, warn=())})
    assert first_warning_at(clock(), silent) is None
    assert first_warning_at(clock("gone"), BOOK) is None
    assert state_now(clock("gone"), BOOK, after(45)) is ClockState.RUNNING


def _stop(at: float, known: float) -> Stop:
    return Stop(after(at), after(known))


def test_without_evidence_nothing_stops() -> None:
    assert best_stop(()) is None


def test_two_reports_in_time_one_recorded_late_leave_the_clock_met_whichever_came_first() -> None:
    early_late, later_prompt = _stop(10, 90), _stop(20, 25)
    for order in ((early_late, later_prompt), (later_prompt, early_late)):
        found = best_stop(order)
        assert found is not None
        run = clock(stopped_at=found.at, stop_known_at=found.known_at)
        assert state(run, after(120)) is ClockState.MET


def test_a_later_report_of_an_earlier_contact_never_reopens_what_the_first_report_ended() -> None:
    found = best_stop((_stop(70, 80), _stop(40, 110)))
    assert found == _stop(40, 80)
    assert state(clock(stopped_at=found.at, stop_known_at=found.known_at), after(120)) is ClockState.MET_LATE


def test_a_clock_names_its_calendar() -> None:
    assert isinstance(PANEL, Clock)
    assert PANEL.hours == HoursId("mash_hours")
    assert due_at(PANEL, datetime(2026, 11, 26, 10, tzinfo=UTC), BOOK) == london("2026-12-03 17:15")
