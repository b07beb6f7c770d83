"""Judge a case: fold → incident and status rules → clocks → case and clock rules, to a fixpoint.

A generator: it yields what it needs (answers of the matcher, rows of other cases) and returns what it found, so that it
does no I/O, and so that its caller can judge many cases with one frame to the engine.

Source: RULES, Meaning ("What is judged", "Missing", "Overlap").
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import replace
from typing import Any

from alertd.core import cross
from alertd.core.calendar import local
from alertd.core.clocks import ClockState, state_now
from alertd.core.fold import Fold, Record, record_fields
from alertd.core.judged import Ask, AskMatcher, AskOthers, Context, Judged, Lookup, Match, WantedClock
from alertd.core.plan import Plan, labels_of
from alertd.core.rounds import NOT_IN_FORCE, UNKNOWN, Matched, Passed, Round, seen, without_replaced
from alertd.core.wanted import Slot, WantedClocks, match_of
from alertd.model.case import CrossRow
from alertd.model.conditions import Another
from alertd.model.errors import MatcherError
from alertd.model.ids import LeafId, RuleId, Token
from alertd.model.rulebook import Refer, Rule, RuleStatus
from alertd.model.values import Answer, Kind, Value
from alertd.model.view import Answers, View

MAX_ROUNDS = 25
"""More rounds than any checked rule book needs; passing it is an error that tells someone."""

Judging = Generator[Ask, Any, Judged]


class _Judge:
    """One case being judged at one moment."""

    def __init__(self, fold: Fold, context: Context) -> None:
        self.fold = fold
        self.context = context
        self.plan: Plan = context.plan
        self.memo: dict[object, tuple[View, Answers]] = {}
        self.cross: dict[Token, dict[LeafId, Answer]] = {}
        self.clocks = WantedClocks(fold, context)
        self.rows: list[CrossRow] = []
        self.verify: list[tuple[Lookup, tuple[CrossRow, ...]]] = []

    def run(self) -> Judging:
        """Judge, stratum by stratum, until nothing new comes; look at other cases once the lowest has settled."""
        found = Round()
        for level in range(self.plan.depth):
            found = yield from self._settled(found, level)
            if level == 0 and self.plan.book.leaves and (yield from self._look_around(found.judged)):
                found = yield from self._settled(found, level)
        return self._result(found)

    def _settled(self, found: Round, level: int) -> Generator[Ask, Any, Round]:
        """Derive from what was derived until it stays the same; the very first round judges messages alone."""
        for _ in range(MAX_ROUNDS):
            slots = list(self._slots(found, whole=bool(found.judged)))
            answers, fresh = yield from self._answers(slots)
            if (
                not fresh
                and found.level == level
                and [slot.name for slot, _ in found.judged] == [s.name for s in slots]
            ):
                return found
            found = self._derive(list(zip(slots, answers, strict=True)), level)
        raise MatcherError(f"the rules did not settle within {MAX_ROUNDS} rounds")

    # --- views

    def _slots(self, found: Round, *, whole: bool) -> Iterable[Slot]:
        if not self.fold.incidents:
            return
        shared = self._shared(found)
        for record in (*self.fold.incidents, *self.fold.statuses):
            fields = record_fields(self.fold, record) | shared
            yield Slot(record.message.kind, record.stored.tokens.record, fields, record.at, record)
        if not whole:
            return
        times = [record.at for record in (*self.fold.incidents, *self.fold.statuses)]
        fields = dict(self.fold.fields) | shared
        yield Slot(Kind.CASE, Token(b"case"), fields, max(times), None, began_at=min(times))
        for clock in found.clocks:
            yield from self._clock_slots(clock, shared)

    def _shared(self, found: Round) -> dict[str, Value]:
        shared: dict[str, Value] = {"case.labels": found.labels}
        if found.labelled_at is not None:
            shared["case.labelled_at"] = self.context.labelled_at or found.labelled_at
        return shared

    def _clock_slots(self, clock: WantedClock, shared: dict[str, Value]) -> Iterable[Slot]:
        """A view for how the clock stands; one that was met late was breached too, and stays so for its rules."""
        run = clock.as_run(self.context.now, self.plan.book.version)
        stands = state_now(run, self.plan.book, self.context.now)
        states = (stands, ClockState.BREACHED) if stands is ClockState.MET_LATE else (stands,)
        for each in (one for one in states if self.plan.hears_clock(clock.clock, one.value)):
            fields: dict[str, Value] = dict(self.fold.fields) | shared
            fields |= {"clock.id": clock.clock, "clock.state": each.value, "clock.due_at": clock.due_at}
            if each is ClockState.BREACHED:
                fields["clock.breached_at"] = clock.due_at
            if clock.stop is not None:
                fields["clock.stopped_at"] = clock.stop.at
            name = Token(f"clock|{clock.clock}|{clock.key}|{each}".encode())
            yield Slot(Kind.CLOCK, name, fields, clock.due_at, None, clock)

    # --- answers

    def _answers(self, slots: Sequence[Slot]) -> Generator[Ask, Any, tuple[list[Answers], bool]]:
        """Answers for each slot, asking the matcher only for what changed since; and whether anything had."""
        views = [self._view(slot) for slot in slots]
        stale = [n for n, (slot, view) in enumerate(zip(slots, views, strict=True)) if self._changed(slot, view)]
        if stale:
            fresh = yield AskMatcher(tuple(views[n] for n in stale))
            for n, answers in zip(stale, fresh, strict=True):
                self.memo[slots[n].name] = (views[n], answers)
        return [self.memo[slot.name][1] for slot in slots], bool(stale)

    def _view(self, slot: Slot) -> View:
        return View(slot.kind, slot.fields, slot.at, self.cross.get(slot.name, {}))

    def _changed(self, slot: Slot, view: View) -> bool:
        known = self.memo.get(slot.name)
        if known is None or known[0].cross != view.cross:
            return True
        if slot.kind is Kind.CLOCK:
            return known[0].fields != view.fields
        if slot.kind not in self.plan.reads_labels:
            return False
        return known[0].fields.get("case.labels") != view.fields.get("case.labels")

    # --- other cases

    def _look_around(self, judged: Sequence[tuple[Slot, Answers]]) -> Generator[Ask, Any, bool]:
        """Make the rows by which others see this case, and answer its own `count` and `another` leaves.

        Returns:
            True when there were such leaves to answer.
        """
        for slot, given in judged:
            for leaf in self.plan.book.leaves.values():
                kind = leaf.kind if isinstance(leaf, Another) else leaf.messages
                if kind is slot.kind:
                    record = cross.NO_TOKEN if slot.kind is Kind.CASE else slot.name
                    self.rows += cross.targets(leaf, self._view(slot), given, record, self.fold, self.context.hashed)
        anchors = list(self._anchors(judged))
        if not anchors:
            return False
        lookups = tuple(dict.fromkeys(cross.lookup(self.plan.book.leaves[row.leaf], row) for _, row in anchors))
        replies = yield AskOthers(lookups)
        others = dict(zip(lookups, replies, strict=True))
        self.verify = list(others.items())
        for slot, row in anchors:
            self.cross.setdefault(slot.name, {})[row.leaf] = self._cross_answer(row, others)
        self.rows += [row for _, row in anchors]
        return True

    def _anchors(self, judged: Sequence[tuple[Slot, Answers]]) -> Iterable[tuple[Slot, CrossRow]]:
        """Records for which a rule hangs on what other cases hold: it came out unknown without them."""
        for slot, given in judged:
            wanted: dict[LeafId, None] = {}
            for rule, expr in self.plan.rules[slot.kind]:
                if rule.id in self.plan.cross and given.get(expr) is Answer.UNKNOWN:
                    wanted |= dict.fromkeys(self.plan.cross[rule.id])
            for leaf in wanted:
                row = cross.anchor(self.plan.book.leaves[leaf], self._view(slot), slot.name, self.context.hashed)
                if row is not None:
                    yield slot, row

    def _cross_answer(self, row: CrossRow, others: dict[Lookup, tuple[CrossRow, ...]]) -> Answer:
        leaf = self.plan.book.leaves[row.leaf]
        query = cross.lookup(leaf, row)
        own = [] if isinstance(leaf, Another) else [each for each in self.rows if cross.seen(query, each)]
        return cross.answer(leaf, [*own, *others[query]])

    # --- what follows

    def _derive(self, judged: list[tuple[Slot, Answers]], level: int) -> Round:
        matched: list[Matched] = []
        passed: list[Passed] = []
        for slot, answers in judged:
            for rule, expr in self.plan.rules[slot.kind]:
                given = answers.get(expr, Answer.NO)
                if given is Answer.NO or self.plan.stratum.get(rule.id, 0) > level:
                    continue
                if not _in_force(rule, slot):
                    passed.append((slot.name, rule.id, NOT_IN_FORCE, ""))
                elif (match := match_of(rule, slot, given, self.context)) is None:
                    passed.append((slot.name, rule.id, UNKNOWN, ""))
                else:
                    matched.append((rule, slot, match))
        matched, replaced = without_replaced(matched)
        acting = [m for m in matched if not m[2].asks and m[0].status is RuleStatus.LIVE]
        labels = tuple(sorted({label for rule, _, _ in acting for label in labels_of(rule)}))
        return Round(
            level=level,
            labels=labels,
            labelled_at=min((self.context.news.of(m.since) for rule, _, m in acting if labels_of(rule)), default=None),
            clocks=self.clocks.wanted(acting, judged),
            matches=_by_key(match for _, _, match in matched),
            records=frozenset(m.record for rule, _, m in matched if m.record and rule.status is RuleStatus.LIVE),
            judged=judged,
            matched=matched,
            passed=(*passed, *replaced),
        )

    def _result(self, found: Round) -> Judged:
        rules = self.plan.book.rules
        matches = tuple(sorted(found.matches.values(), key=lambda m: (m.rule, m.key)))
        acting = [m for m in matches if not m.asks and rules[m.rule].status is RuleStatus.LIVE]
        referrals = {a.to for m in acting for a in rules[m.rule].then if isinstance(a, Refer)}
        return Judged(
            fold=self.fold,
            matches=matches,
            clocks=found.clocks,
            labels=found.labels,
            referrals=tuple(sorted(referrals)),
            cross=tuple(dict.fromkeys(self.rows)),
            verify=tuple(self.verify),
            seen=tuple(seen(found)),
            matched_records=found.records,
        )


def _in_force(rule: Rule, slot: Slot) -> bool:
    """Whether a rule holds on the local day of what it judges; the passing of time alone changes no match.

    A case lasts many days, and one of them is enough: what a rule began on its last day is not taken back by whatever
    is recorded after.
    """
    begun = rule.effective_from is None or rule.effective_from <= local(slot.at).date()
    return begun and (rule.effective_until is None or local(slot.began_at or slot.at).date() <= rule.effective_until)


def _by_key(matches: Iterable[Match]) -> dict[tuple[RuleId, str], Match]:
    """One match a key: a sure one before a presumed one before one that asks, then the earliest event."""
    best: dict[tuple[RuleId, str], Match] = {}
    for match in matches:
        known = best.get((match.rule, match.key))
        if known is None:
            best[match.rule, match.key] = match
            continue
        first = min(known, match, key=_order)
        newest = max((each.received_at for each in (known, match) if each.received_at is not None), default=None)
        best[match.rule, match.key] = first if first.received_at == newest else replace(first, received_at=newest)
    return best


def _order(match: Match) -> tuple[bool, bool, object, bytes]:
    return (match.asks, match.presumed, match.at, match.record)


def judge(fold: Fold, context: Context) -> Judging:
    """Judge a folded case at a moment.

    Args:
        fold: The case; with no incident left (a false alarm) nothing is wanted.
        context: Rules, moment, hash.

    Yields:
        `AskMatcher` (reply: one `Answers` a view) and at most one `AskOthers` (reply: rows a look-up).

    Raises:
        MatcherError: the rules do not settle.
    """
    return (yield from _Judge(fold, context).run())


__all__ = ["Judging", "Record", "judge"]
