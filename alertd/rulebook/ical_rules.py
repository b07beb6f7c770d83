"""How often an event repeats: read, bounded, and brought into the one form that can be expanded cheaply.

A hostile or mistaken rule ("every second", "the 30th of February, a hundred times") is refused when the file is loaded:
nothing that runs later may take long.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import islice
from typing import Any

from dateutil.rrule import rrulestr
from icalendar.prop import vRecur

from alertd.rulebook.ical_text import CODE
from alertd.rulebook.problems import Fault, Place

Day = date | datetime
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_PERIOD = {"DAILY": 1, "WEEKLY": 7, "MONTHLY": 31, "YEARLY": 366}
"""Days that one round of a rule may cover."""
_EFFORT = {"DAILY": 1, "WEEKLY": 2, "MONTHLY": 8, "YEARLY": 60}
_ANY = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"}
_PARTS = {
    "DAILY": _ANY | {"BYDAY"},
    "WEEKLY": _ANY | {"BYDAY"},
    "MONTHLY": _ANY | {"BYDAY", "BYMONTHDAY", "BYSETPOS"},
    "YEARLY": _ANY | {"BYDAY", "BYMONTHDAY", "BYSETPOS", "BYMONTH"},
}
"""What Outlook and Google write. Each such rule comes round for ever, which `_is_endless` makes sure of."""
_WIDEST, _MOST_TIMES, _LAST_YEAR = 1_000, 2_000, 2200
_LOOKED_AHEAD = 30 * 366


@dataclass(frozen=True, slots=True)
class Repeats:
    """A rule without a count.

    Attributes:
        parts: What repeats, without its end.
        until: Last moment at which it may begin: a day for whole days, else aware UTC; None for no end.
        effort: How much work its expansion is, in rounds of a day.
        whole_days: Whether the event begins with a day and not at a time.
    """

    parts: Mapping[str, Any]
    until: Day | None
    effort: int

    whole_days: bool

    def up_to(self, end: datetime) -> vRecur:
        """The rule, ended no later than a moment (aware UTC), so that expanding it ends too."""
        cap: Day = end.date() if self.whole_days else end
        until = cap if self.until is None else min(self.until, cap)  # both are days, or both moments
        return vRecur({**self.parts, "UNTIL": [until]})


def day_of(at: Day) -> date:
    """The day of a moment or day."""
    return at.date() if isinstance(at, datetime) else at


def read_repeats(rule: vRecur, start: Day, place: Place) -> Repeats:
    """Read and bound a rule.

    Args:
        rule: As the file has it.
        start: Of the event: a day, or an aware moment in its own time zone.
        place: Of the rule, for what is refused.

    Raises:
        Fault: it is none, or could take long to expand (E038).
    """
    parts = {str(key).upper(): value for key, value in rule.items()}
    frequency = str(_only(parts, "FREQ", "")).upper()
    if frequency not in _PERIOD or not parts.keys() <= _PARTS[frequency] or not _is_endless(frequency, parts, start):
        raise _refused(place, "this event repeats in a way that no shift does")
    every = _every(parts)
    if not 1 <= every <= _WIDEST or {"COUNT", "UNTIL"} <= parts.keys():
        raise _refused(place, "this event's rule of repetition makes no sense")
    plain = {key: value for key, value in parts.items() if key not in ("COUNT", "UNTIL")}
    round_days = _PERIOD[frequency] * every
    if "COUNT" in parts:
        until: Day | None = _counted(plain, start, int(_only(parts, "COUNT", 0)), place)
    else:
        until = _until(_only(parts, "UNTIL", None), start)
    days = _LOOKED_AHEAD if until is None else max(0, min(_LOOKED_AHEAD, (day_of(until) - day_of(start)).days))
    effort = days * _EFFORT[frequency] // round_days
    return Repeats(plain, until, effort, whole_days=not isinstance(start, datetime))


def _is_endless(frequency: str, parts: Mapping[str, Any], start: Day) -> bool:
    """Whether a rule comes round again and again.

    The library looks for the next time of a rule until the year 9999, so one that has none must never reach it: the
    30th of February, every 7th day if it is a Monday. A rule of months must hold its own first day.
    """
    first, named = day_of(start), [_weekday(each) for each in parts.get("BYDAY", ())]
    if frequency in ("DAILY", "WEEKLY"):
        return all(number == 0 for number, _ in named) and (frequency == "WEEKLY" or not named or _every(parts) == 1)
    if frequency == "YEARLY" and [int(month) for month in parts.get("BYMONTH", [first.month])] != [first.month]:
        return False
    if frequency == "YEARLY" and "BYMONTH" not in parts and parts.keys() & {"BYDAY", "BYMONTHDAY", "BYSETPOS"}:
        return False
    return first.day in _days_of_month(first, named, parts)


def _days_of_month(first: date, named: Sequence[tuple[int, int]], parts: Mapping[str, Any]) -> list[int]:
    """Days of the first month that a rule takes."""
    length = monthrange(first.year, first.month)[1]
    days = [day for day in range(1, length + 1) if not named or _is_named(first.replace(day=day), length, named)]
    if numbers := [int(number) for number in parts.get("BYMONTHDAY", ())]:
        days = [day for day in days if day in numbers or day - length - 1 in numbers]
    if places := [int(place) for place in parts.get("BYSETPOS", ())]:
        days = [days[place - (place > 0)] for place in places if place and -len(days) <= place <= len(days)]
    elif not named and not numbers:
        days = [first.day]
    return days


def _is_named(day: date, length: int, named: Sequence[tuple[int, int]]) -> bool:
    counted = (0, (day.day - 1) // 7 + 1, -((length - day.day) // 7 + 1))
    return any(day.weekday() == weekday and number in counted for number, weekday in named)


def _weekday(written: object) -> tuple[int, int]:
    """`MO`, `1MO`, `-1SU` as (number, weekday), with 0 for every one; raises ValueError."""
    text = str(written).upper()
    return int(text[:-2] or 0), _WEEKDAYS.index(text[-2:])


def _every(parts: Mapping[str, Any]) -> int:
    return int(_only(parts, "INTERVAL", 1))


def _only(parts: Mapping[str, Any], key: str, default: object) -> Any:  # noqa: ANN401  # the library's own values
    found = parts.get(key, default)
    return found[0] if isinstance(found, list | tuple) else found


def _refused(place: Place, message: str) -> Fault:
    return Fault(CODE, place, message, "let it repeat by days, weeks, months or years, with an end date if it ends")


def _until(written: Day | None, start: Day) -> Day | None:
    """The end as the start is written: a day that ends the rule is its last one, a time without a zone the start's."""
    if written is None or day_of(written).year >= _LAST_YEAR:
        return None
    if not isinstance(start, datetime):
        return day_of(written)
    if not isinstance(written, datetime):
        written = datetime.combine(written, time(23, 59, 59), start.tzinfo)
    elif written.tzinfo is None:
        written = written.replace(tzinfo=start.tzinfo)
    return written.astimezone(UTC)


def _counted(plain: Mapping[str, Any], start: Day, count: int, place: Place) -> Day:
    """The last of so many times."""
    if not 1 <= count <= _MOST_TIMES:
        raise _refused(place, f"this event is to repeat {count} times")
    first = start.replace(tzinfo=None) if isinstance(start, datetime) else datetime.combine(start, time(0))
    written: str = vRecur(plain).to_ical().decode()  # type: ignore[no-untyped-call]
    times: list[datetime] = list(islice(rrulestr(written, dtstart=first), count))
    last = times[-1]
    return last.replace(tzinfo=start.tzinfo).astimezone(UTC) if isinstance(start, datetime) else last.date()
