"""Decide many cases with one frame to the matcher, and turn decisions into what is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from alertd.core.cross import affected
from alertd.core.decide import Deciding, Decision, Terms, decide
from alertd.core.judged import Ask, AskGlobals, AskMatcher, AskOthers, GlobalRecord, Lookup
from alertd.core.partition import Group
from alertd.model.case import Alert, CaseRow, CrossSide, Facts, LineState, Obligation, ObligationKey
from alertd.model.ids import CaseId, CaseRef, RuleId
from alertd.model.rulebook import Request, RuleBook
from alertd.model.view import Matcher, View
from alertd.service.joining import EpisodeNames, one_series
from alertd.service.ports import AnchorWindow, CaseChange, CrossQuery, Reading, Writing
from alertd.service.tokens import case_token
from alertd.service.trace import trace_text

Reply = TypeVar("Reply")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A case to be decided.

    Attributes:
        facts: What is recorded; of joined cases, everything under the survivor.
        group: What belongs to it now.
        joined: Cases that become its aliases.
        episodes: (joined case, episode of its alert, episode of the joined case that it is part of).
    """

    facts: Facts
    group: Group
    joined: tuple[CaseRow, ...] = ()
    episodes: tuple[tuple[CaseId, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Decided:
    """A candidate with its decision."""

    candidate: Candidate
    decision: Decision


def candidate(group: Group, facts: Sequence[Facts], new_id: Callable[[], str]) -> Candidate:
    """Put together what is recorded about a group; a new case gets an id and, when written, a reference."""
    by_id = {fact.row.id: fact for fact in facts}
    if not group.cases:
        row = CaseRow(CaseId(new_id()), CaseRef(""), group.opened_at)
        return Candidate(Facts(row, ()), group)
    survivor, *others = group.cases
    if not others:
        return Candidate(replace(by_id[survivor.id], noted=_noted(survivor.id, facts)), group)
    family = [by_id[row.id] for row in group.cases]
    alerts, names = one_series(family)
    merged = _merged(family, alerts, names)
    episodes = tuple((case, old, new) for (case, old), new in names.items() if case != survivor.id)
    return Candidate(merged, group, tuple(others), episodes)


def _noted(case: CaseId, facts: Sequence[Facts]) -> frozenset[int]:
    """Seqs of a case's messages that other cases hold as well: only statuses noted on several are so."""
    held = {fact.row.id: {m.seq for m in fact.messages} for fact in facts}
    return frozenset(seq for other, seqs in held.items() if other != case for seq in held[case] & seqs)


def _merged(family: Sequence[Facts], alerts: Sequence[Alert], names: EpisodeNames) -> Facts:
    """Facts of joined cases: what either has already done counts as done; the history is judged again."""
    survivor, *others = family
    ledger: dict[ObligationKey, Obligation] = {}
    for fact in family:
        for row in fact.obligations:
            key = replace(row.key, scope=survivor.row.id)
            if key.about == "alert":
                key = replace(key, episode=names.get((fact.row.id, key.episode), key.episode))
            known = ledger.get(key)
            if known is None or _advanced(row) > _advanced(known):
                ledger[key] = replace(row, key=key, case=survivor.row.id)
    return Facts(
        row=replace(survivor.row, settled_at=None),
        messages=tuple(m for fact in (survivor, *others) for m in fact.messages),
        runs=survivor.runs,
        clocks=survivor.clocks,
        alerts=tuple(alerts),
        obligations=tuple(ledger.values()),
        cross=tuple(dict.fromkeys(row for fact in (survivor, *others) for row in fact.cross)),
        strong=survivor.strong.union(*(fact.strong for fact in others)),
    )


_ORDER = (
    LineState.WITHDRAWN,
    LineState.SKIPPED,
    LineState.OPEN,
    LineState.PENDING,
    LineState.HELD,
    LineState.UNREACHABLE,
    LineState.DONE,
    LineState.TOLD,
)


def _advanced(row: Obligation) -> int:
    return _ORDER.index(row.state)


def decide_all(
    candidates: Sequence[Candidate], now: datetime, terms: Terms, matcher: Matcher, reading: Reading
) -> list[Decided]:
    """Decide each candidate, asking the matcher once a round for all of them.

    Raises:
        MatcherError: the rules do not settle, or no judge answers.
    """
    running = [
        (n, decide(c.facts, c.group.messages, frozenset(c.group.noted), now, terms)) for n, c in enumerate(candidates)
    ]
    decisions: dict[int, Decision] = {}
    pending = [(n, each, ask) for n, each in running if (ask := _step(n, each, None, decisions)) is not None]
    while pending:
        replies = _replies([(candidates[n], ask) for n, _, ask in pending], matcher, reading, terms.plan.book)
        pending = [
            (n, each, ask)
            for (n, each, _), reply in zip(pending, replies, strict=True)
            if (ask := _step(n, each, reply, decisions)) is not None
        ]
    return [Decided(c, decisions[n]) for n, c in enumerate(candidates)]


def _step(number: int, deciding: Deciding, reply: object, decisions: dict[int, Decision]) -> Ask | None:
    try:
        return deciding.send(reply)
    except StopIteration as done:
        decisions[number] = done.value
        return None


def _replies(asked: Sequence[tuple[Candidate, Ask]], matcher: Matcher, reading: Reading, book: RuleBook) -> list[Any]:
    views: list[View] = [view for _, ask in asked if isinstance(ask, AskMatcher) for view in ask.views]
    answers = iter(matcher.match(views)) if views else iter(())
    queries = [_query(case, each) for case, ask in asked if isinstance(ask, AskOthers) for each in ask.lookups]
    rows = iter(reading.crosses(queries)) if queries else iter(())
    replies: list[Any] = []
    for case, ask in asked:
        match ask:
            case AskMatcher(views=mine):
                replies.append(_take(answers, len(mine)))
            case AskOthers(lookups=lookups):
                replies.append(_take(rows, len(lookups)))
            case AskGlobals(keys=keys):
                replies.append([_global(case, rule, key, reading, book) for rule, key in keys])
    return replies


def _take(source: Iterator[Reply], number: int) -> list[Reply]:
    return list(islice(source, number))


def _query(case: Candidate, each: Lookup) -> CrossQuery:
    joined = frozenset(row.id for row in case.joined)
    return CrossQuery(each.leaf, each.key, each.since, each.until, case.facts.row.id, each.open_at, joined)


def _global(case: Candidate, rule: RuleId, key: str, reading: Reading, book: RuleBook) -> GlobalRecord:
    own = {case.facts.row.id, *(row.id for row in case.joined)}
    elsewhere = any(run.ended_at is None for id_, run in reading.global_runs(rule, key) if id_ not in own)
    rows = [*reading.global_obligations(f"rule:{rule}", key)]
    for action in book.rules[rule].then:
        if isinstance(action, Request):
            rows += reading.global_obligations(f"request:{action.request}", key)
    return GlobalRecord(elsewhere, tuple(rows))


def change(
    decided: Decided, seqs: dict[int, int], writing: Writing, terms: Terms, prefix: str, now: datetime
) -> CaseChange:
    """What to write about a decided case.

    Args:
        decided: The decision.
        seqs: Provisional seq → stored seq of new messages.
        writing: For a new reference and new codes.
        terms: Rules and hash.
        prefix: Borough's prefix of references.
        now: Aware UTC.
    """
    decision, group = decided.decision, decided.candidate.group
    row = _row(decided, writing, terms, prefix, now)
    alerts = tuple(a if a.code else replace(a, code=writing.allocate_code(now)) for a in decision.alerts)
    return CaseChange(
        row=row,
        strong=frozenset(group.strong | {case_token(row.ref, terms.hashed)}),
        messages=tuple(seqs.get(m.seq, m.seq) for m in group.messages),
        joined=decided.candidate.joined,
        runs=decision.history.runs,
        clocks=decision.history.clocks,
        alerts=alerts,
        new=decision.new,
        changed=decision.changed,
        renamed=decision.history.renamed,
        episodes=decided.candidate.episodes,
        cross=decision.cross,
        verify=tuple((_query(decided.candidate, each), rows) for each, rows in decision.verify),
        trace=trace_text(decision, terms.plan.book, seqs) if terms.traced else "",
        referrals=tuple((to, decision.settled_at) for to in decision.referrals),
        decided_at=now,
        shared=terms.plan.shared,
    )


def _row(decided: Decided, writing: Writing, terms: Terms, prefix: str, now: datetime) -> CaseRow:
    decision, row = decided.decision, decided.candidate.facts.row
    ref = row.ref or CaseRef(writing.allocate_ref(prefix, now.year))
    return replace(
        row,
        ref=ref,
        opened_at=min(row.opened_at, decided.candidate.group.opened_at),
        settled_at=decision.settled_at,
        wake_at=decision.wake_at,
        closed_at=decision.fold.closed_at,
        cohort=decision.fold.cohort,
        version=terms.plan.book.version,
    )


def rechecks(decided: Sequence[Decided], writing: Writing, terms: Terms) -> set[CaseId]:
    """Other cases whose `count` or `another` answers may differ by what changed in these."""
    windows: list[AnchorWindow] = []
    own: list[set[CaseId]] = []
    for each in decided:
        before = {r for r in each.candidate.facts.cross if r.side is CrossSide.TARGET}
        after = {r for r in each.decision.cross if r.side is CrossSide.TARGET}
        for row in before ^ after:
            if (leaf := terms.plan.book.leaves.get(row.leaf)) is not None:
                windows.append(AnchorWindow(row.leaf, row.key, *affected(leaf, row)))
                own.append({each.candidate.facts.row.id, *(joined.id for joined in each.candidate.joined)})
    found = writing.anchored(windows)
    return set().union(*(cases - mine for cases, mine in zip(found, own, strict=True)))


def changed_groups(groups: Sequence[Group], facts: Sequence[Facts]) -> list[Group]:
    """Groups to decide again: where several cases hang together all of them, else what has other messages now."""
    if len(groups) > 1:
        return list(groups)
    known = {fact.row.id: {m.seq for m in fact.messages} for fact in facts}
    return [g for g in groups if len(g.cases) != 1 or known[g.cases[0].id] != {m.seq for m in g.messages}]
