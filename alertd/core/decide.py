"""Decide a case: its messages, what is recorded about it and a moment in; everything to write out. Pure.

A generator like `judge`: it yields questions (answers of the matcher, rows of other cases, global keys) and returns the
decision.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from alertd.core.episodes import Episode, episodes
from alertd.core.fold import Fold
from alertd.core.history import History, points
from alertd.core.judged import Ask, AskGlobals, GlobalRecord, Judged, Lookup, Seen, Terms
from alertd.core.lines import Line, Scene
from alertd.core.reconcile import UNDONE, reconcile
from alertd.core.schedule import next_moment, schedule
from alertd.core.walk import Walk
from alertd.model.case import Alert, CrossRow, Facts, LineState, Obligation, StoredMessage
from alertd.model.ids import RuleId, Token


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about one case.

    Attributes:
        fold: The case as it stands.
        history: Runs of rules and clocks; renames to apply first.
        alerts: Its alerts; one with code "" needs a code.
        new, changed: Obligations to add and to change.
        labels, referrals: What was given and made.
        cross: All rows by which other cases see it.
        verify: Look-ups used, with the rows seen.
        settled_at: Receive time up to which the history is folded in.
        wake_at: When time alone will next change something.
        matched_records: Records that some rule matched.
        seen: What each record answered, for the trace.
    """

    fold: Fold
    history: History
    alerts: tuple[Alert, ...]
    new: tuple[Obligation, ...]
    changed: tuple[Obligation, ...]
    labels: tuple[str, ...]
    referrals: tuple[str, ...]
    cross: tuple[CrossRow, ...]
    verify: tuple[tuple[Lookup, tuple[CrossRow, ...]], ...]
    settled_at: datetime
    wake_at: datetime | None
    matched_records: frozenset[Token]
    seen: tuple[Seen, ...]


Deciding = Generator[Ask, Any, Decision]


def decide(
    facts: Facts, messages: Sequence[StoredMessage], noted: frozenset[int], now: datetime, terms: Terms
) -> Deciding:
    """Decide one case.

    Args:
        facts: What is recorded; of joined cases, everything under the survivor's row and scope.
        messages: All messages that belong to the case now, every version, new ones included.
        noted: Seqs of statuses that several cases share.
        now: Aware UTC.
        terms: Rules and what else is shared.

    Raises:
        MatcherError: the rules do not settle.
        ValueError: no incident among the messages.
    """
    return (yield from _Deciding(facts, messages, noted, now, terms).run())


class _Deciding:
    def __init__(
        self, facts: Facts, messages: Sequence[StoredMessage], noted: frozenset[int], now: datetime, terms: Terms
    ) -> None:
        self.facts = facts
        self.messages = messages
        self.now = now
        self.terms = terms
        self.book = terms.plan.book
        self.walk = Walk(facts, messages, noted, now, terms)

    def run(self) -> Deciding:
        history, judged = yield from self.walk.run()
        alerts = episodes(history.runs, judged.fold, self.book, self.facts.alerts)
        scopes, shared = yield from self._globals(history)
        scene = self._scene(judged.fold, history, alerts)
        lines = schedule(scene, scopes)
        return self._decision(judged, history, alerts, scene, lines, shared)

    def _globals(
        self, history: History
    ) -> Generator[Ask, Any, tuple[dict[tuple[str, str], tuple[str, int]], tuple[Obligation, ...]]]:
        """Scopes of runs under global keys, and the global obligations that this case may change."""
        keys = tuple(dict.fromkeys((r.rule, r.key) for r in history.runs if r.rule in self.terms.plan.shared))
        if not keys:
            return {}, ()
        replies: Sequence[GlobalRecord] = yield AskGlobals(keys)
        active = {(r.rule, r.key): r for r in history.runs if r.ended_at is None}
        scopes: dict[tuple[str, str], tuple[str, int]] = {}
        ledger: list[Obligation] = []
        for key, record in zip(keys, replies, strict=True):
            if key in active:
                scopes[key] = ("*", _episode(record, active[key].known_at, self._again_after(key[0])))
                ledger += [o for o in record.obligations if o.key.episode == scopes[key][1]]
            elif not record.elsewhere:
                ledger += record.obligations
        return scopes, tuple(ledger)

    def _again_after(self, rule: RuleId) -> timedelta | None:
        return self.book.rules[rule].again_after

    def _scene(self, state: Fold, history: History, alerts: list[Episode]) -> Scene:
        unreachable = {
            row.key: (row.not_before or row.at) if row.state is LineState.UNREACHABLE else None
            for row in self.facts.obligations
        }
        return Scene(
            case=self.facts.row.id,
            fold=state,
            runs=history.runs,
            clocks=history.clocks,
            episodes=alerts,
            book=self.book,
            rest=self.terms.rest,
            now=self.now,
            recorded=unreachable,
            undone=frozenset(row.key for row in self.facts.obligations if row.reason == UNDONE),
        )

    def _decision(
        self,
        judged: Judged,
        history: History,
        alerts: list[Episode],
        scene: Scene,
        lines: list[Line],
        shared: tuple[Obligation, ...],
    ) -> Decision:
        case = self.facts.row.id
        ledger = [*self._renamed(history), *shared]
        difference = reconcile(case, lines, ledger, self.now, self.book.version)
        moments = points(self.messages)
        return Decision(
            fold=judged.fold,
            history=history,
            alerts=tuple(each.alert for each in alerts),
            new=difference.new,
            changed=difference.changed,
            labels=judged.labels,
            referrals=judged.referrals,
            cross=judged.cross,
            verify=judged.verify,
            settled_at=max(moments[-1], self.facts.row.settled_at or moments[-1]),
            wake_at=next_moment(scene, lines),
            matched_records=judged.matched_records,
            seen=judged.seen,
        )

    def _renamed(self, history: History) -> list[Obligation]:
        """The ledger under today's names: what was told under a key's old name was told."""
        if not history.renamed:
            return list(self.facts.obligations)
        names = {(about, old): new for about, old, new in history.renamed}
        return [
            replace(row, key=replace(row.key, key=names.get((row.key.about, row.key.key), row.key.key)))
            for row in self.facts.obligations
        ]


def _episode(record: GlobalRecord, known_at: datetime, again_after: timedelta | None) -> int:
    """Episode under which a global key is told now: the running one, or the next when its time has come again."""
    live = [o for o in record.obligations if o.state is not LineState.WITHDRAWN]
    if not live:
        return max((o.key.episode for o in record.obligations), default=0) + 1
    last = max(live, key=lambda o: o.key.episode)
    is_again = again_after is not None and known_at >= last.at + again_after
    return last.key.episode + 1 if is_again else last.key.episode


__all__ = ["Deciding", "Decision", "Terms", "decide"]
