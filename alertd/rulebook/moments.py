"""Times as people type them: `14:40`, `yesterday 23:10`, `20 minutes ago`, ISO 8601. Europe/London.

In the hour that comes twice when the clocks go back, `01:30 BST` is the first and `01:30 GMT` the second.
"""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

from alertd.core.calendar import at_local, local
from alertd.core.wording import moment as worded
from alertd.model.errors import NotPossible
from alertd.rulebook import quantities
from alertd.rulebook.quantities import Misread

NOW = "now"
_CLOCK = re.compile(r"(?:(today|yesterday|tomorrow),? +)?(\d{1,2}:\d{2})", re.ASCII | re.IGNORECASE)
_AGO = re.compile(r"(.+) +ago", re.IGNORECASE)
_IN = re.compile(r"in +(.+)", re.IGNORECASE)
_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
_BY_NAME = re.compile(r"(.+) (BST|GMT)", re.IGNORECASE)
_OFFSETS = {"BST": "+01:00", "GMT": "+00:00"}


def typed(text: str, now: datetime) -> datetime:
    """Understand a time, past or to come.

    Args:
        text: `now`, a clock time of today, `yesterday` or `tomorrow` with one, a length and `ago`, `in` and a length,
            or a date and time (London's without an offset); `BST` or `GMT` may follow a time of day.
        now: Aware UTC.

    Returns:
        Aware UTC.

    Raises:
        NotPossible: it is no such time, or a London time that a change of clocks skips or repeats.
    """
    plain = " ".join(text.split())
    try:
        if plain.lower() == NOW:
            return now
        if found := _AGO.fullmatch(plain):
            return now - quantities.length(found[1])
        if found := _IN.fullmatch(plain):
            return now + quantities.length(found[1])
        return _time_of_day(plain, now)
    except Misread as wrong:
        ways = "14:40, 'yesterday 23:10', '20 minutes ago', 2026-11-26 14:40 or '2026-10-25 01:30 GMT'"
        raise NotPossible(f"{wrong.message}: {wrong.remedy}; a time may be {ways}") from None


def _time_of_day(plain: str, now: datetime) -> datetime:
    """A time with a date, or of a day near today; raises Misread."""
    offset = ""
    if named := _BY_NAME.fullmatch(plain):
        plain, offset = named[1], _OFFSETS[named[2].upper()]
    if found := _CLOCK.fullmatch(plain):
        day = local(now).date() + timedelta(days=_DAYS[(found[1] or "today").lower()])
        plain = f"{day} {found[2]}"
    at = quantities.moment(f"{plain}{offset}")
    if named and local(at).tzname() != named[2].upper():
        raise Misread(f"London's clocks show no {named[2].upper()} then", "leave it out")
    return at


def coming(text: str, now: datetime) -> datetime:
    """Understand a time to come: a bare clock time that has passed today is tomorrow's; errors as `typed`."""
    at = typed(text, now)
    if at <= now and (found := _CLOCK.fullmatch(" ".join(text.split()))) and not found[1]:
        return typed(f"tomorrow {found[2]}", now)
    return at


def past(text: str, now: datetime) -> datetime:
    """Understand a time at which something has happened; errors as `typed`, and for a time to come."""
    at = typed(text, now)
    if at > now:
        raise NotPossible(
            f"'{text}' was understood as {worded(at)}, which is still to come: "
            "write 'yesterday 23:10' or the date if you mean an earlier day"
        )
    return at


def beginning(text: str, now: datetime) -> datetime:
    """Understand where a stretch of time begins: a day alone begins at midnight; else, and errors, as `typed`."""
    return _midnight(text, 0) or typed(text, now)


def ending(text: str, now: datetime) -> datetime:
    """Understand where a stretch of time ends: a day alone counts whole; else, and errors, as `typed`."""
    return _midnight(text, 1) or typed(text, now)


def _midnight(text: str, days: int) -> datetime | None:
    """London's midnight with which a day begins, or one some days later; None when the text is not a day alone."""
    try:
        return at_local(quantities.day(text) + timedelta(days=days), time())
    except Misread:
        return None
