"""The fields of a text: what a template is given about the lines that one message carries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from alertd.core.on_call import call_back
from alertd.core.wording import check_words, clock_word, cohort_word, moment, team_word, time_left
from alertd.model import exercise
from alertd.model.case import Alert, AlertState, ClockRun, Facts, Notification, Obligation
from alertd.model.delivery import Rendered, Unrenderable
from alertd.model.ids import ClockId, RuleId
from alertd.model.rulebook import RuleBook
from alertd.model.values import Channel

Context = Mapping[str, object]
STAND_DOWN = "stand_down"
CLOCK = "clock:"
_NAMED_CLOCKS = 2
"""More have no room in one text."""


@dataclass(frozen=True, slots=True)
class Voice:
    """What every text shares.

    Attributes:
        service: Name of the service.
        call_back: Number to ring where the team on duty names none.
        host: Bare host of the pages, or "".
        link: Address of the pages, for email, or "".
        cohort_words: Setting → word that may stand on a lock screen.
    """

    service: str = "Urgent Response"
    call_back: str = ""
    host: str = ""
    link: str = ""
    cohort_words: dict[str, str] = field(default_factory=dict)


class Texts(Protocol):
    """Renders templates in a sandbox, with the channel's fields only."""

    def render(self, template: str, channel: Channel, context: Context) -> Rendered | Unrenderable:
        """Render one message, never raising for what a template may do."""
        ...


def alert_of(row: Obligation, facts: Facts | None) -> Alert | None:
    """The alert that a line belongs to: its own, or the open one of its case."""
    if facts is None:
        return None
    if row.key.about == "alert":
        return next((a for a in facts.alerts if a.episode == row.key.episode), None)
    return next((a for a in reversed(facts.alerts) if a.state is AlertState.OPEN), None)


def clock_of(row: Obligation, facts: Facts | None) -> ClockRun | None:
    """The clock that a line tells of."""
    if facts is None or not row.clock:
        return None
    return next((c for c in facts.clocks if f"{c.clock}/{c.key}/{c.episode}" == row.clock), None)


@dataclass(frozen=True, slots=True)
class Matter:
    """What one message is about.

    Attributes:
        rows: The lines that it carries, the one that gives the text first.
        facts: Their cases by id.
        parts: Case id → (n, m) among the cases of its incident.
        now: Aware UTC.
    """

    rows: Sequence[Obligation]
    facts: Mapping[str, Facts]
    parts: Mapping[str, tuple[int, int]]
    now: datetime


def context(note: Notification, matter: Matter, book: RuleBook, voice: Voice) -> Context:
    """Everything that a template may name, for one message.

    Args:
        note: The message.
        matter: What it is about.
        book: For titles.
        voice: What every text shares.
    """
    first, rows = matter.rows[0], matter.rows
    shared = _line(first, matter, voice)
    shared |= {
        "clock": _clocks(matter),
        "code": _code(first, matter),
        "cases": _cases(matter),
        "stand_down": any(_takes_back_more_than_a_deadline(row) for row in rows),
        "team": team_word(book, note.role),
        "call_back": call_back(book, matter.now, voice.call_back),
        "host": voice.host,
        "service": voice.service,
        "late": any(row.late for row in rows),
        "repeat": note.repeat or any(row.repeat for row in rows),
        "check": check_words(tuple(name for row in rows for name in row.check)),
        "exercise": _is_exercise(matter),
        "source": dict(first.note).get("source", ""),
        "time": dict(first.note).get("time", ""),
        "count": str(len(rows)),
    }
    if note.channel is Channel.EMAIL:
        shared |= _mail(matter, book, voice)
    return shared


def _line(row: Obligation, matter: Matter, voice: Voice) -> dict[str, object]:
    facts = matter.facts.get(row.case or "")
    clock, alert = _clock(row, matter), alert_of(row, facts)
    number, of = matter.parts.get(row.case or "", (1, 1))
    return {
        "ref": facts.row.ref if facts else "",
        "cohort": cohort_word(facts.row.cohort, voice.cohort_words) if facts else "",
        "clock": clock_word(clock.clock) if clock else "",
        "due": moment(clock.due_at) if clock else "",
        "left": time_left(clock.due_at, matter.now) if clock else "",
        "estimated": clock is not None and clock.estimated,
        "code": alert.code if alert is not None and alert.state is AlertState.OPEN else "",
        "part": f"{number} of {of}" if of > 1 else "",
        "stand_down": row.template == STAND_DOWN,
    }


def _clock(row: Obligation, matter: Matter) -> ClockRun | None:
    """The clock that a line names; none when it is taken back, for what no longer applies is not asked for again."""
    return None if row.template == STAND_DOWN else clock_of(row, matter.facts.get(row.case or ""))


def _clocks(matter: Matter) -> str:
    """Words of all clocks that share the deadline of the first: `48h professionals + 48h contact`."""
    first = matter.rows[0]
    told = _clock(first, matter)
    if told is None:
        return ""
    found = [_clock(row, matter) for row in matter.rows if row.template == first.template]
    words = list(dict.fromkeys(clock_word(c.clock) for c in found if c is not None and c.due_at == told.due_at))
    more = len(words) - _NAMED_CLOCKS
    return " + ".join(words) if more <= 0 else f"{words[0]} + {more + 1} more"


def _code(row: Obligation, matter: Matter) -> str:
    """The code that a reply may name: a clock's line keeps it after acceptance, as P and C still need it."""
    facts = matter.facts.get(row.case or "")
    alert = alert_of(row, facts)
    if facts is not None and row.key.about.startswith(CLOCK) and row.template != STAND_DOWN:
        alert = next((a for a in reversed(facts.alerts) if a.state is not AlertState.WITHDRAWN), None)
        return alert.code if alert is not None else ""
    return alert.code if alert is not None and alert.state is AlertState.OPEN else ""


def _cases(matter: Matter) -> str:
    """Every case with its code, where a text is about several: `WF-UR-26-7QK4 Y482193, WF-UR-26-8ABC Y173920`."""
    named: dict[str, str] = {}
    for row in matter.rows:
        facts, code = matter.facts.get(row.case or ""), _code(row, matter)
        if facts is not None and code:
            named[facts.row.ref] = f"{facts.row.ref} Y{code}"
    return ", ".join(named.values()) if len(named) > 1 else ""


def _takes_back_more_than_a_deadline(row: Obligation) -> bool:
    return row.template == STAND_DOWN and not row.key.about.startswith(CLOCK)


def _is_exercise(matter: Matter) -> bool:
    """Whether a message tells of exercises and of nothing else."""
    return bool(matter.facts) and all(facts.row.cohort == exercise.COHORT for facts in matter.facts.values())


def _mail(matter: Matter, book: RuleBook, voice: Voice) -> dict[str, object]:
    told = (row for row in matter.rows if row.template != STAND_DOWN)
    names = dict.fromkeys(name for row in told for name in row.reasons)
    lines = [_line(row, matter, voice) | {"event": event_words(row, book)} for row in matter.rows]
    return {
        "reasons": [title(name, book) for name in names],
        "link": voice.link,
        "lines": lines,
    }


def title(name: str, book: RuleBook) -> str:
    """Title of a rule or clock by its id; the id in words when it is neither."""
    if RuleId(name) in book.rules:
        return book.rules[RuleId(name)].header.title
    if ClockId(name) in book.clocks:
        return book.clocks[ClockId(name)].header.title
    return name.replace("_", " ")


_SAYS_ITSELF = ("feed_alarm", "handover", "reply", "swap_note")
"""Templates whose line says all there is to say."""
_FROM_A_SENDER = {
    "unreadable_message": "unreadable message from",
    "orphan_status": "recorded for no known case, by",
}


def event_words(row: Obligation, book: RuleBook) -> str:
    """What a digest line says happened."""
    if row.template == STAND_DOWN:
        return "stood down"
    if row.key.step.startswith("breach"):
        return "deadline missed"
    if row.key.step.startswith("warn"):
        return "deadline near"
    if row.key.about == "quality":
        return f"check {check_words(row.check)}"
    return _system_words(row) or "; ".join(title(name, book) for name in row.reasons)


def _system_words(row: Obligation) -> str:
    """What a line says that is about no case; "" for others."""
    notes = dict(row.note)
    if row.template in _SAYS_ITSELF:
        return notes.get("source", "fault")
    if row.template in _FROM_A_SENDER:
        return f"{_FROM_A_SENDER[row.template]} {notes.get('source', '')} at {notes.get('time', '')}"
    return ""
