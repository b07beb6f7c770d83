"""A whole alertd but for sending: the real intake, tick and store on a pretend clock, and what one can see of it."""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

from sqlalchemy import delete, event

from alertd.core.clocks import ClockState, state
from alertd.core.decide import Terms
from alertd.core.partition import partition
from alertd.core.plan import labels_of, plan
from alertd.model.case import CaseRow, ClockRun, Facts, LineState, MessageOutcome, Obligation
from alertd.model.ids import CaseId, Token
from alertd.model.rulebook import RuleBook
from alertd.model.values import Kind
from alertd.rulebook.reference import Reference
from alertd.service.casework import Casework, IntakeSettings, Ruling
from alertd.service.deciding import candidate, decide_all
from alertd.service.intake import Arrival, Intake
from alertd.service.messages import Properties, write_event
from alertd.service.ports import Rank, Reading
from alertd.service.tick import Tick
from alertd.store import Keyring, SqlStore, load_master, migrate, new_master
from alertd.store.engines import new_engine
from alertd.store.tables import metadata
from tests.core.book import small_book

_LIVE = (LineState.PENDING, LineState.HELD, LineState.OPEN, LineState.TOLD)


def hashed(text: str) -> Token:
    """HMAC under an invented key."""
    return Token(hmac.new(b"an invented key", text.encode(), hashlib.sha256).digest())


@dataclass(frozen=True, slots=True)
class Input:
    """One message as it comes in, with its own receive time.

    Attributes:
        data: Everything in `data` but the record.
        record: (system, ref, version).
    """

    kind: Kind
    id: str
    record: tuple[str, str, int]
    received_at: datetime
    data: Mapping[str, object] = field(hash=False)

    def arrival(self) -> Arrival:
        """As the broker delivers it."""
        system, ref, version = self.record
        data = {"record": {"system": system, "ref": ref, "version": version}, **self.data}
        body = write_event(self.kind, data, source=system, sent_at=self.received_at, message_id=self.id)
        return Arrival(body, Properties(), self.received_at)


@cache
def _store() -> SqlStore:
    """One migrated database for all worlds of this process: in memory in all but name."""
    url = f"sqlite:///{Path(mkdtemp(prefix='alertd-world-')) / 'world.db'}"
    migrate(url)
    engine = new_engine(url)
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF"))
    return SqlStore(engine, Keyring(load_master(new_master())))


def _empty_store() -> SqlStore:
    store = _store()
    with store._engine.begin() as connection:
        for table in reversed(metadata.sorted_tables):
            if table.name != "meta":
                connection.execute(delete(table))
    return store


ClockView = tuple[str, str, datetime, datetime, str]


@dataclass(frozen=True, slots=True)
class CasePicture:
    """What invariant 3 compares of a case: nothing by which one order of events could be told from another."""

    labels: frozenset[str]
    clocks: frozenset[ClockView]
    open: frozenset[tuple[str, ...]]
    closed: bool


Picture = Mapping[frozenset[str], CasePicture]


class World:
    """The verbs under the small rule book, or another one."""

    def __init__(self, book: RuleBook | None = None, *, keep_order: bool = True) -> None:
        self.store = _empty_store()
        self.book = book or small_book()
        self.ruling = Ruling(Terms(plan(self.book), hashed, keep_order=keep_order), Reference(self.book))
        self.totals: Counter[MessageOutcome] = Counter()
        self.delivered = 0
        numbers = count(1)
        new_id = lambda: f"n{next(numbers):06d}"  # noqa: E731 (one line says it all)
        self._intake = Intake(self.store, lambda: self.ruling, IntakeSettings(), new_id)
        self._tick = Tick(self.store, lambda: self.ruling, "WF", new_id)

    def casework(self) -> Casework:
        """Deciding as the verbs do it, writing nothing."""
        return Casework(self.ruling, "WF", lambda: "")

    def take(self, inputs: Sequence[Input], now: datetime | None = None) -> Mapping[MessageOutcome, int]:
        """Process a batch; `now` is the newest receipt in it unless given."""
        at = now or max(each.received_at for each in inputs)
        found = self._intake.take([each.arrival() for each in inputs], at)
        self.delivered += len(inputs)
        self.totals.update(found)
        return found

    def run_to(self, now: datetime) -> None:
        """Do everything that is due at a moment, re-checks drained."""
        for _ in range(100):
            if not self._tick.run(now):
                return
        raise AssertionError("time makes something due without end")

    def tell(self, now: datetime) -> list[Obligation]:
        """Tell every line that waits, as delivering would, and say which."""
        with self.store.write(Rank.DELIVER) as writing:
            told = writing.waiting(now, 10_000)
            writing.set_obligations([replace(each, state=LineState.TOLD) for each in told])
        return list(told)

    def cases(self) -> list[Facts]:
        """Live cases, by opening."""
        with self.store.read() as reading:
            rows: Iterable[CaseRow] = reading.list_cases(1000)
            found = [facts for row in rows if (facts := reading.case(row.id)) is not None]
        return sorted(found, key=lambda facts: (facts.row.opened_at, facts.row.id))

    def ledger(self) -> list[Obligation]:
        """All obligations of all cases, those under global keys included."""
        with self.store.read() as reading:
            return [row for facts in self.cases() for row in (*facts.obligations, *_shared(facts, reading))]

    def outcomes(self) -> Mapping[str, int]:
        """Message totals as the store has them now."""
        with self.store.read() as reading:
            return reading.message_totals()

    def orphans(self) -> frozenset[str]:
        """Ids of statuses without a case."""
        with self.store.read() as reading:
            found = reading.orphans(datetime.max.replace(tzinfo=UTC), 1000)
        return frozenset(each.message.id for each in found)

    def wanted(self, now: datetime) -> dict[CaseId, tuple[Obligation, ...]]:
        """What each case wants told by now, whatever was told already."""
        with self.store.read() as reading:
            snapshot = reading.closure((), [facts.row.id for facts in self.cases()])
            messages = {m.seq: m for fact in snapshot.facts for m in fact.messages}
            messages |= {m.seq: m for m in snapshot.orphans}
            groups, _ = partition(snapshot.facts, list(messages.values()))
            asked = [candidate(group, snapshot.facts, lambda: "") for group in groups]
            bare = [replace(each, facts=replace(each.facts, obligations=())) for each in asked]
            decided = decide_all(bare, now, self.ruling.terms, self.ruling.matcher, reading)
        return {each.candidate.facts.row.id: each.decision.new for each in decided}

    def picture(self, now: datetime) -> Picture:
        """All cases as invariant 3 compares them, by the messages that they hold."""
        wanted = self.wanted(now)
        return {_name(facts): self._picture(facts, wanted[facts.row.id], now) for facts in self.cases()}

    def _picture(self, facts: Facts, wanted: Sequence[Obligation], now: datetime) -> CasePicture:
        running = [run for run in facts.runs if run.ended_at is None and not run.asks]
        return CasePicture(
            labels=frozenset(label for run in running for label in labels_of(self.book.rules[run.rule])),
            clocks=frozenset(_clock(clock, now) for clock in facts.clocks if clock.withdrawn_at is None),
            open=frozenset(self._key(row) for row in wanted),
            closed=facts.row.closed_at is not None,
        )

    def _key(self, row: Obligation) -> tuple[str, ...]:
        """A key without what invariant 3 leaves out: references, and how often a rule on other cases came and went."""
        key = row.key
        about = key.about.removeprefix("rule:")
        is_cross = key.about.startswith("request:") or about in self.ruling.terms.plan.cross
        return (key.about, key.key, "" if is_cross else str(key.episode), key.step, key.role)


def _shared(facts: Facts, reading: Reading) -> Iterable[Obligation]:
    seen: set[tuple[str, str]] = set()
    for run in facts.runs:
        if (run.rule, run.key) not in seen:
            seen.add((run.rule, run.key))
            yield from reading.global_obligations(f"rule:{run.rule}", run.key)


def _name(facts: Facts) -> frozenset[str]:
    return frozenset(f"{m.message.source}/{m.message.id}" for m in facts.messages)


def _clock(clock: ClockRun, now: datetime) -> ClockView:
    stands = state(clock, now)
    outcome = ClockState.MET if stands is ClockState.MET_LATE else stands
    return (clock.clock, clock.key, clock.start_at, clock.due_at, outcome.value)


def live(rows: Iterable[Obligation]) -> list[Obligation]:
    """Rows that still stand: waiting, worked on or told."""
    return [row for row in rows if row.state in _LIVE and not row.key.step.endswith("!")]
