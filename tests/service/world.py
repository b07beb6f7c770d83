"""A stage whose providers do as a test says, that can be cut off mid-send and opened again, and what one sees of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

from alertd.core.outgoing import Desk
from alertd.daemon.rehearsal import Keeper, Sending, Stage
from alertd.daemon.rules_in_force import RuleSet
from alertd.model.case import Facts, MessageOutcome, Notification, Obligation
from alertd.model.delivery import Found, LookUp, NotFound, Outcome, Outgoing, Sent
from alertd.model.ids import CaseId, PersonId
from alertd.model.values import Channel, Kind
from alertd.service.addresses import Addresses
from alertd.service.awaiting import Unconfirmed
from alertd.service.composing import Composer
from alertd.service.deliver import Deliver
from alertd.service.intake import Arrival
from alertd.service.means import Means
from alertd.service.messages import Properties, write_event
from alertd.service.other_ways import OtherWays
from alertd.service.people import People
from alertd.service.reach import Reach
from alertd.service.receipts import Receipts
from alertd.service.texts import Texts
from tests.service.stage import KEYRING, new_database, open_database, shipped_intake, shipped_rules, shipped_voice

LONDON = ZoneInfo("Europe/London")
NAMES_A_RUN = 1_000_000
"""Room for names between two openings of one database."""


def at(text: str) -> datetime:
    """A moment in London, `11-26 14:10`, of 2026."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=LONDON).astimezone(UTC)


class PowerCut(Exception):
    """The process ends between the attempt's row and its outcome."""


def _taken(outgoing: Outgoing) -> Outcome:
    return Sent(outgoing.key)


@dataclass
class Provider(Keeper):
    """A sender that does as `answer` says.

    Attributes:
        looked: What it says of a message in doubt; None to tell honestly whether it holds it.
        asked: Every request made, whatever came of it.
        holds: Keys of what it has taken, whatever it answered.
        confirms: Whether it reports what becomes of texts; says so before the world is made.
    """

    answer: Callable[[Outgoing], Outcome] = _taken
    looked: Callable[[Outgoing], LookUp] | None = None
    asked: list[Outgoing] = field(default_factory=list)
    holds: set[str] = field(default_factory=set)
    confirms: bool = False
    name: str = "rehearsal"

    def __post_init__(self) -> None:
        super().__init__()

    def send(self, outgoing: Outgoing) -> Outcome:
        """Do as the test says."""
        self.asked.append(outgoing)
        outcome = self.answer(outgoing)
        if isinstance(outcome, Sent):
            self.kept.append(outgoing)
            self.holds.add(outgoing.key)
        return outcome

    def look_up(self, outgoing: Outgoing, since: datetime) -> LookUp:  # noqa: ARG002 (the test knows what was taken)
        """Say what the test says, or else the truth."""
        if self.looked is not None:
            return self.looked(outgoing)
        return Found(outgoing.key) if outgoing.key in self.holds else NotFound()


class World(Stage):
    """A stage on a database that outlives it."""

    def __init__(
        self, path: Path, provider: Provider | None = None, rules: RuleSet | None = None, texts: Texts | None = None
    ) -> None:
        self.path = path
        self.rules = rules or shipped_rules()
        self.texts = texts or self.rules.texts
        settings, ruling = shipped_intake(), self.rules.ruling
        super().__init__(ruling, self.texts, open_database(path), shipped_voice(), settings)
        self.provider = self.keeper = provider or Provider()
        self.reach = Reach(self.store, KEYRING.token)
        composer = Composer(lambda: self.book, lambda: self.texts, shipped_voice())
        confirms = frozenset({(Channel.SMS, self.provider.name)} if self.provider.confirms else ())
        senders = dict.fromkeys(Channel, (self.provider,))
        means = Means(senders, self._names, lambda: 0.0, ruling.terms.hashed, confirms, on_settled=self._settled)
        self._deliver = Deliver(self.store, composer, self.desk, means)
        ways = OtherWays(composer, senders, self.desk, self._names)
        self.receipts = Receipts(self.store, ways, Addresses(composer.person, ruling.terms.hashed))
        self._unconfirmed = Unconfirmed(self.store, ways)
        self.people = People(self.store, self._intake, lambda: ruling)
        self._lives = 0

    def reopened(self) -> World:
        """The same database after the process has died: nothing in memory is left but what providers hold."""
        self.store.close()
        after = World(self.path, self.provider, self.rules, self.texts)
        after._lives = self._lives + 1
        after._names.numbers = count(after._lives * NAMES_A_RUN)
        after.now, after.sent = self.now, self.sent
        return after

    def desk(self, now: datetime) -> Desk:
        """Who can be told, as the daemon knows it."""
        return self.reach.at(super().desk(now))

    def settle(self) -> None:
        """Do everything that is due now, as the daemon's loops do."""
        while True:
            self._learn()
            self.reach.look(self.now)
            super().settle()
            if not self._unconfirmed.run(self.now):
                return

    def _learn(self) -> None:
        with self.store.read() as reading:
            self.reach.learn(reading)

    # --- input

    def give(self, *bodies: bytes, by_person: bool = False) -> Mapping[MessageOutcome, int]:
        """Take messages in one batch, now; those outcomes that occurred."""
        arrivals = [Arrival(body, Properties(), self.now, by_person) for body in bodies]
        totals = self._intake.take(arrivals, self.now)
        return {outcome: number for outcome, number in totals.items() if number}

    def at(self, text: str) -> World:
        """Run time on to a moment, doing everything due on the way and at it."""
        until = at(text)
        if self.now < until and self.now.year > 1:
            self.run_until(until, including=True)
        self.now = until
        return self

    def told(self, *bodies: bytes) -> list[Sending]:
        """Take messages, let everything due be sent, and say what was."""
        before = len(self.sent)
        self.give(*bodies)
        self.settle()
        return self.sent[before:]

    def incident(self, data: Mapping[str, object], *, id: str = "", source: str = "feed") -> bytes:  # noqa: A002
        """Write an incident, sent now."""
        return self._message(Kind.INCIDENT, data, id, source)

    def status(self, data: Mapping[str, object], *, id: str = "", source: str = "desk") -> bytes:  # noqa: A002
        """Write a status, sent now."""
        return self._message(Kind.STATUS, data, id, source)

    def _message(self, kind: Kind, data: Mapping[str, object], id_: str, source: str) -> bytes:
        name = id_ or self._names()
        whole = {"record": {"system": source, "ref": f"R-{name}"}, **data}
        return write_event(kind, whole, source=source, sent_at=self.now, message_id=name)

    def accept(self, target: str, by: str = "mash_duty_phone") -> None:
        """Accept an alert by its code or its case's reference, and do what follows."""
        self.people.accept(target, PersonId(by), self.now)
        self.settle()

    # --- what stands

    def only_case(self) -> Facts:
        """The one case there is."""
        rows = self.cases()
        assert len(rows) == 1, rows
        facts = self.facts(rows[0].id)
        assert facts is not None
        return facts

    def all_facts(self) -> list[Facts]:
        """All cases, oldest first."""
        return [facts for row in self.cases() if (facts := self.facts(row.id)) is not None]

    def notes(self, case: CaseId | None = None) -> Sequence[Notification]:
        """Messages to people, oldest first: of a case, or all."""
        with self.store.read() as reading:
            if case is not None:
                return reading.notifications(case)
            return tuple(reversed(reading.list_notifications((), 100_000)))

    def lines(self, notes: Sequence[Notification]) -> Sequence[Obligation]:
        """The lines that messages carry."""
        with self.store.read() as reading:
            return reading.obligations([key for note in notes for key in note.lines])

    def outcomes(self) -> Mapping[str, int]:
        """Message totals on record, those that occurred."""
        with self.store.read() as reading:
            return {name: number for name, number in reading.message_totals().items() if number}


def new_world(folder: Path, provider: Provider | None = None, *, texts: Texts | None = None) -> World:
    """A world on a database of its own."""
    return World(new_database(folder), provider, texts=texts)


def custody(person: str = "P1", *, booked: str = "11-26 14:00", **more: object) -> dict[str, object]:
    """A child booked in with a blade."""
    data: dict[str, object] = {
        "setting": "custody",
        "person": {"ref": person, "age": 15},
        "custody": {"ref": f"C-{person}", "booked_in_at": at(booked).isoformat()},
        "incident": {"offence": ["bladed_article"]},
    }
    return {**data, **more}


def hospital(person: str = "P1", *, presented: str = "11-26 14:00", **more: object) -> dict[str, object]:
    """A child brought to A&E with a stab wound."""
    data: dict[str, object] = {
        "setting": "hospital_ae",
        "person": {"ref": person, "age": 15},
        "hospital": {
            "ref": f"H-{person}", "site": "Whipps Cross", "presented_at": at(presented).isoformat(),
            "injury_cause": "stabbing",
        },
    }  # fmt: skip
    return {**data, **more}


def told(sent: Sequence[Sending]) -> set[tuple[str, str, str]]:
    """Who was told what, and over what."""
    return {(each.to, each.by.value, template) for each in sent for template in each.templates}


MINUTE = timedelta(minutes=1)
