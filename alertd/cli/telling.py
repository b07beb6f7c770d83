"""What `alertd demo` prints: one aligned line an event, in local time, and the sum at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from rich.console import Console
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

from alertd.cli.screen import console, plural
from alertd.core.calendar import local
from alertd.core.clocks import state_now
from alertd.core.wording import clock_word, team_word
from alertd.daemon.parts import Parts
from alertd.model.case import MessageOutcome, Notification, Obligation
from alertd.model.delivery import Outgoing
from alertd.model.ids import ClockId, RoleId, RuleId
from alertd.model.rulebook import RuleBook
from alertd.service.texts import title

_STYLES = {"sms": "green", "call": "bold red", "email": "blue", "in": "bold yellow", "person": "bold cyan"}
_WHO_WIDTH = 24
_MANY = 100_000


class Teller:
    """Prints what happens; a text is shown in full the first time that one of its kind goes out."""

    def __init__(self, screen: Console | None = None) -> None:
        self.screen = screen or console()
        self.sent: Counter[str] = Counter()
        self._shown: set[tuple[str, str]] = set()

    def came(self, at: datetime, source: str, says: str) -> None:
        """A message came in."""
        self._line(at, "in", source, says)

    def acted(self, at: datetime, person: str, says: str) -> None:
        """A person did something."""
        self._line(at, "person", person, says)

    def went(self, at: datetime, note: Notification, text: Outgoing, why: str) -> None:
        """A message went to a person."""
        self.sent[note.channel.value] += 1
        self._line(at, note.channel.value, note.person, why)
        kind = (note.template, note.channel.value)
        if kind not in self._shown:
            self._shown.add(kind)
            lines = [line for line in (text.subject, *text.body.splitlines()) if line.strip()]
            quoted = Text("\n".join(lines), style="dim")
            self.screen.print(Padding(quoted, (0, 0, 0, 7)), soft_wrap=False)

    def note(self, text: str) -> None:
        """A line of its own."""
        self.screen.print(text)

    def _line(self, at: datetime, what: str, who: str, says: str) -> None:
        line = Table.grid(Column(width=5), Column(width=6), Column(width=_WHO_WIDTH), Column(), padding=(0, 1, 0, 0))
        line.add_row(f"{local(at):%H:%M}", Text(what, style=_STYLES[what]), who, says)
        self.screen.print(line, soft_wrap=False)


def why(note: Notification, lines: Sequence[Obligation], book: RuleBook) -> str:
    """Why a message goes: the rules and clocks it tells of, and the team it reaches."""
    reached = team_word(book, note.role)
    asked = f" for {team_word(book, RoleId(note.asked))}" if note.asked != note.role else ""
    told: dict[str, dict[str, None]] = {}
    for line in lines:
        happened, names = _happened(line, book)
        told.setdefault(happened, {}).update(dict.fromkeys(names))
    words = "; ".join(f"{happened}{', '.join(names)}" for happened, names in told.items())
    digest = f"digest of {plural(len(lines), 'line')}: " if note.template == "digest" else ""
    return f"{digest}{words} [{reached}{asked}]"


def _happened(line: Obligation, book: RuleBook) -> tuple[str, list[str]]:
    """What happened, in front of the names of the rules and clocks that it happened to."""
    names = [clock_word(ClockId(name)) if name in book.clocks else title(RuleId(name), book) for name in line.reasons]
    step = line.key.step
    if line.key.about == "unreadable":
        return "a message that cannot be read", []
    if line.template == "stand_down":
        return "stand down: ", names
    if step.startswith("warn"):
        return "soon over: ", names
    if step.startswith("breach"):
        return "missed: ", names
    return "nobody has accepted: " if line.ladder and step != "0" else "", names


def show_sum(teller: Teller, parts: Parts, now: datetime) -> None:
    """Print what the night came to, in figures that add up."""
    book = parts.rules.book()
    with parts.store.read() as reading:
        totals = reading.message_totals()
        cases = reading.list_cases(_MANY)
        clocks = [run for _, run in reading.list_clocks(running_only=False, limit=_MANY)]
        alerts = [alert.state.value for _, alert in reading.list_alerts(open_only=False, limit=_MANY)]
    states = Counter(state_now(run, book, now).value for run in clocks)
    outcomes = {outcome.replace("_", " "): totals[outcome.value] for outcome in MessageOutcome}
    rows = [
        ("messages in", totals["received"], outcomes),
        ("cases", len(cases), dict(Counter(row.cohort or "not known" for row in cases))),
        ("alerts", len(alerts), dict(Counter(alerts))),
        ("clocks", len(clocks), {state.replace("_", " "): number for state, number in states.items()}),
        ("messages out", sum(teller.sent.values()), dict(teller.sent)),
    ]
    teller.note("")
    for name, number, parts_of_it in rows:
        detail = ", ".join(f"{count} {word}" for word, count in parts_of_it.items() if count)
        teller.screen.print(Text.assemble((f"{name:<14}", "bold"), f"{number:>4}  = {detail}"))
