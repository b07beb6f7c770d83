"""Calendar files as rotas: whose shift an event is, and what to say of an event that is nobody's.

Source: issue 3, "Rotas: … iCalendar files (Outlook's and Google's exports, recurring events, time zones)".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Self

from alertd.core.calendar import at_local, local
from alertd.core.coverage import AHEAD
from alertd.model.ids import PersonId, RotaId
from alertd.model.rulebook import Person, Rota, RuleBook
from alertd.rulebook.files import File
from alertd.rulebook.ical_events import Span, Timeline, timeline
from alertd.rulebook.ical_text import RawCalendar, RawEvent, read_calendar, unescaped
from alertd.rulebook.problems import Fault, Place, Report
from alertd.rulebook.reading import CalendarUse
from alertd.rulebook.suggestions import allowed, did_you_mean, nearest

_BETWEEN_NAMES = re.compile(r"[,;/&+\n]| and ", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class IcalShifts:
    """Shifts of a calendar file (`alertd.model.shifts.ShiftCalendar`).

    Attributes:
        timeline: When its events take place.
        people: Whose shift each of them is.
    """

    timeline: Timeline
    people: tuple[tuple[PersonId, ...], ...]

    @property
    def members(self) -> tuple[PersonId, ...]:
        """Everybody whom any of its events names."""
        return tuple(dict.fromkeys(person for people in self.people for person in people))

    def people_at(self, at: datetime) -> tuple[PersonId, ...]:
        """Who is on call at an instant, aware UTC: everybody whose shift holds it, its start included."""
        spans = self.timeline.spans(at, at + timedelta.resolution)
        return tuple(dict.fromkeys(person for span in spans for person in self.people[span.event]))

    def changes(self, start: datetime, end: datetime) -> tuple[datetime, ...]:
        """Every instant in (start, end) at which a shift begins or ends."""
        found = {at for span in self.timeline.spans(start, end) for at in (span.from_, span.to)}
        return tuple(sorted(at for at in found if start < at < end))


def with_calendars(
    report: Report, book: RuleBook, uses: Sequence[CalendarUse], files: Sequence[File], today: date | None
) -> RuleBook:
    """Give every rota that names a calendar file its shifts.

    Args:
        report: Takes what is wrong with the files.
        book: Rotas and people, as read.
        uses: Which rota names which file, and where.
        files: The calendar files there are.
        today: London's date; what is over by then is nobody's concern any more. None leaves names unchecked.
    """
    rotas = dict(book.rotas)
    for use in uses:
        try:
            rotas[RotaId(use.rota)] = _with_calendar(report, book, use, _file(use, files), today)
        except Fault as fault:
            report.note(fault)
    return replace(book, rotas=rotas)


def _file(use: CalendarUse, files: Sequence[File]) -> File:
    by_name = {one.name.rpartition("/")[2]: one for one in files}
    if use.file not in by_name:
        message = f"there is no calendar file '{use.file}' beside the rotas{did_you_mean(use.file, by_name)}"
        remedy = allowed(sorted(by_name)) if by_name else "put the exported .ics file into this folder"
        raise Fault("E021", use.place, message, remedy)
    return by_name[use.file]


def _with_calendar(report: Report, book: RuleBook, use: CalendarUse, file: File, today: date | None) -> Rota:
    report.source(file.shown, file.data.decode(errors="replace").replace("\r\n", "\n"))
    calendar = read_calendar(file.shown, file.data)
    names = _Names.of(book.people)
    shifts = IcalShifts(timeline(calendar), tuple(names.of_event(event) for event in calendar.events))
    if today is not None:
        _tell_nobodys(report, calendar, shifts, names, today)
    return replace(book.rotas[RotaId(use.rota)], calendar=shifts)


@dataclass(frozen=True, slots=True)
class _Names:
    """People by what a calendar may call them, in small letters."""

    called: Mapping[str, PersonId]
    mails: Mapping[str, PersonId]

    @classmethod
    def of(cls, people: Mapping[PersonId, Person]) -> Self:
        """Ids, names that only one person has, and mail addresses."""
        shared = Counter(_plain(person.name) for person in people.values())
        called = {
            _plain(each.name): each.id for each in people.values() if each.name and shared[_plain(each.name)] == 1
        }
        mails = {person.email.lower(): person.id for person in people.values() if person.email}
        return cls(called | {id_.lower(): id_ for id_ in people}, mails)

    def of_event(self, event: RawEvent) -> tuple[PersonId, ...]:
        """Whose shift an event is: the people whom its title is, else those invited who have not declined."""
        parts = [_plain(part) for part in _BETWEEN_NAMES.split(event.text("SUMMARY"))]
        titled = [self.called[part] for part in parts if part in self.called]
        return tuple(dict.fromkeys(titled or self._invited(event)))

    def _invited(self, event: RawEvent) -> Iterator[PersonId]:
        for line in event.all("ATTENDEE"):
            mail = unescaped(line.value).strip().lower().removeprefix("mailto:")
            if mail in self.mails and "PARTSTAT=DECLINED" not in line.parameters.upper():
                yield self.mails[mail]

    def hint(self, event: RawEvent) -> str:
        """The id that a title probably means: an id alone, for a title is somebody's name."""
        near = nearest(_plain(event.text("SUMMARY")), self.called)
        return f": did you mean '{self.called[near]}'?" if near else ""


def _plain(text: str) -> str:
    return " ".join(text.split()).lower()


def _tell_nobodys(report: Report, calendar: RawCalendar, shifts: IcalShifts, names: _Names, today: date) -> None:
    """Tell of events to come that are nobody's shift: a mistake where nobody else is on call at that time."""
    start = at_local(today, time(0))
    nobodys = [span for span in shifts.timeline.spans(start, start + AHEAD) if not shifts.people[span.event]]
    first: dict[int, Span] = {}
    for span in nobodys:
        first.setdefault(span.event, span)
    for index, span in first.items():
        event, place = calendar.events[index], _place(calendar, index)
        message = f"this event of {local(span.from_):%d %b %Y} names nobody in people.yaml{names.hint(event)}"
        remedy = "let its title be one person's id or name, or invite them by their address in people.yaml"
        if _is_covered(shifts, span):
            report.warn("W113", place, message, f"others are on call then; {remedy}, or take it out")
        else:
            report.error("E039", place, message, remedy)


def _is_covered(shifts: IcalShifts, span: Span) -> bool:
    """Whether others are on call by the same calendar for as long as an event lasts."""
    moments = [span.from_, *shifts.changes(span.from_, span.to)]
    return all(shifts.people_at(at) for at in moments)


def _place(calendar: RawCalendar, index: int) -> Place:
    event = calendar.events[index]
    return calendar.place(next((line.number for line in event.all("SUMMARY")), event.number))
