"""What may be known of a person, and what may be said of one.

Source: DOMAIN, Privacy: no names are kept; the age at the incident and a keyed hash of name and date of birth are
computed first. No SMS, log line or metric carries a personal value.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import isleap
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from alertd.core.gsm7 import gsm7_septets, segments
from alertd.model.values import Value

__all__ = [
    "INCIDENT_TIMES",
    "LONDON",
    "age_at",
    "gsm7_septets",
    "identity_text",
    "incident_moment",
    "mentions_personal",
    "normalise_name",
    "segments",
    "turns_18",
]

LONDON = ZoneInfo("Europe/London")
ADULT = 18
OLDEST = 120
"""Ages above this are typing errors."""

INCIDENT_TIMES: Mapping[str, tuple[str, ...]] = {
    "custody": ("custody.booked_in_at",),
    "hospital_ae": ("hospital.presented_at",),
    "hospital_ward": ("hospital.presented_at",),
    "community": ("occurred_at",),
    "missing_return": ("missing.found_at", "missing.returned_at"),
    "disclosure": ("disclosure.said_at",),
}
"""Setting → the times that say when its incident was, first given first. Source: DOMAIN, The clocks, [P]."""

_SHORTEST_TELLING = 3
_SHORTEST_UNSPACED = 6
_SAYS_NOTHING = frozenset({"none", "other", "unknown", "yes", "no"})
_WORD_BREAKS = re.compile(r"[\W_]+")


def incident_moment(fields: Mapping[str, Value], received_at: datetime) -> datetime:
    """Tell when one message's incident was, by its setting; `received_at` when the message does not say.

    Source: DOMAIN, The clocks: booked in, presented, located or disclosed; `occurred_at` for community.
    """
    for name in INCIDENT_TIMES.get(str(fields.get("setting")), ()):
        moment = fields.get(name)
        if isinstance(moment, datetime):
            return moment
    return received_at


def age_at(born: date, moment: datetime) -> int | None:
    """Age in whole years on the London day of `moment`; None when that is below 0 or above 120.

    Somebody born on 29 February is a year older on 1 March of a common year.

    Source: Family Law Reform Act 1969 s. 9: an age is attained at the start of the anniversary.
    """
    day = moment.astimezone(LONDON).date()
    age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    return age if 0 <= age <= OLDEST else None


def turns_18(born: date, moment: datetime) -> str | None:
    """Month (`YYYY-MM`) of the 18th birthday of somebody who is 17 at `moment`; None for anyone else.

    Source: DOMAIN, The clocks: 17 turning 18 during a case keeps only the month.
    """
    if age_at(born, moment) != ADULT - 1:
        return None
    year = born.year + ADULT
    in_march = (born.month, born.day) == (2, 29) and not isleap(year)
    return f"{year:04d}-{3 if in_march else born.month:02d}"


def normalise_name(name: str) -> str:
    """Fold a name so that ordinary spellings of one name agree; letters and digits only, never surrogates.

    Accents, case, apostrophes and the order of the words do not count: "O’BRIEN, Zoë" and "Zoe O'Brien" agree. Empty
    when nothing is left.
    """
    bare = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c) and c not in "'’`")
    letters = "".join(c if c.isalnum() else " " for c in bare.casefold())
    return " ".join(sorted(letters.split()))


def identity_text(name: str, born: date) -> str | None:
    """Text whose keyed hash tells that two messages may be about one child; None for a name without letters."""
    folded = normalise_name(name)
    return f"{folded}|{born.isoformat()}" if folded else None


def mentions_personal(text: str, values: Iterable[Value]) -> bool:
    """Tell whether a rendered text holds any of a case's personal values.

    A value is found as whole words, folded, whatever stands between its words (`bladed_article`, "Bladed article").
    A value of 6 or more letters and digits with a digit among them is also found however it is spaced, as crime
    references and telephone numbers are.

    What would be found in every text is passed over: values under 3 letters and digits ("E5"), numbers of under 5
    digits (they are parts of times, dates and telephone numbers), and words that tell nothing ("none", "other"). An
    age is nevertheless found where the text calls it one ("aged 15", "15-year-old"). Times and truths are passed
    over: deadlines are what a text is for.

    Args:
        text: Rendered text, as it would leave.
        values: Values of the case's personal fields; lists are looked through.
    """
    return bool(mentioned(text, values))


def mentioned(text: str, values: Iterable[Value]) -> tuple[Value, ...]:
    """The values that a text holds, as `mentions_personal` tells it."""
    words = f" {_folded(text)} "
    return tuple(value for value in values if _mentions(words, value))


def _mentions(words: str, value: Value) -> bool:
    if isinstance(value, tuple):
        return any(_mentions(words, item) for item in value)
    if isinstance(value, (bool, datetime)):
        return False
    if isinstance(value, int):
        return _calls_it_an_age(words, value)
    return _holds(words, _folded(value))


def _holds(words: str, value: str) -> bool:
    unspaced = value.replace(" ", "")
    if unspaced.isdigit() and len(unspaced) < 5:
        return _calls_it_an_age(words, int(unspaced)) if unspaced.isdecimal() else False
    if len(unspaced) < _SHORTEST_TELLING or value in _SAYS_NOTHING:
        return False
    if f" {value} " in words:
        return True
    spaced_at_will = len(unspaced) >= _SHORTEST_UNSPACED and any(c.isdigit() for c in unspaced)
    return spaced_at_will and unspaced in words.replace(" ", "")


def _calls_it_an_age(words: str, age: int) -> bool:
    return re.search(rf"\bage[ds]? {age}\b|\b{age} ?(?:yo\b|y o\b|yrs?\b|years?\b)", words) is not None


def _folded(text: str) -> str:
    if not text.isascii():  # what is, has no accents to lose
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return _WORD_BREAKS.sub(" ", text.casefold()).strip()
