"""Rehearse stories: the real verbs on a pretend clock, with messages kept instead of sent.

The same path as the daemon's: bytes through intake, time through tick, lines through planning and delivering, into a
store of its own. Only the senders differ: they keep what they are given.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from alertd.core.clocks import state_now
from alertd.core.on_call import on_call
from alertd.core.outgoing import Desk
from alertd.model.case import Alert, AlertState, CaseRow, Facts, LineState, Notification, Obligation
from alertd.model.delivery import Found, LookUp, Outcome, Outgoing, Refused, Sent
from alertd.model.ids import CaseId, RoleId
from alertd.model.rulebook import RuleBook
from alertd.model.values import Channel, Kind, Value
from alertd.rulebook.story import Act, Step
from alertd.service.casework import IntakeSettings, Ruling
from alertd.service.composing import Composer
from alertd.service.deliver import Deliver
from alertd.service.handover import Confirming, Handovers
from alertd.service.intake import Arrival, Intake
from alertd.service.means import Means
from alertd.service.messages import Properties, encode_status, write_event
from alertd.service.people import People
from alertd.service.ports import Store
from alertd.service.sending import Planner
from alertd.service.swaps import StoredSwaps
from alertd.service.texts import Texts, Voice
from alertd.service.tick import Tick

CHANNELS = frozenset(Channel)
_BEFORE = datetime.min.replace(tzinfo=UTC)
ROUNDS = 200
"""More rounds of tick and deliver at one moment than anything sane needs."""


@dataclass(frozen=True, slots=True)
class Sending:
    """A message that left, as stories compare it.

    Attributes:
        at: When it left.
        to: Role reached, after hours and routing.
        asked: Role that the rule named.
        person: Who got it.
        by: Channel.
        templates, abouts: Of every line that it carries: templates, and rule and clock ids.
        text: Subject and body.
        repeat: Sent again after doubt or after the ladder's end.
        cases: Cases of the lines that it carries.
    """

    at: datetime
    to: str
    asked: str
    person: str
    by: Channel
    templates: frozenset[str]
    abouts: frozenset[str]
    text: str
    repeat: bool
    cases: frozenset[CaseId] = frozenset()


class Keeper:
    """A sender that keeps what it is given, and refuses what a story says."""

    name = "rehearsal"

    def __init__(self) -> None:
        self.kept: list[Outgoing] = []
        self.refuses: set[tuple[str, Channel]] = set()

    def send(self, outgoing: Outgoing) -> Outcome:
        """Keep it."""
        if (outgoing.address, outgoing.channel) in self.refuses:
            return Refused("undelivered")
        self.kept.append(outgoing)
        return Sent(outgoing.key)

    def look_up(self, outgoing: Outgoing, since: datetime) -> LookUp:  # noqa: ARG002 (what is kept is certain)
        """It was kept."""
        return Found(outgoing.key)


@dataclass(slots=True)
class _Names:
    """Numbers for everything that needs a unique name."""

    numbers: Iterable[int] = field(default_factory=lambda: count(1))

    def __call__(self) -> str:
        return f"n{next(iter(self.numbers)):06d}"


class Stage:
    """A whole alertd on a pretend clock."""

    def __init__(self, ruling: Ruling, texts: Texts, store: Store, voice: Voice, settings: IntakeSettings) -> None:
        self.now = _BEFORE
        self.store = store
        self.book: RuleBook = ruling.terms.plan.book
        self.keeper = Keeper()
        self.sent: list[Sending] = []
        self._names = _Names()
        self._ruling = lambda: ruling
        self._intake = Intake(store, lambda: ruling, settings, self._names)
        self._tick = Tick(store, lambda: ruling, settings.prefix, self._names)
        self.swaps = StoredSwaps()
        self._rest = ruling.terms.rest
        composer = Composer(lambda: self.book, lambda: texts, voice)
        self._handovers = Handovers(store, lambda: self.book)
        self._planner = Planner(store, self.desk, self._names)
        means = Means(
            senders=dict.fromkeys(Channel, (self.keeper,)),
            new_id=self._names,
            monotonic=lambda: 0.0,
            hashed=ruling.terms.hashed,
            on_settled=self._settled,
        )
        self._deliver = Deliver(store, composer, self.desk, means)

    def desk(self, _: datetime) -> Desk:
        """Who can be told, by the rota and by swaps on record."""
        return Desk(self.book, self._rest, CHANNELS, self.swaps.by_role())

    def _settled(self, note: Notification, outcome: Outcome) -> None:
        if not isinstance(outcome, Sent):
            return
        with self.store.read() as reading:
            lines = reading.obligations(note.lines)
        text = self.keeper.kept[-1]
        self.sent.append(
            Sending(
                at=self.now,
                to=note.role,
                asked=note.asked,
                person=note.person,
                by=note.channel,
                templates=frozenset({note.template, *(line.template for line in lines)}),
                abouts=frozenset(name for line in lines for name in _abouts(line)),
                text=f"{text.subject}\n{text.body}",
                repeat=note.repeat,
                cases=frozenset(line.case for line in lines if line.case is not None),
            )
        )

    # --- time

    def run_until(self, until: datetime, *, including: bool) -> None:
        """Let time pass, stopping at every moment at which something is due."""
        while (at := self._next()) is not None and (at < until or (including and at <= until)):
            self.now = max(at, self.now)
            self.settle()
        self.now = max(until, self.now) if including else self.now

    def _next(self) -> datetime | None:
        with self.store.read() as reading:
            times = (reading.next_wake(self.now), self._handovers.next(self.now))
        return min((at for at in times if at is not None and at > self.now), default=None)

    def settle(self) -> None:
        """Do everything that is due now."""
        with self.store.read() as reading:
            self.swaps.learn(reading, self.now)
        for _ in range(ROUNDS):
            busy = self._tick.run(self.now) + self._handovers.run(self.now) + self._planner.plan(self.now)
            busy += self._deliver.resolve_doubts(self.now) + self._deliver.send_due(self.now, lambda: self.now)
            if not busy:
                return
        raise RuntimeError(f"nothing came to rest at {self.now}")

    # --- input

    def play(self, step: Step) -> None:
        """Run time on to a step, give its input, and let everything due be sent."""
        if self.now == _BEFORE:
            self.now = step.at - timedelta(seconds=1)
            self._handovers.run(self.now)
        self.run_until(step.at, including=False)
        self.now = step.at
        self._input(step)
        self.settle()

    def _input(self, step: Step) -> None:
        match step.act:
            case Act.INCIDENT:
                self.take(self._written(Kind.INCIDENT, self._with_record(step), step))
            case Act.STATUS:
                data = self._with_record(step)
                data.setdefault("about", self._about(step))
                self.take(self._written(Kind.STATUS, data, step))
            case Act.ACCEPT | Act.RELEASE:
                self._act(step)
            case Act.UNDELIVERED:
                self._refuse(step)
            case Act.HANDOVER:
                self._confirm(str(step.data["confirm"]))
            case Act.NONE:
                pass

    def _with_record(self, step: Step) -> dict[str, object]:
        record = {"system": "story", "ref": self._names(), **step.data.get("record", {})}
        return {**step.data, "record": record}

    def _written(self, kind: Kind, data: dict[str, object], step: Step) -> bytes:
        name = step.id or self._names()
        return write_event(kind, data, source=step.source or "story", sent_at=step.at, message_id=name)

    def _about(self, step: Step) -> dict[str, str]:
        case = self.case(step.case)
        return {"case_ref": case.row.ref} if case is not None else {}

    def _act(self, step: Step) -> None:
        found = on_call(self.book, RoleId(str(step.data["by"])), self.now).people
        case = self.case(step.case)
        if not found or case is None:
            return
        alert = self._alert(case, step.act)
        event = "alert_accepted" if step.act is Act.ACCEPT else "alert_released"
        fields: dict[str, Value] = {"event": event, "at": self.now, "reference": alert.code if alert else ""}
        body = encode_status(fields, {"case_ref": case.row.ref}, person=found[0].id, sent_at=self.now)
        self.take(body, by_person=True)

    def _alert(self, case: Facts, act: Act) -> Alert | None:
        wanted = AlertState.OPEN if act is Act.ACCEPT else AlertState.ACCEPTED
        return next((a for a in reversed(case.alerts) if a.state is wanted), None)

    def _refuse(self, step: Step) -> None:
        """Undelivered from now on: the next message of that channel to whoever stands in the role."""
        channel = Channel(str(step.data["by"]))
        for person in on_call(self.book, RoleId(str(step.data["to"])), self.now).people:
            if (address := person.address(channel)) is not None:
                self.keeper.refuses.add((address, channel))

    def _confirm(self, role: str) -> None:
        """Confirm the newest list, as the first person on call for a role."""
        confirming = Confirming(self.store, People(self.store, self._intake, self._ruling))
        for person in on_call(self.book, RoleId(role), self.now).people[:1]:
            confirming.confirm("", person.id, self.now)

    def take(self, body: bytes, *, by_person: bool = False) -> None:
        """Give a message to intake."""
        self._intake.take([Arrival(body, Properties(), self.now, by_person)], self.now)

    # --- what stands

    def cases(self) -> tuple[CaseRow, ...]:
        """All cases, oldest first."""
        with self.store.read() as reading:
            return tuple(reversed(reading.list_cases(1000)))

    def case(self, person: str) -> Facts | None:
        """The case of a person's reference; the newest when none is named."""
        found = [facts for row in self.cases() if (facts := self.facts(row.id)) is not None]
        if person:
            found = [f for f in found if any(m.message.fields.get("person.ref") == person for m in f.messages)]
        return found[-1] if found else None

    def facts(self, case: CaseId) -> Facts | None:
        """Everything recorded about a case."""
        with self.store.read() as reading:
            return reading.case(case)

    def requests(self, case: CaseId | None) -> dict[str, int]:
        """How often each piece of work was asked for, and still is."""
        with self.store.read() as reading:
            rows = reading.requests(case)
        asked: dict[str, int] = {}
        for row in rows:
            if row.state is not LineState.WITHDRAWN:
                name = row.key.about.removeprefix("request:")
                asked[name] = asked.get(name, 0) + 1
        return asked

    def referrals(self, case: CaseId) -> set[str]:
        """Referrals on record."""
        with self.store.read() as reading:
            return {to for to, _ in reading.referrals(case)}

    def clock_states(self, case: Facts) -> dict[str, tuple[str, datetime]]:
        """Clock id → how its newest run stands, and its due time."""
        latest = sorted(case.clocks, key=lambda c: (c.withdrawn_at is None, c.episode, c.start_at))
        return {c.clock: (state_now(c, self.book, self.now).value, c.due_at) for c in latest}


def _abouts(line: Obligation) -> Sequence[str]:
    names = [line.key.about.partition(":")[2] or line.key.about, *line.reasons]
    return [*names, *([line.clock.partition("/")[0]] if line.clock else [])]
