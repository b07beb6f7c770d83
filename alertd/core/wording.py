"""Words for people: times, time left, clocks, field names. No personal value ever passes through here."""

from __future__ import annotations

from datetime import datetime, timedelta

from alertd.core.calendar import local
from alertd.model import exercise
from alertd.model.ids import ClockId, RoleId
from alertd.model.rulebook import RuleBook

FALLBACK_COHORT = "urgent case"
_CLOCK_WORDS = {
    "golden_hour": "Golden Hour",
    "mash_referral": "MASH referral",
    "drm_listing": "DRM listing",
    "contact_24h": "24h attempt",
    "contact_48h_professionals": "48h professionals",
    "contact_48h_young_person": "48h contact",
    "contact_decision": "contact decision",
    "plan": "plan",
    "return_interview": "return interview",
    "panel_listing": "panel listing",
}
_LONGEST_CHECK = 2
_SHORT_ID = 5


def moment(at: datetime) -> str:
    """A local time as texts show it: `15:00 Thu 26 Nov`."""
    there = local(at)
    return f"{there:%H:%M %a} {there.day} {there:%b}"


def span(start: datetime, end: datetime) -> str:
    """A stretch of time: `09:00 Mon 7 Dec to 09:00 Mon 14 Dec`, with BST and GMT where the clocks change."""
    ends = [local(start), local(end)]
    named = [f" {at.tzname()}" if ends[0].utcoffset() != ends[1].utcoffset() else "" for at in ends]
    return f"{moment(start)}{named[0]} to {moment(end)}{named[1]}"


def time_left(due: datetime, now: datetime) -> str:
    """Time until a deadline: `30 min`, `2 h 10 min`, `36 h`; empty once it has passed."""
    if due <= now:
        return ""
    minutes = int((due - now + timedelta(seconds=59)).total_seconds()) // 60
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{minutes} min"
    return f"{hours} h {rest} min" if rest and hours < 10 else f"{hours} h"


def clock_word(clock: ClockId) -> str:
    """Short word for a clock."""
    return _CLOCK_WORDS.get(clock, clock.replace("_", " "))


def team_word(book: RuleBook, role: RoleId) -> str:
    """Short word for a role: its id in capitals when short (`MASH`, `EDT`), else its title."""
    if len(role) <= _SHORT_ID:
        return role.upper()
    return book.roles[role].title if role in book.roles else role.replace("_", " ")


def check_words(fields: tuple[str, ...]) -> str:
    """Field names to check, at most two, as people say them: `age, booked in at`; "and more" when there are others."""
    words = [name.rsplit(".", 1)[-1].replace("_", " ") for name in dict.fromkeys(fields)]
    shown = ", ".join(words[:_LONGEST_CHECK])
    return f"{shown} and more" if len(words) > _LONGEST_CHECK else shown


def cohort_word(cohort: str, words: dict[str, str]) -> str:
    """The configured word for a cohort; one that says nothing when there is none. An exercise is always named."""
    if cohort == exercise.COHORT:
        return exercise.WORD
    return words.get(cohort, FALLBACK_COHORT)


def counted(number: int, noun: str) -> str:
    """A number of things: `1 case`, `3 cases`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
