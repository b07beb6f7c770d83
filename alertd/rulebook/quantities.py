"""Durations, times and dates as rule files write them, read without guessing."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from alertd.model.rulebook import WorkingDays

LONDON = ZoneInfo("Europe/London")
_LONGEST = timedelta(days=3660)
_MIDNIGHT_AT_THE_END = "24:00"

UNITS = {
    "second": timedelta(seconds=1),
    "seconds": timedelta(seconds=1),
    "s": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "minutes": timedelta(minutes=1),
    "min": timedelta(minutes=1),
    "mins": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "hours": timedelta(hours=1),
    "h": timedelta(hours=1),
    "day": timedelta(days=1),
    "days": timedelta(days=1),
    "d": timedelta(days=1),
    "week": timedelta(weeks=1),
    "weeks": timedelta(weeks=1),
}
_NUMBER_AND_UNIT = re.compile(r"(\d{1,6}) *([a-z]+(?: +[a-z]+)?)", re.ASCII)
_ISO = re.compile(r"P(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})[ T](\d{1,2}:\d{2})(:\d{2}(?:\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?", re.ASCII)


class Misread(ValueError):
    """A text is no such quantity; `remedy` says how to write it, `code` and `shown` how to tell it."""

    code = "E014"
    shown = True

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class NotAWord(Misread):
    """A text is none of the words allowed."""

    code = "E012"


class Exposed(Misread):
    """A secret stands in the open; the line that holds it is not repeated."""

    shown = False


def duration(text: str) -> timedelta | WorkingDays:
    """Read a duration with its unit.

    Args:
        text: `48 hours`, `30 minutes`, `7 days`, `1 working day`, `1h`, `20s`, `PT1H`, `P7D`.

    Returns:
        A length of time, or a number of working days.

    Raises:
        Misread: no unit, a unit with two meanings (`1m`), a clock time (`1:30`), months or years, over ten years.
    """
    plain = " ".join(text.split()).lower()
    if iso := _ISO.fullmatch(text.strip().upper()):
        return _iso(text, iso)
    found = _NUMBER_AND_UNIT.fullmatch(plain)
    if not found:
        raise _no_duration(plain)
    number, unit = int(found[1]), " ".join(found[2].split())
    if unit in ("working day", "working days"):
        return WorkingDays(number)
    if unit not in UNITS:
        raise _no_unit(plain, number, unit)
    return _bounded(text, number * UNITS[unit])


def length(text: str) -> timedelta:
    """Read a duration that cannot be working days; raises Misread as `duration` does."""
    found = duration(text)
    if isinstance(found, WorkingDays):
        raise Misread(f"'{text}': working days do not fit here", "write hours or days")
    return found


def time_of_day(text: str) -> time:
    """Read `HH:MM` on the 24-hour clock; raises Misread."""
    found = _CLOCK.fullmatch(text.strip())
    if not found or int(found[1]) > 23 or int(found[2]) > 59:
        raise Misread(f"'{text}' is not a time of day", "write hours and minutes on the 24-hour clock, such as 09:00")
    return time(int(found[1]), int(found[2]))


def closing_time(text: str) -> time | None:
    """Read `HH:MM`, or `24:00` for the end of the day as None; raises Misread."""
    return None if text.strip() == _MIDNIGHT_AT_THE_END else time_of_day(text)


def day(text: str) -> date:
    """Read `YYYY-MM-DD`; raises Misread."""
    try:
        if _DATE.fullmatch(text.strip()):
            return date.fromisoformat(text.strip())
    except ValueError:
        raise Misread(f"'{text}' is not in the calendar", "check the day and the month") from None
    raise Misread(f"'{text}' is not a date", "write year, month and day, such as 2027-03-31")


def moment(text: str) -> datetime:
    """Read a date with a time of day; without an offset it is Europe/London.

    Returns:
        Aware UTC.

    Raises:
        Misread: not such a time, or a London time that a change of clocks skips or repeats.
    """
    found = _MOMENT.fullmatch(text.strip())
    if not found:
        raise Misread(f"'{text}' is not a date with a time", "write it like 2026-11-21 03:10")
    time_of_day(found[2])
    day(found[1])
    clock = found[2].zfill(5) + (found[3] or "")
    written = f"{found[1]}T{clock}"
    try:
        if found[4]:
            return datetime.fromisoformat(written + found[4].replace("Z", "+00:00")).astimezone(UTC)
        return _in_london(text, datetime.fromisoformat(written))
    except (ValueError, OverflowError) as wrong:
        if isinstance(wrong, Misread):
            raise
        raise Misread(f"'{text}' is not a date with a time", "write it like 2026-11-21 03:10") from None


def _in_london(text: str, naive: datetime) -> datetime:
    first = naive.replace(tzinfo=LONDON, fold=0)
    second = naive.replace(tzinfo=LONDON, fold=1)
    if first.utcoffset() == second.utcoffset():
        return first.astimezone(UTC)
    skipped = first.astimezone(UTC).astimezone(LONDON).replace(tzinfo=None) != naive
    what = "does not exist: the clocks go forward over it" if skipped else "happens twice: the clocks go back then"
    raise Misread(f"'{text}' {what}", "write the offset too, such as +00:00 or +01:00")


def _iso(text: str, found: re.Match[str]) -> timedelta:
    if not any(found.groups()) or text.strip().upper().endswith("T"):
        raise _no_duration(text)
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return _bounded(text, timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds))


def _bounded(text: str, found: timedelta) -> timedelta:
    if found > _LONGEST:
        raise Misread(f"'{text}' is longer than ten years", "check the number")
    return found


def _no_duration(text: str) -> Misread:
    if text.isdigit():
        return Misread(f"'{text}' has no unit", f"write '{text} hours' or '{text} minutes'")
    if _CLOCK.fullmatch(text):
        return Misread(f"'{text}' is a time of day, or two numbers", "write '90 minutes' for an hour and a half")
    return Misread(f"'{text}' is not a duration", "write a number and a unit: '48 hours', '30 minutes', '7 days'")


def _no_unit(text: str, number: int, unit: str) -> Misread:
    if unit == "m":
        return Misread(f"'{text}' could be minutes or months", f"write '{number} minute{'' if number == 1 else 's'}'")
    if unit.rstrip("s") in ("month", "year", "quarter"):
        return Misread(f"'{text}': months and years differ in length", "write it in days or weeks")
    return Misread(f"'{unit}' is not a unit of time", "use minutes, hours, days, weeks or working days")
