"""One alert per case and episode: which urgent reasons an acceptance covers, and which open the next alert.

Source: RULES, Meaning ("One alert per case and episode", "Acceptance").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from alertd.core.fold import Fold, Record, acts
from alertd.core.history import live_runs
from alertd.core.on_call import DUTY
from alertd.model.case import Alert, AlertState, Run
from alertd.model.ids import LadderId, RoleId, RuleId
from alertd.model.rulebook import Ladder, Notify, RuleBook
from alertd.model.values import Severity

DEFAULT_LADDER = "default_urgent"


@dataclass(slots=True)
class _Open:
    """An alert while its history is walked through."""

    opened_at: datetime
    ladder: str
    duty: RoleId
    rounds: list[datetime]
    reasons: dict[RuleId, None] = field(default_factory=dict)
    running: set[tuple[RuleId, str]] = field(default_factory=set)
    runs: list[Run] = field(default_factory=list)
    hand_ons: list[datetime] = field(default_factory=list)
    accepted: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    state: AlertState = AlertState.OPEN
    closed_at: datetime | None = None
    accepted_by: str = ""


@dataclass(frozen=True, slots=True)
class Episode:
    """An alert with what hangs on it.

    Attributes:
        alert: The alert.
        runs: Urgent runs that ever joined it, in the order in which they became known.
        hand_ons: When a person handed it on to the next step at once.
        accepted: When somebody held it: from acceptance to release, None while it is still held.
    """

    alert: Alert
    runs: tuple[Run, ...]
    hand_ons: tuple[datetime, ...]
    accepted: tuple[tuple[datetime, datetime | None], ...] = ()

    def open_at(self, at: datetime) -> bool:
        """Whether nobody held it, and it was not withdrawn, at a moment; a release does not rewrite what was before."""
        if self.alert.closed_at is not None and at >= self.alert.closed_at:
            return False
        return not any(begun <= at and (ended is None or at < ended) for begun, ended in self.accepted)


_RUN, _END, _ACT = 0, 2, 1


def urgent_runs(runs: Sequence[Run], book: RuleBook) -> list[Run]:
    """Runs of live urgent rules that tell somebody."""
    return [
        run
        for run in live_runs(runs, book)
        if not run.asks and book.rules[run.rule].severity is Severity.URGENT and book.rules[run.rule].notifies
    ]


def episodes(runs: Sequence[Run], fold: Fold, book: RuleBook, known: Sequence[Alert]) -> list[Episode]:
    """Work out the alerts of a case, oldest first.

    Args:
        runs: All runs of the case.
        fold: For what people did.
        book: Rules in force.
        known: Alerts as recorded: code and ladders stay with their episodes.

    Returns:
        Alerts with the code on record (or "").
    """
    walk = _Walk(book, {alert.code: alert.episode for alert in known if alert.code})
    for _, _, what in sorted(_events(runs, fold, book), key=lambda e: (e[0], e[1])):
        walk.step(what)
    recorded = {alert.episode: alert for alert in known}
    return [_episode(n, each, recorded.get(n), book) for n, each in enumerate(walk.found, start=1)]


def _episode(number: int, found: _Open, recorded: Alert | None, book: RuleBook) -> Episode:
    ladder = recorded.ladder if recorded else found.ladder
    alert = Alert(
        episode=number,
        code=recorded.code if recorded else "",
        opened_at=found.opened_at,
        rounds=tuple(found.rounds),
        state=found.state,
        closed_at=found.closed_at,
        accepted_by=found.accepted_by,
        ladder=ladder,
        duty=found.duty,
        reasons=tuple(found.reasons),
        ladders=(recorded.ladders if recorded else ()) or frozen_ladders(ladder, book),
    )
    return Episode(alert, tuple(found.runs), tuple(found.hand_ons), tuple(found.accepted))


def frozen_ladders(ladder: str, book: RuleBook) -> tuple[Ladder, ...]:
    """The ladders that an alert keeps from its opening on: its own, and those of clocks that may speak for it.

    Source: RULES, "Versions": "a running escalation [keeps] its ladder; people and hours resolve at the moment of
    sending".
    """
    names = dict.fromkeys((LadderId(ladder), *(clock.breach_ladder for clock in book.clocks.values())))
    return tuple(book.ladders[name] for name in names if name is not None and name in book.ladders)


Happening = tuple[str, Run] | Record
Timed = tuple[datetime, int, Happening]


def _events(runs: Sequence[Run], fold: Fold, book: RuleBook) -> list[Timed]:
    events: list[Timed] = []
    for run in urgent_runs(runs, book):
        events.append((run.known_at, _RUN, ("begin", run)))
        if run.ended_at is not None:
            events.append((run.ended_at, _END, ("end", run)))
    events += [(record.first_received_at, _ACT, record) for record in acts(fold)]
    return events


class _Walk:
    """The history of a case's alerts, one happening after another."""

    def __init__(self, book: RuleBook, codes: dict[str, int]) -> None:
        self.book = book
        self.codes = codes
        self.found: list[_Open] = []

    def step(self, what: Happening) -> None:
        """Take one happening into account."""
        if isinstance(what, Record):
            self._act(what)
        elif what[0] == "begin":
            self._begin(what[1])
        else:
            self._end(what[1])

    def _begin(self, run: Run) -> None:
        current = self.found[-1] if self.found else None
        if current is None or current.state is not AlertState.OPEN:
            first = self.book.rules[run.rule].notifies[0]
            current = _Open(run.known_at, first.ladder or DEFAULT_LADDER, _duty(first), [run.known_at])
            self.found.append(current)
        current.reasons[run.rule] = None
        current.running.add((run.rule, run.key))
        current.runs.append(run)

    def _end(self, run: Run) -> None:
        for each in self.found:
            if (run.rule, run.key) in each.running:
                each.running.discard((run.rule, run.key))
                if not each.running and each.state is not AlertState.WITHDRAWN:
                    each.state, each.closed_at = AlertState.WITHDRAWN, each.closed_at or run.ended_at

    def _act(self, record: Record) -> None:
        alert = self._target(record)
        if alert is None:
            return
        at, event = record.first_received_at, record.message.fields.get("event")
        if event == "alert_accepted" and alert.state is AlertState.OPEN:
            alert.state, alert.closed_at = AlertState.ACCEPTED, at
            alert.accepted.append((at, None))
            alert.accepted_by = str(record.message.fields.get("by", ""))
        elif event == "alert_released" and alert.state is AlertState.ACCEPTED:
            alert.state, alert.closed_at, alert.accepted_by = AlertState.OPEN, None, ""
            alert.rounds.append(at)
            alert.accepted[-1] = (alert.accepted[-1][0], at)
        elif event == "alert_handed_on" and alert.state is AlertState.OPEN:
            alert.hand_ons.append(at)

    def _target(self, record: Record) -> _Open | None:
        """The alert that an act means: the one whose code it names, so an old thread cannot accept tomorrow's."""
        number = self.codes.get(str(record.message.fields.get("reference", "")), len(self.found))
        return self.found[number - 1] if 0 < number <= len(self.found) else None


def _duty(notify: Notify) -> RoleId:
    return DUTY if DUTY in notify.roles else notify.roles[0]
