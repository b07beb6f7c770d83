from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.core.calendar import (
    RestHours,
    add_working_days,
    add_working_time,
    at_local,
    bank_holidays,
    is_open,
    local,
    next_change,
    next_meeting,
    next_opening,
    opening,
    subtract_working_days,
)
from alertd.model.ids import HoursId
from alertd.model.rulebook import Hours, NextMeeting, Span
from tests.core.make import day, london

_NINE = Span(time(9), time(17, 15))
MASH = Hours(HoursId("mash"), {**dict.fromkeys(range(4), _NINE), 4: Span(time(9), time(17))}, bank_holidays=True)
_ANY_TIME = st.integers(0, 2 * 365 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
NEVER = Hours(HoursId("never"), {})
ROUND_THE_CLOCK = Hours(HoursId("always"), dict.fromkeys(range(7), Span(time(0), None)))


def test_local_times_follow_both_clock_changes() -> None:
    assert at_local(day("2026-10-24"), time(12)) == datetime(2026, 10, 24, 11, tzinfo=UTC)
    assert at_local(day("2026-10-25"), time(12)) == datetime(2026, 10, 25, 12, tzinfo=UTC)
    assert at_local(day("2027-03-27"), time(12)) == datetime(2027, 3, 27, 12, tzinfo=UTC)
    assert at_local(day("2027-03-28"), time(12)) == datetime(2027, 3, 28, 11, tzinfo=UTC)
    assert local(datetime(2027, 10, 31, 1, tzinfo=UTC)).hour == 1


def test_a_skipped_time_is_an_hour_later_by_the_clock_and_a_repeated_one_its_first() -> None:
    assert local(at_local(day("2027-03-28"), time(1, 30))).time() == time(2, 30)
    assert at_local(day("2026-10-25"), time(1, 30)) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_bank_holidays_hold_substitute_days_and_moving_feasts() -> None:
    assert {day("2026-12-25"), day("2026-12-28")} <= bank_holidays(2026)
    assert {day("2027-03-26"), day("2027-03-29"), day("2027-12-27"), day("2027-12-28")} <= bank_holidays(2027)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-26 08:59", False),
        ("2026-11-26 09:00", True),
        ("2026-11-26 17:14", True),
        ("2026-11-26 17:15", False),
        ("2026-11-27 17:00", False),
        ("2026-11-28 10:00", False),
        ("2026-12-28 10:00", False),
        ("2026-12-29 10:00", True),
        ("2027-03-26 10:00", False),
        ("2027-03-29 10:00", False),
    ],
)
def test_an_office_is_open_from_its_opening_until_just_before_its_closing(at: str, expected: bool) -> None:
    assert is_open(MASH, london(at)) is expected


def test_an_office_may_be_open_until_midnight_and_closed_on_named_days() -> None:
    late = Hours(HoursId("late"), {3: Span(time(9), None)}, also_closed=frozenset({day("2026-12-24")}))
    assert opening(late, day("2026-11-26")) == (london("2026-11-26 09:00"), london("2026-11-27 00:00"))
    assert opening(late, day("2026-12-24")) is None
    assert opening(late, day("2026-11-27")) is None


def test_the_next_change_is_an_opening_or_a_closing_and_never_the_moment_itself() -> None:
    assert next_change(MASH, london("2026-11-26 08:00")) == london("2026-11-26 09:00")
    assert next_change(MASH, london("2026-11-26 09:00")) == london("2026-11-26 17:15")
    assert next_change(MASH, london("2026-11-26 17:15")) == london("2026-11-27 09:00")
    assert next_change(MASH, london("2026-12-24 17:15")) == london("2026-12-29 09:00")


def test_an_office_that_never_opens_never_changes() -> None:
    assert next_change(NEVER, london("2026-11-26 08:00")) is None
    assert next_opening(NEVER, london("2026-11-26 08:00")) is None


def test_midnight_is_no_change_for_an_office_that_never_closes() -> None:
    assert next_change(ROUND_THE_CLOCK, london("2026-11-26 08:00")) is None


def test_the_next_opening_is_now_when_open() -> None:
    now = london("2026-11-26 10:00")
    assert next_opening(MASH, now) == now
    assert next_opening(MASH, london("2026-11-27 17:00")) == london("2026-11-30 09:00")


def test_working_days_end_at_the_closing_of_the_nth_open_day_after_the_start() -> None:
    assert add_working_days(MASH, london("2026-11-26 08:00"), 1) == london("2026-11-27 17:00")
    assert add_working_days(MASH, london("2026-11-26 23:00"), 5) == london("2026-12-03 17:15")
    assert add_working_days(MASH, london("2026-12-23 12:00"), 2) == london("2026-12-29 17:15")
    assert add_working_days(MASH, london("2027-03-25 12:00"), 1) == london("2027-03-30 17:15")


def test_working_days_before_a_deadline_begin_at_opening() -> None:
    assert subtract_working_days(MASH, london("2026-12-30 17:15"), 2) == london("2026-12-24 09:00")
    assert subtract_working_days(MASH, london("2026-12-03 17:15"), 2) == london("2026-12-01 09:00")


def test_working_time_runs_only_while_the_office_is_open() -> None:
    assert add_working_time(MASH, london("2026-11-26 16:15"), timedelta(hours=2)) == london("2026-11-27 10:00")
    assert add_working_time(MASH, london("2026-11-26 16:15"), timedelta(hours=1)) == london("2026-11-26 17:15")
    assert add_working_time(MASH, london("2026-11-27 18:00"), timedelta(hours=1)) == london("2026-11-30 10:00")


def test_a_calendar_that_never_opens_is_refused() -> None:
    at = london("2026-11-26 10:00")
    with pytest.raises(ValueError, match="too few open days"):
        add_working_days(NEVER, at, 1)
    with pytest.raises(ValueError, match="too few open days"):
        subtract_working_days(NEVER, at, 1)
    with pytest.raises(ValueError, match="too few open hours"):
        add_working_time(NEVER, at, timedelta(hours=1))
    with pytest.raises(ValueError, match="no meeting"):
        next_meeting(NextMeeting(time(10, 30), frozenset()), None, at)


DRM = NextMeeting(time(10, 30), frozenset(range(5)), timedelta(hours=1))


@pytest.mark.parametrize(
    ("start", "meeting"),
    [
        ("2026-11-26 09:30", "2026-11-26 10:30"),
        ("2026-11-26 09:31", "2026-11-27 10:30"),
        ("2026-11-27 11:00", "2026-11-30 10:30"),
        ("2026-10-23 12:00", "2026-10-26 10:30"),
    ],
)
def test_the_next_meeting_is_the_first_whose_list_is_still_open(start: str, meeting: str) -> None:
    assert next_meeting(DRM, None, london(start)) == london(meeting)


def test_a_meeting_stands_only_on_open_days_of_its_calendar() -> None:
    assert next_meeting(DRM, MASH, london("2026-12-24 12:00")) == london("2026-12-29 10:30")
    assert next_meeting(DRM, None, london("2026-12-24 12:00")) == london("2026-12-25 10:30")


REST = RestHours()


@pytest.mark.parametrize(
    ("at", "expected"),
    [("21:59", False), ("22:00", True), ("23:59", True), ("00:00", True), ("07:29", True), ("07:30", False)],
)
def test_rest_hours_run_over_midnight(at: str, expected: bool) -> None:
    assert REST.contains(london(f"2026-11-26 {at}")) is expected


def test_rest_hours_may_lie_within_one_day() -> None:
    short = RestHours(time(0), time(6), time(20))
    assert short.contains(london("2026-11-26 00:00"))
    assert not short.contains(london("2026-11-26 06:00"))
    assert not short.contains(london("2026-11-26 23:00"))


def test_the_digest_comes_at_the_next_end_of_rest() -> None:
    assert REST.end_after(london("2026-11-26 02:00")) == london("2026-11-26 07:30")
    assert REST.end_after(london("2026-11-26 07:30")) == london("2026-11-27 07:30")
    assert REST.end_after(london("2026-10-24 22:00")) == london("2026-10-25 07:30")


def test_the_early_moment_belongs_to_the_evening_on_which_the_rest_began() -> None:
    assert REST.early_before(london("2026-11-26 23:00")) == london("2026-11-26 21:00")
    assert REST.early_before(london("2026-11-27 02:00")) == london("2026-11-26 21:00")


def test_the_nights_of_a_period_are_cut_off_at_its_ends() -> None:
    since, until = london("2026-11-25 23:00"), london("2026-11-27 01:00")
    assert REST.between(since, until) == (
        (since, london("2026-11-26 07:30")),
        (london("2026-11-26 22:00"), until),
    )
    assert REST.between(london("2026-11-26 08:00"), london("2026-11-26 21:00")) == ()


def test_a_night_may_be_longer_or_shorter_than_its_clock_says_and_rest_may_lie_within_a_day() -> None:
    ((begin, end),) = REST.between(london("2026-10-24 12:00"), london("2026-10-25 12:00"))
    assert end - begin == timedelta(hours=10, minutes=30)
    noon = RestHours(time(12), time(13))
    assert noon.between(london("2026-11-26 00:00"), london("2026-11-27 00:00")) == (
        (london("2026-11-26 12:00"), london("2026-11-26 13:00")),
    )


@given(_ANY_TIME)
def test_the_next_change_always_flips_open_and_closed(at: datetime) -> None:
    change = next_change(MASH, at)
    assert change is not None
    assert change > at
    assert is_open(MASH, change) is not is_open(MASH, at)
    assert is_open(MASH, change - timedelta(microseconds=1)) is is_open(MASH, at)


@given(_ANY_TIME, st.integers(1, 12))
def test_working_days_forward_are_open_days_and_come_back(at: datetime, days: int) -> None:
    end = add_working_days(MASH, at, days)
    between = (local(at).date() + timedelta(days=n) for n in range(1, (local(end).date() - local(at).date()).days + 1))
    assert sum(opening(MASH, each) is not None for each in between) == days
    back = subtract_working_days(MASH, end, days)
    assert local(back).date() <= local(end).date()
    assert is_open(MASH, back)
