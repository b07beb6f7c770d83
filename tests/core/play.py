"""Judging and deciding single cases, with the reference evaluator and other cases given by hand."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from alertd.core.decide import Decision, Terms, decide
from alertd.core.fold import fold
from alertd.core.judge import judge
from alertd.core.judged import Ask, AskGlobals, AskMatcher, AskOthers, Context, GlobalRecord, Judged, Lookup, Moment
from alertd.core.plan import plan
from alertd.model.case import CrossRow, Facts, StoredMessage
from alertd.model.ids import LeafId
from alertd.model.message import Message
from alertd.model.rulebook import RuleBook
from alertd.rulebook.reference import Reference
from tests.core.book import small_book
from tests.core.make import CASE, NOW, facts, row, stored
from tests.core.world import hashed

T = TypeVar("T")
NOTHING_RECORDED = GlobalRecord(elsewhere=False, obligations=())


class Others:
    """Answers what judging asks: the matcher's answers, rows of other cases by leaf, what stands under global keys."""

    def __init__(
        self,
        book: RuleBook,
        rows: Mapping[LeafId, tuple[CrossRow, ...]] | None = None,
        shared: GlobalRecord = NOTHING_RECORDED,
    ) -> None:
        self.matcher = Reference(book)
        self.rows = rows or {}
        self.shared = shared
        self.asked: list[Lookup] = []

    def reply(self, ask: Ask) -> object:
        """Reply to one question."""
        match ask:
            case AskMatcher(views):
                return self.matcher.match(views)
            case AskOthers(lookups):
                self.asked += lookups
                return [self.rows.get(each.leaf, ()) for each in lookups]
            case AskGlobals(keys):
                return [self.shared for _ in keys]


def finished(asking: Generator[Ask, Any, T], others: Others) -> T:
    """Run a generator of questions to its result."""
    reply: object = None
    while True:
        try:
            ask = asking.send(reply)
        except StopIteration as done:
            result: T = done.value
            return result
        reply = others.reply(ask)


def judged(
    *messages: Message,
    now: datetime = NOW,
    book: RuleBook | None = None,
    others: Others | None = None,
    **context: object,
) -> Judged:
    """Judge a case made of these messages."""
    rules = book or small_book()
    made = Context(plan(rules), CASE, now, hashed, Moment(NOW, NOW))
    state = fold([stored(number, each) for number, each in enumerate(messages, start=1)])
    return finished(judge(state, replace(made, **context)), others or Others(rules))  # type: ignore[arg-type]  # by name


def decided(
    known: Facts,
    messages: Sequence[StoredMessage],
    now: datetime,
    *,
    book: RuleBook | None = None,
    others: Others | None = None,
    noted: frozenset[int] = frozenset(),
) -> Decision:
    """Decide a case."""
    rules = book or small_book()
    return finished(decide(known, messages, noted, now, Terms(plan(rules), hashed)), others or Others(rules))


def recorded(decision: Decision, messages: Sequence[StoredMessage], known: Facts | None = None) -> Facts:
    """What is stored after a decision."""
    before = known or facts()
    changed = {each.key: each for each in decision.changed}
    ledger = [changed.get(each.key, each) for each in before.obligations]
    return Facts(
        row=row(settled_at=decision.settled_at, wake_at=decision.wake_at),
        messages=tuple(messages),
        runs=decision.history.runs,
        clocks=decision.history.clocks,
        alerts=decision.alerts,
        obligations=tuple(each for each in (*ledger, *decision.new) if each.key.scope == CASE),
        cross=decision.cross,
    )
