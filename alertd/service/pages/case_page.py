"""A case as somebody signed in sees it.

What is personal here is for people who have signed in, and each look is written down by whoever serves the page.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from alertd.core.fold import Fold, Record, fold
from alertd.core.history import live_runs
from alertd.core.schedule_alerts import check_of
from alertd.core.wording import cohort_word
from alertd.model.case import Facts
from alertd.model.contract import DROPPED_AT_INTAKE, FIELDS
from alertd.model.ids import PersonId
from alertd.model.message import Message
from alertd.model.rulebook import RuleBook
from alertd.service.casework import Ruling
from alertd.service.messages.fields import SENT_INCIDENT
from alertd.service.pages.alert_view import AlertView, Told, newest_alert, scene_of, told, view_of
from alertd.service.pages.clock_view import POLICE, ClockView, clock_views, waits_for
from alertd.service.pages.code_page import named_clock, part_of
from alertd.service.pages.words import (
    OUTCOMES,
    WITH,
    clock_time,
    event_words,
    field_words,
    person_words,
    sentence,
    value_words,
)
from alertd.service.ports import Reading

_SHOWN = tuple(dict.fromkeys([*SENT_INCIDENT, "person.turns_18", "case.override", *DROPPED_AT_INTAKE]))
"""Fields of the fold that are shown, in the contract's order; those that intake drops are there only if kept."""
_MOST_DUPLICATES = 3
"""A name that a hundred cases share makes no list of a hundred."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Something to check: its field, in words, and whether the answer can be given on a page."""

    field: str
    words: str
    can_answer: bool


@dataclass(frozen=True, slots=True)
class Recorded:
    """Something that was recorded: when it happened, what, and by whom."""

    at: str
    what: str
    by: str


@dataclass(frozen=True, slots=True)
class CasePage:
    """A case in full.

    Attributes:
        ref, cohort: Of the case.
        part: `1 of 2`; "" when alone.
        is_closed: A person closed it.
        false_alarm: A person declared all of it a false alarm.
        deceased: The young person has died: nothing here speaks of reaching them.
        safe: What is on record about contacting the family: yes, no or "".
        alert: Its alert, None when it never had one.
        clock: The one that a text would name now; None when none runs.
        clocks: What was missed, what is due next, what is done.
        police: Whether a clock waits for the police's call.
        missing: What is to be checked.
        duplicates: References of cases that may be about the same child.
        told: Who was told, the newest first.
        recorded: What was recorded, the newest first.
        known: What is known: field in words, and value in words.
    """

    ref: str
    cohort: str
    part: str
    is_closed: bool
    false_alarm: bool
    deceased: bool
    safe: str
    alert: AlertView | None
    clock: ClockView | None
    clocks: tuple[ClockView, ...]
    police: bool
    missing: tuple[Missing, ...]
    duplicates: tuple[str, ...]
    told: tuple[Told, ...]
    recorded: tuple[Recorded, ...]
    known: tuple[tuple[str, str], ...]


def case_page(
    facts: Facts, by: PersonId, ruling: Ruling, cohort_words: dict[str, str], now: datetime, reading: Reading
) -> CasePage:
    """A case as it stands, for somebody signed in."""
    book, state = ruling.terms.plan.book, fold(facts.messages, facts.noted)
    scene = scene_of(facts, state, book, ruling.terms.rest, now)
    alert = newest_alert(facts)
    asked = [name for each in scene.episodes for name in check_of(scene, each)]
    asked += [name for run in live_runs(facts.runs, book) if run.ended_at is None for name in run.check]
    return CasePage(
        ref=facts.row.ref,
        cohort=cohort_word(facts.row.cohort, cohort_words),
        part=part_of(facts, reading),
        is_closed=facts.row.closed_at is not None,
        false_alarm=state.false_alarm,
        deceased=state.fields.get("case.deceased") is True,
        safe=_family_safety(state),
        alert=view_of(alert, facts, by, scene, reading) if alert is not None else None,
        clock=named_clock(scene) if alert is not None else None,
        clocks=clock_views(facts, book, now),
        police=waits_for(POLICE, facts.clocks, book, now),
        missing=_missing(asked, state),
        duplicates=_duplicates(facts, reading),
        told=told(facts, book, now, reading),
        recorded=tuple(recorded_line(r.message, book, now) for r in _newest_first(state.statuses)),
        known=tuple((field_words(n), value_words(v)) for n in _SHOWN if (v := state.fields.get(n)) is not None),
    )


def recorded_line(message: Message, book: RuleBook, now: datetime) -> Recorded:
    """A status as people say it."""
    fields = message.fields
    at, by = fields.get("at"), str(fields.get("by", ""))
    said = _contact(message) if fields.get("event") == "contact" else event_words(str(fields.get("event")))
    extras = [_answer(message), str(fields.get("reference", "")) if not _acts_on_alert(message) else ""]
    what = ": ".join([said, *(each for each in extras if each)])
    shown_at = clock_time(at if isinstance(at, datetime) else message.received_at, now)
    return Recorded(shown_at, sentence(what), person_words(book, by) if by else message.source)


def family_safety(facts: Facts) -> str:
    """What is on record about speaking to the family: yes, no, or "" while nobody knows."""
    return _family_safety(fold(facts.messages, facts.noted))


def _family_safety(state: Fold) -> str:
    return str(state.fields.get("person.safe_to_contact", ""))


def _acts_on_alert(message: Message) -> bool:
    """Whether its reference is the code of an alert, which is for replies and not for pages."""
    return str(message.fields.get("event")).startswith("alert_")


def _contact(message: Message) -> str:
    outcome, who = str(message.fields.get("contact.outcome", "")), str(message.fields.get("contact.with", ""))
    if outcome == "deceased":
        return "the young person has died"
    if outcome.startswith("contacted"):
        return f"spoke to {WITH.get(who, 'somebody')}"
    return f"tried {WITH.get(who, 'somebody')}: {OUTCOMES.get(outcome, 'not known')}"


def _answer(message: Message) -> str:
    name, value = str(message.fields.get("field", "")), str(message.fields.get("value", ""))
    return f"{field_words(name)} {_spoken(value)}" if name and value else _spoken(value)


def _spoken(value: str) -> str:
    return value.replace("_", " ")


def _newest_first(statuses: Iterable[Record]) -> list[Record]:
    return sorted(statuses, key=lambda r: (r.at, r.first_received_at), reverse=True)


def _missing(asked: Iterable[str], state: Fold) -> tuple[Missing, ...]:
    """What nobody has given yet, of all that anybody asked for."""
    names = [name for name in dict.fromkeys(asked) if name not in state.fields]
    return tuple(Missing(name, field_words(name), can_answer(name)) for name in names)


def can_answer(name: str) -> bool:
    """Whether a person can fill a field: one of an incident that is about the case, not about who sent it."""
    return name in SENT_INCIDENT and name in FIELDS and not name.startswith("record.")


def _duplicates(facts: Facts, reading: Reading) -> tuple[str, ...]:
    """Cases of somebody with the same name and date of birth, newest first, about which nobody has answered yet."""
    identities = {m.message.identity for m in facts.messages if m.message.identity is not None}
    others = dict.fromkeys(c for each in identities for c in reading.same_identity(each) if c != facts.row.id)
    found = [case for id_ in reversed(others) if (case := reading.case(id_)) is not None]
    return tuple(other.row.ref for other in found if not _answered(facts, other))[:_MOST_DUPLICATES]


def _answered(one: Facts, other: Facts) -> bool:
    """Whether somebody has said in either case that the other is about another child."""
    return any(
        m.message.fields.get("event") == "not_same_child_as" and m.message.fields.get("value") == asked.row.ref
        for case, asked in ((one, other), (other, one))
        for m in case.messages
    )
