"""From answers to what is wanted: rules that match under which key, and the clocks they start."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from hashlib import sha256

from alertd.core.clocks import Stop, best_stop, due_at, first_warning_at
from alertd.core.conditions import unknown_fields
from alertd.core.cross import spelled
from alertd.core.fold import Fold, Record
from alertd.core.judged import Context, Match, WantedClock
from alertd.model.case import ClockRun
from alertd.model.ids import ClockId, ExprId, Token
from alertd.model.rulebook import Clock, IfMissing, Rule, StartClock, StopClock
from alertd.model.values import Answer, Kind, Value
from alertd.model.view import Answers, View


@dataclass(frozen=True, slots=True)
class Slot:
    """One record to be judged: a message record, the case, or a clock of it; `began_at` is the case's first event."""

    kind: Kind
    name: Token
    fields: dict[str, Value]
    at: datetime
    record: Record | None
    clock: WantedClock | None = None
    began_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Key:
    key: str
    fallback: str


@dataclass(frozen=True, slots=True)
class _Starter:
    rule: Rule
    slot: Slot
    key: _Key
    since: datetime | None


Acting = Sequence[tuple[Rule, Slot, Match]]


def match_of(rule: Rule, slot: Slot, given: Answer, context: Context) -> Match | None:
    """What a rule makes of a record whose answer is not *no*: a match, a question, or nothing."""
    if given is Answer.UNKNOWN and rule.if_missing is IfMissing.NO_MATCH:
        return None
    key = key_of(f"rule:{rule.id}", rule.once_per, slot, context)
    unknown = given is Answer.UNKNOWN
    view = View(slot.kind, slot.fields, slot.at)
    return Match(
        rule=rule.id,
        key=key.key,
        fallback=key.fallback,
        asks=unknown and rule.if_missing is IfMissing.ASK,
        presumed=unknown,
        at=slot.at,
        check=unknown_fields(rule.when, view, context.plan.book.definitions) if unknown else (),
        record=slot.name if slot.record is not None else Token(b""),
        since=_since(slot, context),
        received_at=slot.record.first_received_at if slot.record is not None else None,
    )


def _since(slot: Slot, context: Context) -> datetime | None:
    if slot.clock is None:
        return None
    if slot.fields.get("clock.state") == "warned":
        return first_warning_at(slot.clock.as_run(context.now, context.plan.book.version), context.plan.book)
    if slot.fields.get("clock.state") == "breached" or slot.clock.stop is None:
        return slot.clock.due_at if slot.clock.due_at <= context.now else None
    return slot.clock.stop.known_at


def key_of(about: str, parts: Iterable[str], slot: Slot, context: Context) -> _Key:
    """Key of a rule or clock for a record.

    `case_ref` is the case itself, already in the key's scope. A missing part is replaced by the record: it never merges
    and never suppresses; `fallback` is that key, so that the key can be renamed once the part is known.
    """
    names = [part for part in parts if part != "case_ref"]
    if not names:
        return _whole_case(about)
    fallback = _hex(about, ("record", slot.name.hex()), context)
    values = [slot.fields.get(name) for name in names]
    if any(value is None for value in values):
        return _Key(fallback, fallback)
    return _Key(_hex(about, ("value", *(spelled(v) for v in values if v is not None)), context), fallback)


@lru_cache(maxsize=1024)
def _whole_case(about: str) -> _Key:
    """The key of what is once per case; it says nothing of the case, so it needs no secret."""
    key = sha256(f"key|{about}|case".encode()).hexdigest()[:32]
    return _Key(key, key)


def _hex(about: str, values: Sequence[str], context: Context) -> str:
    return context.hashed("|".join(("key", about, *values))).hex()[:32]


class WantedClocks:
    """The clocks that matching rules start, remembered from round to round of one judging."""

    def __init__(self, fold: Fold, context: Context) -> None:
        self._fold = fold
        self._context = context
        self._known: dict[tuple[object, ...], WantedClock] = {}

    def wanted(self, acting: Acting, judged: Sequence[tuple[Slot, Answers]]) -> tuple[WantedClock, ...]:
        """Clocks started, less those stopped by a rule; the earliest start wins; each with what stops it."""
        stopped = {a.clock for rule, _, _ in acting for a in rule.then if isinstance(a, StopClock)}
        starts: dict[tuple[ClockId, str], list[_Starter]] = {}
        for rule, slot, match in acting:
            for action in rule.then:
                if isinstance(action, StartClock) and action.clock not in stopped:
                    clock = self._context.plan.book.clocks[action.clock]
                    key = key_of(f"clock:{clock.id}", (clock.one_per,), slot, self._context)
                    starts.setdefault((clock.id, key.key), []).append(_Starter(rule, slot, key, match.since))
        plain = [self._started(clock, each) for (clock, _), each in sorted(starts.items())]
        staying = (run for run in self._context.kept if run.clock not in stopped)
        plain += [_kept(run) for run in staying if (run.clock, run.key) not in starts]
        return tuple(_with_stops(plain, judged, self._context))

    def _started(self, clock: ClockId, by: list[_Starter]) -> WantedClock:
        labelled = by[0].slot.fields.get("case.labelled_at")
        seen = (clock, labelled, *((each.rule.id, each.slot.name, each.since) for each in by))
        if seen not in self._known:
            self._known[seen] = _start(clock, by, self._fold, self._context)
        return self._known[seen]


def _kept(run: ClockRun) -> WantedClock:
    return WantedClock(run.clock, run.key, run.key, run.rule, run.start_at, run.due_at, run.estimated, stop=None)


def _start(clock_id: ClockId, by: list[_Starter], fold: Fold, context: Context) -> WantedClock:
    clock = context.plan.book.clocks[clock_id]
    sources = [fields for each in by for fields in _given(each.slot, fold)]
    start, estimated = _start_at(clock, sources)
    first = min(by, key=lambda each: (each.slot.at, each.rule.id))
    known = [each.since for each in by if each.since is not None]
    return WantedClock(
        clock=clock_id,
        key=first.key.key,
        fallback=first.key.fallback,
        rule=first.rule.id,
        start_at=start,
        due_at=due_at(clock, start, context.plan.book),
        estimated=estimated,
        stop=None,
        since=min(known) if len(known) == len(by) else None,
    )


def _given(slot: Slot, fold: Fold) -> list[dict[str, Value]]:
    """Times that a starting rule's record gives; for case and clock rules also those of every incident of the case."""
    if slot.record is not None:
        return [slot.fields]
    times: list[dict[str, Value]] = [slot.fields]
    times += [{**record.message.fields, "received_at": record.first_received_at} for record in fold.incidents]
    return times


def _start_at(clock: Clock, sources: Sequence[dict[str, Value]]) -> tuple[datetime, bool]:
    """When a clock starts, and whether that is only estimated, from the first receipt of what started it."""
    if (start := _earliest(clock.starts_at, sources)) is not None:
        return start, False
    for name in clock.or_else:
        if (start := _earliest((name,), sources)) is not None:
            return start, name == "received_at"
    return min(at for fields in sources if isinstance(at := fields.get("received_at"), datetime)), True


def _earliest(names: Iterable[str], sources: Sequence[dict[str, Value]]) -> datetime | None:
    times = (fields.get(name) for name in names for fields in sources)
    return min((at for at in times if isinstance(at, datetime)), default=None)


def _with_stops(
    clocks: list[WantedClock], judged: Sequence[tuple[Slot, Answers]], context: Context
) -> Iterable[WantedClock]:
    """Give each clock the evidence that stops it."""
    found: dict[tuple[ClockId, str], list[Stop]] = {}
    for slot, answers in judged:
        if slot.kind is not Kind.STATUS or slot.record is None or slot.record.noted:
            continue
        for clock_id, expr in context.plan.stops.get(str(slot.fields.get("event")), ()):
            target = _stopped(clock_id, expr, slot, answers, clocks, context)
            if target is not None:
                stop = Stop(slot.at, slot.record.first_received_at)
                found.setdefault((target.clock, target.key), []).append(stop)
    if not found:
        yield from clocks
        return
    for clock in clocks:
        yield replace(clock, stop=best_stop(found.get((clock.clock, clock.key), ())))


def _stopped(
    clock_id: ClockId, expr: ExprId, slot: Slot, answers: Answers, clocks: list[WantedClock], context: Context
) -> WantedClock | None:
    """The clock that a status stops: the one whose key it names, else the latest begun by then, else the earliest."""
    candidates = [clock for clock in clocks if clock.clock == clock_id]
    if not candidates or answers.get(expr) is not Answer.YES or slot.record is None:
        return None
    part = context.plan.book.clocks[clock_id].one_per
    named = slot.record.message.about.get(part) if part != "case_ref" else None
    if named is not None:
        key = _hex(f"clock:{clock_id}", ("value", spelled(named)), context)
        return next((clock for clock in candidates if clock.key == key), None)
    begun = [clock for clock in candidates if clock.start_at <= slot.at]
    if begun:
        return max(begun, key=lambda clock: (clock.start_at, clock.key))
    return min(candidates, key=lambda clock: (clock.start_at, clock.key))
