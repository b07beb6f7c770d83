"""What `alertd demo` prints: one aligned line an event, in local time, and the sum at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from rich.console import Console
from rich.text import Text

from alertd.cli.screen import console, plural
from alertd.core.calendar import local
from alertd.core.clocks import state_now
from alertd.core.wording import clock_word, team_word
from alertd.daemon.parts import Parts
from alertd.model.case import MessageOutcome, Notification, Obligation
from alertd.model.delivery import Outgoing
from alertd.model.ids import ClockId, RoleId
from alertd.model.rulebook import RuleBook
from alertd.service.texts import title

_STYLES = {"sms": "green", "call": "bold red", "email": "blue", "in": "bold yellow", "person": "bold cyan"}
_INDENT = " " * 7
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
            for line in (text.subject, *text.body.splitlines()):
                if line.strip():
                    self.screen.print(Text(f"{_INDENT}| {line}", style="dim"), overflow="fold")

    def note(self, text: str) -> None:
        """A line of its own."""
        self.screen.print(text)

    def _line(self, at: datetime, what: str, who: str, says: str) -> None:
        clock = f"{local(at):%H:%M}  "
        self.screen.print(Text.assemble(clock, (f"{what:<7}", _STYLES[what]), f"{who:<24}", says))


def why(note: Notification, lines: Sequence[Obligation], book: RuleBook) -> str:
    """Why a message goes: the rules and clocks it tells of, and who was asked for."""
    reasons = dict.fromkeys(_reason(line, name, book) for line in lines for name in line.reasons or (line.key.about,))
    told = "; ".join(reasons)
    if note.template == "digest":
        told = f"digest of {plural(len(lines), 'line')}: {told}"
    reached = team_word(book, note.role)
    asked = f", for {team_word(book, RoleId(note.asked))}" if note.asked != note.role else ""
    return f"{told} [{reached}{asked}]"


def _reason(line: Obligation, name: str, book: RuleBook) -> str:
    known = ClockId(name) in book.clocks
    words = clock_word(ClockId(name)) if known else title(name, book)
    step = line.key.step
    if line.template == "stand_down":
        return f"stand down: {words}"
    if step.startswith("warn"):
        return f"{words} runs out soon"
    if step.startswith("breach") or (known and line.template.endswith("missed")):
        return f"{words} missed"
    if line.ladder and step != "0":
        return f"nobody has accepted: {words}"
    return words


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
