"""One side of a replay: stored messages through one set of rules on a pretend clock, by the verbs of the daemon itself.

Only what sends is left out: a message that is planned counts as taken at its moment, as in a rehearsal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from typing import cast

from alertd.core.on_call import by_role
from alertd.core.outgoing import Desk
from alertd.daemon.replay_memory import Component, Memory
from alertd.daemon.replay_names import Names, OnRecord
from alertd.model.case import Alert, AlertState, Facts, LineState, NotificationState, Obligation, Run, StoredMessage
from alertd.model.ids import Token
from alertd.model.message import Message
from alertd.model.rulebook import RuleStatus
from alertd.model.shifts import Swap
from alertd.model.values import Channel, Kind, Value
from alertd.service.casework import Casework, Ruling
from alertd.service.ports import Store, Writing
from alertd.service.sending import Planner
from alertd.service.still_wanted import why_not
from alertd.service.tick import Tick
from alertd.service.tokens import tokens

CHANNELS = frozenset(Channel)
LIMIT = 500
_ROUNDS = 200
_SUPPOSED = 1 << 60
"""Seqs from here on belong to acceptances that a replay supposes."""


@dataclass(frozen=True, slots=True)
class Told:
    """A message that would have left.

    Attributes:
        at: When.
        role: The role reached, after hours and routing.
        asked: The role that the rule named.
        person: Who would have got it.
        channel: By what.
        template: Of the message: digests and shared texts of several cases are known by it.
        lines: What it tells.
        refs: For each line, the reference of the case that it tells of; "" for none.
    """

    at: datetime
    role: str
    asked: str
    person: str
    channel: Channel
    template: str
    lines: tuple[Obligation, ...]
    refs: tuple[str, ...]


@dataclass(slots=True)
class Outcome:
    """What came of one side.

    Attributes:
        told: Every message that would have left, in order.
        work: Work asked for, with the case's reference.
        shadow: Runs of rules in shadow, with the case's reference.
        supposed: How many alerts nobody accepted on record, so that an acceptance was supposed at their ladder's end.
    """

    told: list[Told]
    work: list[tuple[str, Obligation]]
    shadow: list[tuple[str, Run]]
    supposed: int


@dataclass(frozen=True, slots=True)
class Past:
    """What is played: the same for both sides.

    Attributes:
        messages: In the order received.
        components: Token of a record → the number of what hangs together with it.
        on_record: Seq of an incident → the stored case that it belongs to.
        swaps: On record, the newest first.
        until: How far the pretend clock runs.
    """

    messages: list[StoredMessage]
    components: dict[Token, Component]
    on_record: dict[int, OnRecord]
    swaps: Sequence[Swap]
    until: datetime


class Side:
    """Plays messages through one set of rules."""

    def __init__(self, past: Past, ruling: Ruling, on_progress: Callable[[int], None]) -> None:
        self._past = past
        self._on_progress = on_progress
        self._book = ruling.terms.plan.book
        self._numbers = count(1)
        self._names = Names(past.on_record)
        self.memory = Memory(dict(past.components), self._names, past.swaps)
        ruling = replace(ruling, terms=replace(ruling.terms, remembered=self.memory.remembered))
        self._ruling = ruling
        # The verbs ask for no more of a store than this one has.
        self._store = cast("Store", self.memory)
        self._work = Casework(ruling, "", self._new_id)
        self._tick = Tick(self._store, lambda: ruling, "", self._new_id)
        self._swaps = by_role(past.swaps)
        self._planner = Planner(self._store, self._desk, self._new_id)
        self._found = Outcome([], [], [], 0)
        self._acceptances = _acceptances(past)

    def _new_id(self) -> str:
        return f"n{next(self._numbers):09d}"

    def _desk(self, now: datetime) -> Desk:  # noqa: ARG002 (swaps carry their times)
        return Desk(self._book, self._ruling.terms.rest, CHANNELS, self._swaps)

    def play(self) -> Outcome:
        """Play everything, and let the pretend clock run to the end."""
        messages = self._past.messages
        place = 0
        while True:
            arrives = messages[place].message.received_at if place < len(messages) else None
            times = [at for at in (arrives, self._next()) if at is not None and at <= self._past.until]
            if not times:
                return self._outcome()
            now = min(times)
            end = place
            while end < len(messages) and messages[end].message.received_at == now:
                end += 1
            if now == arrives:
                self._take(messages[place:end], now)
                self._on_progress(end - place)
                place = end
            self._settle(now)

    def _next(self) -> datetime | None:
        times = (self.memory.wakes.next(), self.memory.ledger.next())
        return min((at for at in times if at is not None), default=None)

    # --- one moment

    def _take(self, stored: Sequence[StoredMessage], now: datetime) -> None:
        """Decide messages of one moment."""
        heard = [each for each in stored if not self._names.is_passed_over(each)]
        if not heard:
            return
        memory = self.memory
        batch = self._work.decide(memory.arrive(heard), now, cast("Writing", memory))
        fresh = (each for each in batch.decided if not each.candidate.facts.row.ref)
        self._names.expect([[m.seq for m in each.candidate.group.messages] for each in fresh])
        self._work.write(batch, cast("Writing", memory), now)

    def _settle(self, now: datetime) -> None:
        """Do everything that is due at a moment."""
        for _ in range(_ROUNDS):
            busy = self._tick.run(now)
            busy += self._suppose(now)
            busy += self._planner.plan(now)
            busy += self._send(now)
            if not busy:
                return
        raise RuntimeError(f"nothing came to rest at {now}")

    def _send(self, now: datetime) -> int:
        """Let every planned message leave that is still wanted at its moment."""
        memory = self.memory
        notes = memory.ledger.sendable(now, LIMIT)
        for note in notes:
            if (why := why_not(note, cast("Writing", memory))) is not None:
                gone = replace(note, state=NotificationState.SUPPRESSED, reason=why)
                memory.set_notification(gone, NotificationState.PENDING)
                continue
            memory.set_notification(replace(note, state=NotificationState.SENT, sent_at=now), NotificationState.PENDING)
            lines = memory.obligations(note.lines)
            refs = tuple(memory.ref_of(line.case) if line.case is not None else "" for line in lines)
            self._found.told.append(
                Told(now, note.role, note.asked, note.person, note.channel, note.template, lines, refs)
            )
        return len(notes)

    # --- acceptances that are supposed

    def _suppose(self, now: datetime) -> int:
        """Suppose that an alert is accepted when its ladder has ended and nobody on record accepts it, then or later.

        It would be repeated for ever: an alert that only the other rules raise cannot have been accepted by anybody.
        """
        rows = self.memory.ledger.waiting(now, LIMIT)
        ended = dict.fromkeys(row.case for row in rows if row.repeat and row.case is not None)
        supposed = 0
        for case in ended:
            facts = self.memory.case(case)
            alert = _open_alert(facts)
            if facts is not None and alert is not None and not self._will_be_accepted(facts, alert, now):
                self._accept(facts, alert, now)
                supposed += 1
        self._found.supposed += supposed
        return supposed

    def _will_be_accepted(self, facts: Facts, alert: Alert, now: datetime) -> bool:
        component = self.memory.component_of(facts.messages[0])
        return any(at > now and code in ("", alert.code) for at, code in self._acceptances.get(component, ()))

    def _accept(self, facts: Facts, alert: Alert, now: datetime) -> None:
        number = _SUPPOSED + next(self._numbers)
        fields: dict[str, Value] = {"event": "alert_accepted", "at": now, "reference": alert.code, "by": ""}
        name = f"supposed-{number}"
        message = Message(
            source="replay",
            id=name,
            kind=Kind.STATUS,
            sent_at=now,
            received_at=now,
            system="replay",
            record=name,
            version=1,
            fields=fields,
            about={"case_ref": facts.row.ref},
        )
        stored = StoredMessage(number, message, tokens(message, self._ruling.terms.hashed))
        self.memory.add_record(stored, facts.messages[0])
        self._take([stored], now)

    # --- the outcome

    def _outcome(self) -> Outcome:
        rules = self._book.rules
        for facts in self.memory.facts():
            ref = facts.row.ref
            self._found.work += [(ref, row) for row in facts.obligations if _is_work(row)]
            shadows = (run for run in facts.runs if run.rule in rules and not run.asks)
            self._found.shadow += [(ref, run) for run in shadows if rules[run.rule].status is RuleStatus.SHADOW]
        for row in self.memory.ledger.of_scope("*"):
            if _is_work(row) and row.case is not None:
                self._found.work.append((self.memory.ref_of(row.case), row))
        return self._found


def _open_alert(facts: Facts | None) -> Alert | None:
    alerts: Iterable[Alert] = facts.alerts if facts is not None else ()
    return next((alert for alert in alerts if alert.state is AlertState.OPEN), None)


def _acceptances(past: Past) -> dict[Component, list[tuple[datetime, str]]]:
    """When alerts were accepted on record, with their codes; "" where only the case was named."""
    found: dict[Component, list[tuple[datetime, str]]] = {}
    for stored in past.messages:
        message = stored.message
        if message.fields.get("event") == "alert_accepted":
            code = str(message.fields.get("reference") or "")
            found.setdefault(past.components[stored.tokens.record], []).append((message.received_at, code))
    return found


def _is_work(row: Obligation) -> bool:
    return row.key.about.startswith("request:") and row.state is not LineState.WITHDRAWN
