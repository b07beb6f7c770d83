"""What somebody typed into a form, kept as it was typed, and what it means."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from alertd.core.calendar import local
from alertd.core.typed_text import typed_value
from alertd.model.errors import NotPossible
from alertd.rulebook.moments import NOW, past
from alertd.service.messages.status import LIST_SEPARATOR
from alertd.service.people import Fact
from alertd.web.forms import Form
from alertd.web.pages.questions import Question, chosen

DAYS_BACK = 7
"""Days that the list of days offers; for an earlier one the date is typed before the time."""
_CLOCK = re.compile(r"(\d{1,2})[:.h ]?(\d{2})", re.ASCII)
_FORM = re.compile(r"[A-Za-z0-9_-]{8,64}")
_DIED = ("young_person", "deceased")


@dataclass(frozen=True, slots=True)
class Typed:
    """A form as it was filled in.

    Attributes:
        form: Its own random id, "" when that is no such id.
        choice: What was ticked.
        text, time, day, button: As typed, chosen and pressed.
    """

    form: str
    choice: tuple[str, ...] = ()
    text: str = ""
    time: str = NOW
    day: str = ""
    button: str = ""


def typed_form(form: Form) -> Typed:
    """Take a form as it came."""
    id_ = form.get("form")
    return Typed(
        form=id_ if _FORM.fullmatch(id_) else "",
        choice=tuple(value for name, value in form.fields if name == "choice"),
        text=form.get("text").strip(),
        time=form.get("time").strip(),
        day=form.get("day"),
        button=form.get("button"),
    )


def fact_of(question: Question, typed: Typed, now: datetime) -> Fact:
    """The fact that a filled form records.

    Raises:
        NotPossible: something is missing, or the time is none that can have been.
    """
    if question.needs_text and not typed.text:
        raise NotPossible(question.needs_text)
    choice = chosen(question, typed.choice) if question.choices else ()
    at = moment_of(typed, now) if question.timed else now
    if question.field:
        return _answer(question, typed, choice, at, now)
    if question.event == "contact":
        who, outcome = choice[0].split("/") if choice else _DIED
        return Fact("contact", at, who, outcome)
    return Fact(question.event, at, value=choice[0] if choice else "", reference=typed.text)


def _answer(question: Question, typed: Typed, choice: Sequence[str], at: datetime, now: datetime) -> Fact:
    value = local(at).isoformat() if question.timed else LIST_SEPARATOR.join(choice) or typed.text
    if typed_value(question.field, value) is None:
        raise NotPossible(question.needs_text or "Choose one of the answers.")
    return Fact(question.event, now, field=question.field, value=value)


def moment_of(typed: Typed, now: datetime) -> datetime:
    """When something was, by the time and the day of a form.

    Raises:
        NotPossible: it is still to come, no time at all, or one that a change of clocks skips or repeats.
    """
    today = local(now).date().isoformat()
    text = typed.time or NOW
    if text.lower() == NOW:
        if typed.day in ("", today):
            return now
        raise NotPossible("Give the time as well: now is not on that day.")
    if found := _CLOCK.fullmatch(text):
        return past(f"{_day(typed.day) or today} {int(found[1]):02d}:{found[2]}", now)
    return past(text, now)


def _day(text: str) -> str:
    """The day of a form, if it is one."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return ""


def days(now: datetime) -> list[tuple[str, str]]:
    """Days to choose from, today first."""
    today = local(now).date()
    names = {0: "Today", 1: "Yesterday"}
    found = [(back, today - timedelta(days=back)) for back in range(DAYS_BACK + 1)]
    return [(day.isoformat(), f"{names.get(back, '')} {day:%a} {day.day} {day:%b}".strip()) for back, day in found]
