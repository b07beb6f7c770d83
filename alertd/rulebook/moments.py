"""Times as people type them: `14:40`, `yesterday 23:10`, `20 minutes ago`, ISO 8601. Europe/London."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from alertd.core.calendar import local
from alertd.core.wording import moment as worded
from alertd.model.errors import NotPossible
from alertd.rulebook import quantities
from alertd.rulebook.quantities import Misread

NOW = "now"
_CLOCK = re.compile(r"(?:(today|yesterday|tomorrow),? +)?(\d{1,2}:\d{2})", re.ASCII | re.IGNORECASE)
_AGO = re.compile(r"(.+) +ago", re.IGNORECASE)
_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}


def typed(text: str, now: datetime) -> datetime:
    """Understand a time, past or to come.

    Args:
        text: `now`, a clock time of today, `yesterday` or `tomorrow` with one, a length and `ago`, or a date and time
            (London's without an offset).
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
        if found := _CLOCK.fullmatch(plain):
            day = local(now).date() + timedelta(days=_DAYS[(found[1] or "today").lower()])
            return quantities.moment(f"{day} {found[2]}")
        return quantities.moment(plain)
    except Misread as wrong:
        ways = "14:40, 'yesterday 23:10', '20 minutes ago' or 2026-11-26 14:40"
        raise NotPossible(f"{wrong.message}: {wrong.remedy}; a time may be {ways}") from None


def past(text: str, now: datetime) -> datetime:
    """Understand a time at which something has happened; errors as `typed`, and for a time to come."""
    at = typed(text, now)
    if at > now:
        raise NotPossible(
            f"'{text}' was understood as {worded(at)}, which is still to come: "
            "write 'yesterday 23:10' or the date if you mean an earlier day"
        )
    return at
