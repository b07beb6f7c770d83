"""Local time: opening hours, working days, meetings and rest hours, across both clock changes.

Everything stored is UTC; a wall-clock time that a clock change skips or repeats is taken at its first meaning
(`fold=0`), which for a skipped time is the same instant as an hour later by the clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from alertd.model.rulebook import Hours, NextMeeting

LONDON = ZoneInfo("Europe/London")
_BRIEFEST = timedelta.resolution
_HORIZON_DAYS = 400
"""A calendar without an open day in this many days is closed for good: a mistake that checks report."""


@lru_cache(maxsize=64)
def bank_holidays(year: int) -> frozenset[date]:
    """England's bank holidays of a year, substitute days included."""
    return frozenset(holidays.country_holidays("GB", subdiv="ENG", years=year))


@lru_cache(maxsize=65536)
def local(at: datetime) -> datetime:
    """The same instant by London's clock."""
    return at.astimezone(LONDON)


def at_local(day: date, clock: time) -> datetime:
    """The UTC instant of a London wall-clock time."""
    return datetime.combine(day, clock, LONDON).astimezone(UTC)


def closed_day(hours: Hours, day: date) -> bool:
    """Whether the office does not open at all on a day."""
    if day.weekday() not in hours.days or day in hours.also_closed:
        return True
    return hours.bank_holidays and day in bank_holidays(day.year)


def opening(hours: Hours, day: date) -> tuple[datetime, datetime] | None:
    """Opening span of a day as UTC instants, start included and end excluded; None when closed."""
    if closed_day(hours, day):
        return None
    span = hours.days[day.weekday()]
    end = at_local(day, span.to) if span.to else at_local(day + timedelta(days=1), time(0))
    return at_local(day, span.from_), end


def is_open(hours: Hours, at: datetime) -> bool:
    """Whether the office is open at an instant."""
    span = opening(hours, local(at).date())
    return span is not None and span[0] <= at < span[1]


def openings(hours: Hours, start: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Opening spans from the day of `start` on, earliest first; ends after 400 days."""
    first = local(start).date()
    for offset in range(_HORIZON_DAYS):
        if span := opening(hours, first + timedelta(days=offset)):
            yield span


def next_change(hours: Hours, at: datetime) -> datetime | None:
    """The first opening or closing strictly after an instant; None when the office never opens, or never closes.

    A day that ends as the next begins is no closing: nobody hands over.
    """
    moments = (moment for span in openings(hours, at) for moment in span if moment > at)
    return next((each for each in moments if is_open(hours, each) is not is_open(hours, each - _BRIEFEST)), None)


def next_opening(hours: Hours, at: datetime) -> datetime | None:
    """The first moment at or after `at` when the office is open."""
    for opens, closes in openings(hours, at):
        if closes > at:
            return max(opens, at)
    return None


def add_working_days(hours: Hours, start: datetime, days: int) -> datetime:
    """Closing time of the nth open day after the day of `start`.

    Raises:
        ValueError: the calendar has no such day within 400 days.

    Source: RULES, starts_at: "due at closing time of the nth open day after the start".
    """
    first = local(start).date()
    left = days
    for opens, closes in openings(hours, start):
        if local(opens).date() <= first:
            continue
        left -= 1
        if left <= 0:
            return closes
    raise ValueError(f"the hours '{hours.id}' have too few open days")


def subtract_working_days(hours: Hours, due: datetime, days: int) -> datetime:
    """Opening time of the nth open day before the day of `due`."""
    day = local(due).date()
    for _ in range(_HORIZON_DAYS):
        day -= timedelta(days=1)
        if span := opening(hours, day):
            days -= 1
            if days <= 0:
                return span[0]
    raise ValueError(f"the hours '{hours.id}' have too few open days")


def add_working_time(hours: Hours, start: datetime, length: timedelta) -> datetime:
    """The instant at which `length` of opening time has passed since `start`."""
    left = length
    for opens, closes in openings(hours, start):
        begin = max(opens, start)
        if closes <= begin:
            continue
        if closes - begin >= left:
            return begin + left
        left -= closes - begin
    raise ValueError(f"the hours '{hours.id}' have too few open hours")


def next_meeting(due: NextMeeting, hours: Hours | None, start: datetime) -> datetime:
    """The first meeting whose list has not closed at `start`.

    A case exactly at the cut-off still goes to that meeting.
    """
    first = local(start).date()
    for offset in range(_HORIZON_DAYS):
        day = first + timedelta(days=offset)
        if day.weekday() not in due.days or (hours is not None and closed_day(hours, day)):
            continue
        meeting = at_local(day, due.at)
        if start <= meeting - due.cut_off:
            return meeting
    raise ValueError("no meeting within 400 days")


@dataclass(frozen=True, slots=True)
class RestHours:
    """When only waking lines may disturb: from `from_` to `to` local time, over midnight.

    Attributes:
        early: A held warning that cannot wait is brought forward to this time of the evening.

    Source: Protocol notes "Who is woken": between 22:00 and 07:30.
    """

    from_: time = time(22, 0)
    to: time = time(7, 30)
    early: time = time(21, 0)

    def contains(self, at: datetime) -> bool:
        """Whether an instant lies in rest hours (start included, end excluded)."""
        clock = local(at).time()
        if self.from_ <= self.to:
            return self.from_ <= clock < self.to
        return clock >= self.from_ or clock < self.to

    def end_after(self, at: datetime) -> datetime:
        """The first end of rest hours (digest time) strictly after an instant."""
        day = local(at).date()
        today = at_local(day, self.to)
        return today if today > at else at_local(day + timedelta(days=1), self.to)

    def between(self, since: datetime, until: datetime) -> tuple[tuple[datetime, datetime], ...]:
        """The stretches of rest hours in [since, until), cut off at both ends; each [begin, end), earliest first."""
        found: list[tuple[datetime, datetime]] = []
        over_midnight = timedelta(days=1 if self.from_ > self.to else 0)
        day = local(since).date() - timedelta(days=1)
        while at_local(day, self.from_) < until:
            begin, end = at_local(day, self.from_), at_local(day + over_midnight, self.to)
            found.append((max(begin, since), min(end, until)))
            day += timedelta(days=1)
        return tuple((begin, end) for begin, end in found if begin < end)

    def early_before(self, at: datetime) -> datetime:
        """The early moment of the evening on which the rest hours around `at` began."""
        day = local(at).date()
        if local(at).time() < self.to:
            day -= timedelta(days=1)
        return at_local(day, self.early)
