"""The text of a calendar file, as far as a rota needs it: events with their lines, and the time zones they name.

Descriptions, places and attachments are dropped here and kept nowhere.

Source: RFC 5545; exports of Outlook (Windows names of time zones) and of Google.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from alertd.rulebook.problems import Fault, Place
from alertd.rulebook.quantities import LONDON

CODE = "E038"
"""A calendar file that cannot be used."""
LARGEST = 2_000_000
MOST_EVENTS = 5_000
_EXPORT = "export it again as iCalendar (.ics), from Outlook or Google"
_FOLD = re.compile(r"\r?\n[ \t]")
_LINE = re.compile(r'([A-Za-z0-9-]+)((?:;(?:"[^"]*"|[^":])*)?):(.*)', re.DOTALL)
_TZID = re.compile(r';TZID=("[^"]*"|[^;:]*)', re.IGNORECASE)
_NAMES_LONDON = re.compile(r"\blondon\b", re.IGNORECASE)
_UTC = ("utc", "etc/utc", "z", "tzone://microsoft/utc")


@dataclass(frozen=True, slots=True)
class Line:
    """One unfolded line: its number in the file, name in capitals, parameters as written, and value."""

    number: int
    name: str
    parameters: str
    value: str


@dataclass(frozen=True, slots=True)
class RawEvent:
    """An event's own lines, and where it begins."""

    number: int
    lines: tuple[Line, ...]

    def all(self, name: str) -> list[Line]:
        """Its lines of a name."""
        return [line for line in self.lines if line.name == name]

    def text(self, name: str) -> str:
        """The first of them as text, or ""."""
        found = self.all(name)
        return unescaped(found[0].value) if found else ""


@dataclass(slots=True)
class RawCalendar:
    """A file's events in order, and its definitions of time zones."""

    name: str
    events: list[RawEvent] = field(default_factory=list)
    zones: dict[str, list[Line]] = field(default_factory=dict)

    def place(self, line: int) -> Place:
        """Where a line stands."""
        return Place(self.name, line)


def read_calendar(name: str, data: bytes) -> RawCalendar:
    """Read a calendar file.

    Args:
        name: Shown in problems.
        data: Its bytes, UTF-8.

    Raises:
        Fault: it is none, is cut off, or is larger than any rota (E038).
    """
    if len(data) > LARGEST:
        raise Fault(CODE, Place(name, 1), "this file is larger than 2 MB", "export the rota's own calendar alone")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Fault(CODE, Place(name, 1), "this file is not UTF-8 text", _EXPORT) from None
    found = RawCalendar(name)
    _Sorter(found).sort(list(_lines(text)))
    if len(found.events) > MOST_EVENTS:
        message = f"this file holds {len(found.events):,} events"
        raise Fault(CODE, Place(name, 1), message, f"export a shorter time: {MOST_EVENTS:,} events at most")
    return found


def _lines(text: str) -> Iterator[Line]:
    number = 1
    for folded in re.split(r"\r?\n(?![ \t])", text):
        if found := _LINE.fullmatch(_FOLD.sub("", folded).strip("\r")):
            yield Line(number, found[1].upper(), found[2], found[3])
        number += folded.count("\n") + 1


class _Sorter:
    """Files the lines of a calendar under the component that they belong to; what is nested deeper is dropped."""

    def __init__(self, found: RawCalendar) -> None:
        self._found = found
        self._open: list[Line] = []
        self._inside: list[Line] = []

    def sort(self, lines: Sequence[Line]) -> None:
        """Take every line."""
        if not any(line.name == "BEGIN" and line.value.strip().upper() == "VCALENDAR" for line in lines[:1]):
            raise Fault(CODE, self._found.place(1), "this is no calendar file", _EXPORT)
        for line in lines:
            if line.name == "BEGIN":
                self._begin(line)
            elif line.name == "END":
                self._end(line)
            elif self._kind(-1) in ("VEVENT", "VTIMEZONE", "STANDARD", "DAYLIGHT"):
                self._inside.append(line)
        if self._open:
            message = "this file ends in the middle: a part of it is missing"
            raise Fault(CODE, self._found.place(self._open[-1].number), message, _EXPORT)

    def _kind(self, index: int) -> str:
        return self._open[index].value.strip().upper() if self._open else ""

    def _begin(self, line: Line) -> None:
        self._open.append(line)
        if self._kind(-1) in ("VEVENT", "VTIMEZONE"):
            self._inside = []
        elif self._kind(-1) in ("STANDARD", "DAYLIGHT"):
            self._inside.append(line)

    def _end(self, line: Line) -> None:
        if self._kind(-1) != line.value.strip().upper():
            message = "this file ends a part that it did not begin"
            raise Fault(CODE, self._found.place(line.number), message, _EXPORT)
        if self._kind(-1) == "VEVENT":
            self._found.events.append(RawEvent(self._open[-1].number, tuple(self._inside)))
        elif self._kind(-1) == "VTIMEZONE":
            name = next((each.value for each in self._inside if each.name == "TZID"), "")
            self._found.zones[_plain(name)] = self._inside
        self._open.pop()


def unescaped(value: str) -> str:
    """A text value as people wrote it."""
    return re.sub(r"\\([,;\\nN])", lambda found: "\n" if found[1] in "nN" else found[1], value)


# --- time zones


def zoned(line: Line, calendar: RawCalendar) -> str:
    """A line of times with its time zone by a name that everybody knows; a floating time is London's.

    Raises:
        Fault: the zone is not known.
    """
    parameters = line.parameters
    found = _TZID.search(parameters)
    if found:
        zone = zone_of(found[1], calendar.zones)
        if zone is None:
            message = "the time zone of this event is not known"
            remedy = "set the calendar to London's time (Windows: GMT Standard Time) and export it again"
            raise Fault(CODE, calendar.place(line.number), message, remedy)
        parameters = parameters.replace(found[0], f";TZID={zone.key}")
    elif re.search(r"\dT\d{6}(,|$)", line.value):
        parameters += f";TZID={LONDON.key}"
    return f"{line.name}{parameters}:{line.value}"


def zone_of(written: str, zones: Mapping[str, Sequence[Line]]) -> ZoneInfo | None:
    """Whose clock a TZID means: by IANA's or Windows' name, by a long name with London in it, or by the file's rules.

    Args:
        written: As it stands in the file, perhaps in quotes.
        zones: The file's definitions by plain name.
    """
    name = _plain(written)
    if name in _UTC:
        return ZoneInfo("UTC")
    for each in (name, "/".join(name.split("/")[-2:])):
        if known := _known().get(each):
            return ZoneInfo(known)
    lines = zones.get(name, ())
    location = next((_plain(line.value) for line in lines if line.name == "X-LIC-LOCATION"), "")
    if location in _known():
        return ZoneInfo(_known()[location])
    return LONDON if _NAMES_LONDON.search(name) or _keeps_london_time(lines) else None


@lru_cache(maxsize=1)
def _known() -> Mapping[str, str]:
    windows = {name.lower(): zone for name, zone in WINDOWS_TO_OLSON.items()}
    return windows | {name.lower(): name for name in available_timezones()}


def _plain(written: str) -> str:
    return written.strip().strip('"').strip().lower()


def _keeps_london_time(lines: Sequence[Line]) -> bool:
    """Whether a zone without a known name changes between +0000 in October and +0100 in March."""
    part, found = "", set()
    for line in lines:
        if line.name == "BEGIN":
            part = line.value.strip().upper()
        elif line.name == "TZOFFSETTO":
            found.add((part, "offset", line.value.strip().replace("-0000", "+0000")))
        elif line.name == "RRULE" and (month := re.search(r"BYMONTH=(\d+)", line.value)):
            found.add((part, "month", month[1]))
    return found == {
        ("STANDARD", "offset", "+0000"),
        ("STANDARD", "month", "10"),
        ("DAYLIGHT", "offset", "+0100"),
        ("DAYLIGHT", "month", "3"),
    }
