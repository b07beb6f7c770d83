"""The events of a calendar file, and when they take place: single ones known at once, repeated ones expanded as asked.

Expanding is a pure function of the file; it is remembered by stretches of time, so that the window of a daemon that
runs for months moves along by itself.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import recurring_ical_events
from icalendar import Calendar, Event
from icalendar.prop import vRecur

from alertd.core.calendar import at_local
from alertd.rulebook.ical_rules import Day, Repeats, read_repeats
from alertd.rulebook.ical_text import CODE, RawCalendar, RawEvent, zoned
from alertd.rulebook.problems import Fault

CHUNK = timedelta(weeks=12)
_START = datetime(1970, 1, 5, tzinfo=UTC)
_SLACK = timedelta(days=2)
"""A rule is cut off this long after the stretch that it is expanded for."""
_REMEMBERED = 32
_MOST_SERIES = 100
_MOST_EFFORT = 300_000
_LONGEST = timedelta(days=62)
_YEARS = frozenset(range(1970, 2200))
_TRIED = timedelta(days=8)
_NOT_READ = "RANGE=THISANDFUTURE|VALUE=PERIOD"
_SERIES_FROM = 2000
_TIMES = ("DTSTART", "DTEND", "EXDATE", "RDATE", "RECURRENCE-ID")
_KEPT = ("DURATION", "SEQUENCE", "STATUS", "RRULE")
_INDEX = "X-ALERTD-EVENT"
_LIBRARY_REFUSES = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError)
"""What icalendar and dateutil raise for text that is not what it should be."""

_Component: TypeAlias = Any
"""The library's own event: its properties are of thirty types, and those read here are dates."""
_Known = dict[int, tuple["Span", ...]]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """[from_, to), aware UTC, of the event with an index in its file."""

    from_: datetime
    to: datetime
    event: int


@dataclass(frozen=True, slots=True)
class _Series:
    """An event that repeats, or a change of one of its times: one family."""

    index: int
    family: int
    component: _Component
    repeats: Repeats | None

    def may_reach(self, start: datetime) -> bool:
        """Whether its times may go on until a moment."""
        until = self.repeats.until if self.repeats is not None else None
        return until is None or _instant(until) + _LONGEST + _SLACK > start


@dataclass(slots=True)
class Timeline:
    """When the events of a file take place; safe from any thread.

    Attributes:
        singles: Events that take place once.
        series: Those that repeat, and changes of theirs.
    """

    singles: list[Span] = field(default_factory=list)
    series: list[_Series] = field(default_factory=list)
    _known: _Known = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def spans(self, start: datetime, end: datetime) -> list[Span]:
        """Everything that takes place at some moment of [start, end), aware UTC; earliest first."""
        last = (end - _START - timedelta.resolution) // CHUNK
        pieces = (self._chunk(number) for number in range((start - _START) // CHUNK, last + 1))
        return sorted({span for piece in pieces for span in piece if span.from_ < end and span.to > start})

    def _chunk(self, number: int) -> tuple[Span, ...]:
        with self._lock:
            if number not in self._known:
                start = _START + number * CHUNK
                once = [span for span in self.singles if span.from_ < start + CHUNK and span.to > start]
                self._known[number] = (*once, *_expand(self.series, start, start + CHUNK))
                while len(self._known) > _REMEMBERED:
                    self._known.pop(next(iter(self._known)))
            return self._known[number]


def _expand(series: Sequence[_Series], start: datetime, end: datetime) -> Iterator[Span]:
    calendar = Calendar()
    for each in (each for each in series if each.may_reach(start)):
        component = each.component.copy()
        if each.repeats is not None:
            component["RRULE"] = each.repeats.up_to(end + _SLACK)
        calendar.add_component(component)
    for found in recurring_ical_events.of(calendar).between(start, end):
        span = Span(_instant(found["DTSTART"].dt), _instant(found["DTEND"].dt), int(found[_INDEX]))
        if span.from_ < span.to and not _is_cancelled(found):
            yield span


def _instant(at: Day) -> datetime:
    return at.astimezone(UTC) if isinstance(at, datetime) else at_local(at, datetime.min.time())


def _is_cancelled(event: _Component) -> bool:
    return str(event.get("STATUS", "")).upper() == "CANCELLED"


def timeline(calendar: RawCalendar) -> Timeline:
    """Read the times of every event.

    Raises:
        Fault: one that cannot be read, or repetitions that would take long (E038), at its line.
    """
    found = Timeline()
    written = [raw.text("UID") or f"event {index}" for index, raw in enumerate(calendar.events)]
    families = Counter(written)
    for index, raw in enumerate(calendar.events):
        family = written.index(written[index]) if families[written[index]] > 1 else index
        try:
            read = _read(_parsed(raw, f"{_INDEX}:{index}", f"UID:{family}", calendar), raw, calendar)
        except _LIBRARY_REFUSES:
            raise _unreadable(calendar, index) from None
        if read.repeats is not None or families[written[index]] > 1 or "RDATE" in read.event:
            found.series.append(_Series(index, family, read.event, read.repeats))
        elif read.start < read.end and not _is_cancelled(read.event):
            found.singles.append(Span(read.start, read.end, index))
    _bound(found.series, calendar)
    return found


def _unreadable(calendar: RawCalendar, index: int) -> Fault:
    message = "the times of this event cannot be read"
    return Fault(CODE, calendar.place(calendar.events[index].number), message, "correct it and export the file again")


@dataclass(frozen=True, slots=True)
class _Read:
    """An event as the library has it, and its first time, aware UTC."""

    event: _Component
    start: datetime
    end: datetime
    repeats: Repeats | None


def _parsed(raw: RawEvent, index: str, uid: str, calendar: RawCalendar) -> _Component:
    """Hand the library what it needs of an event, and nothing else of what a file may hold."""
    if raw.all("EXRULE") or any(re.search(_NOT_READ, line.parameters, re.IGNORECASE) for line in raw.lines):
        raise ValueError("a way of repeating that Outlook and Google do not export")
    lines = [zoned(line, calendar) for line in raw.lines if line.name in _TIMES]
    lines += [f"{line.name}{line.parameters}:{line.value}" for line in raw.lines if line.name in _KEPT]
    event = Event.from_ical("\r\n".join(["BEGIN:VEVENT", index, uid, *lines, "END:VEVENT", ""]))
    if not isinstance(event, Event) or event.errors:
        raise ValueError("an event's line cannot be read")
    return event


def _read(event: _Component, raw: RawEvent, calendar: RawCalendar) -> _Read:
    start, rule = event["DTSTART"].dt, event.get("RRULE")
    if "DTEND" not in event:
        event.add("DTEND", start + _length(event, start))
    event.pop("DURATION", None)
    first, last = _instant(start), _instant(event["DTEND"].dt)
    if not {first.year, last.year} <= _YEARS or last < first:
        raise ValueError("an event ends before it begins, or in no year of ours")
    if rule is None:
        return _Read(event, first, last, None)
    if first.year < _SERIES_FROM or last - first > _LONGEST or not isinstance(rule, vRecur):
        raise ValueError("a series with two rules, from long ago, or of times that last for months")
    return _Read(event, first, last, read_repeats(rule, start, calendar.place(raw.all("RRULE")[0].number)))


def _length(event: _Component, start: Day) -> timedelta:
    """How long an event without an end lasts; a day without one is that day."""
    if "DURATION" in event:
        found: timedelta = event["DURATION"].dt
        return found
    return timedelta(0) if isinstance(start, datetime) else timedelta(days=1)


def _bound(series: Sequence[_Series], calendar: RawCalendar) -> None:
    """Refuse what could take long to expand, and try every series out, so that nothing is left to fail later."""
    rules = [each for each in series if each.repeats is not None]
    effort = sum(each.repeats.effort for each in rules if each.repeats is not None)
    if len(rules) > _MOST_SERIES or effort > _MOST_EFFORT:
        message = f"this file holds {len(rules)} events that repeat, too many or for too long"
        raise Fault(CODE, calendar.place(1), message, "give those that are over an end, or export a shorter time")
    families: dict[int, list[_Series]] = {}
    for each in series:
        families.setdefault(each.family, []).append(each)
    for family in families.values():
        try:
            start = _instant(family[0].component["DTSTART"].dt)
            list(_expand(family, start, start + _TRIED))
        except _LIBRARY_REFUSES:
            raise _unreadable(calendar, family[0].index) from None
