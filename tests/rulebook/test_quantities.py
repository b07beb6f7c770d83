from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.model.rulebook import WorkingDays
from alertd.rulebook import quantities
from alertd.rulebook.quantities import Misread


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("48 hours", timedelta(hours=48)),
        ("30 minutes", timedelta(minutes=30)),
        ("1 minute", timedelta(minutes=1)),
        ("7 days", timedelta(days=7)),
        ("2 weeks", timedelta(weeks=2)),
        ("20s", timedelta(seconds=20)),
        ("1h", timedelta(hours=1)),
        ("90  Min", timedelta(minutes=90)),
        ("PT1H", timedelta(hours=1)),
        ("P1DT2H3M4S", timedelta(days=1, hours=2, minutes=3, seconds=4)),
        ("1 working day", WorkingDays(1)),
        ("5 working  days", WorkingDays(5)),
        ("0 minutes", timedelta(0)),
    ],
)
def test_durations_with_a_unit_are_read(text: str, meant: object) -> None:
    assert quantities.duration(text) == meant


@pytest.mark.parametrize(
    "text",
    ["1m", "48", "1:30", "", "P", "PT", "P1DT", "an hour", "1.5 hours", "-1 hour", "1 month", "2 years", "1 hour 30",
     "99999 days", "9999999 hours", "1 fortnight", "٤ hours"],
)  # fmt: skip
def test_durations_that_leave_a_doubt_are_refused_with_a_remedy(text: str) -> None:
    with pytest.raises(Misread) as refused:
        quantities.duration(text)
    assert refused.value.remedy


def test_working_days_do_not_fit_where_a_length_is_meant() -> None:
    with pytest.raises(Misread):
        quantities.length("1 working day")


def test_times_and_dates() -> None:
    assert quantities.time_of_day("7:05") == time(7, 5)
    assert quantities.closing_time("24:00") is None
    assert quantities.closing_time("17:15") == time(17, 15)
    assert quantities.day("2028-02-29") == date(2028, 2, 29)


@pytest.mark.parametrize("text", ["24:00", "9", "09.00", "12:60", "9:5"])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(Misread):
        quantities.time_of_day(text)


@pytest.mark.parametrize("text", ["2027-02-29", "29/02/2028", "2027-3-1", "tomorrow"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(Misread):
        quantities.day(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-11-21 03:10", datetime(2026, 11, 21, 3, 10, tzinfo=UTC)),
        ("2026-07-21 3:10", datetime(2026, 7, 21, 2, 10, tzinfo=UTC)),
        ("2026-07-21T03:10:30Z", datetime(2026, 7, 21, 3, 10, 30, tzinfo=UTC)),
        ("2027-10-31 01:30+00:00", datetime(2027, 10, 31, 1, 30, tzinfo=UTC)),
        ("2027-10-31 02:00", datetime(2027, 10, 31, 2, 0, tzinfo=UTC)),
        ("2027-03-28 02:00", datetime(2027, 3, 28, 1, 0, tzinfo=UTC)),
    ],
)
def test_a_time_without_an_offset_is_londons(text: str, meant: datetime) -> None:
    assert quantities.moment(text) == meant


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2027-10-31 01:30", "happens twice"),
        ("2027-10-31 01:00", "happens twice"),
        ("2027-03-28 01:30", "does not exist"),
        ("2026-11-21", "not a date with a time"),
        ("2026-11-31 10:00", "not in the calendar"),
        ("0001-01-01 00:00+14:00", "not a date with a time"),
        ("2026-11-21 10:00+99:00", "not a date with a time"),
    ],
)
def test_a_time_that_leaves_a_doubt_is_refused(text: str, why: str) -> None:
    with pytest.raises(Misread, match=why):
        quantities.moment(text)


@given(st.text(max_size=30) | st.from_regex(r"[0-9P: T+-]{0,20}[a-zA-Z ]{0,10}", fullmatch=True))
def test_any_text_is_a_quantity_or_is_refused(text: str) -> None:
    for read in (quantities.duration, quantities.moment, quantities.day, quantities.closing_time):
        refused = None
        try:
            read(text)
        except Misread as wrong:
            refused = wrong
        assert refused is None or refused.remedy
