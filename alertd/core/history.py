"""The moments at which things became known: runs of rules and clocks, one prefix of the messages after another.

A case's runs are what one gets by judging each prefix of its messages in the order received. As long as messages come
in that order, one step from the stored runs is enough (`advance`); when one comes out of order, or cases join, the
whole history is judged again (`points`, then `advance` from nothing). Both give the same, which a property test holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from alertd.core.judged import Judged, Match, Moment, WantedClock
from alertd.model.case import ClockRun, Facts, Run, StoredMessage
from alertd.model.contract import PEOPLE_EVENTS
from alertd.model.ids import ClockId, RuleId, Version
from alertd.model.rulebook import Classify, RuleBook, RuleStatus


@dataclass(frozen=True, slots=True)
class History:
    """Runs so far, and the keys that were renamed on the way: (about, old key, new key)."""

    runs: tuple[Run, ...] = ()
    clocks: tuple[ClockRun, ...] = ()
    renamed: tuple[tuple[str, str, str], ...] = ()


def labelled_at(history: History, book: RuleBook) -> datetime | None:
    """When the case first got a label that it still has; None when it has none. Only live rules give labels."""
    runs = (run for run in live_runs(history.runs, book) if run.ended_at is None and not run.asks)
    giving = (run for run in runs if any(isinstance(action, Classify) for action in book.rules[run.rule].then))
    return min((run.known_at for run in giving), default=None)


def kept_clocks(history: History, book: RuleBook) -> tuple[ClockRun, ...]:
    """Clocks at work whose rule says `if_corrected: keep`."""
    keeping = {rule.id for rule in book.rules.values() if rule.keep}
    return tuple(clock for clock in history.clocks if clock.withdrawn_at is None and clock.rule in keeping)


def in_order(facts: Facts, messages: Sequence[StoredMessage], noted: frozenset[int]) -> bool:
    """Whether one step from the stored runs is enough.

    It is when the case has the same earlier messages as before, none of them noted elsewhere that was not or the other
    way round, every other came at one and the same moment after the one up to which it is settled and after all that
    is recorded of it, and time had made nothing due in between that nobody has looked at yet.
    """
    settled, due = facts.row.settled_at, facts.row.wake_at
    before = {m.seq for m in facts.messages}
    if settled is None or not before <= {m.seq for m in messages} or noted & before != facts.noted:
        return False
    fresh = {m.message.received_at for m in messages if m.seq not in before and not is_act(m)}
    latest = _latest(facts)
    return len(fresh) <= 1 and all(settled < at and latest <= at and (due is None or at < due) for at in fresh)


def _latest(facts: Facts) -> datetime:
    """When the newest of what is recorded became known: a clock's deadline may be past the newest message."""
    runs = [at for run in facts.runs for at in (run.known_at, run.ended_at) if at is not None]
    clocks = [at for clock in facts.clocks for at in (clock.known_at, clock.withdrawn_at) if at is not None]
    return max([*runs, *clocks], default=facts.row.opened_at)


def is_act(stored: StoredMessage) -> bool:
    """Whether a message only acts on an alert, so that no rule's answer changes by it."""
    return stored.message.fields.get("event") in PEOPLE_EVENTS


def points(messages: Iterable[StoredMessage]) -> list[datetime]:
    """Receive times after which a prefix of the messages differs, earliest first."""
    return sorted({m.message.received_at for m in messages if not is_act(m)})


def advance(before: History, judged: Judged, when: Moment, book: RuleBook) -> History:
    """Take one step: what the rules want now against what ran until now.

    Args:
        before: Runs until now.
        judged: What is wanted.
        when: When the difference became known.
        book: Rules in force.

    Returns:
        All runs, those that ended with their end.
    """
    runs, run_names = _runs(before.runs, judged.matches, when, book)
    clocks, clock_names = _clocks(before.clocks, judged.clocks, when, book)
    return History(runs, clocks, (*before.renamed, *run_names, *clock_names))


Names = list[tuple[str, str, str]]


def _runs(
    known: Sequence[Run], matches: Sequence[Match], when: Moment, book: RuleBook
) -> tuple[tuple[Run, ...], Names]:
    renamed: Names = []
    current = {_name(run): run for run in known if run.ended_at is None}  # the newest of a name comes last
    result = [run for run in known if run.ended_at is not None or current[_name(run)] is not run]
    for match in matches:
        run = current.pop((match.rule, match.key, match.asks), None)
        if run is None and match.fallback != match.key:
            run = current.pop((match.rule, match.fallback, match.asks), None)
            if run is not None:
                about = "ask" if match.asks else "rule"
                renamed.append((f"{about}:{match.rule}", match.fallback, match.key))
                result = [_renamed_run(each, match) for each in result]
        if run is not None:
            result.append(_continued(run, match))
        if run is None or _is_again(run, match, book):
            result.append(_begun(match, when, result, book))
    matched = {(match.rule, match.key, match.asks) for match in matches}
    gone = [run for run in result if run.ended_at is None and _name(run) not in matched]
    result = [run for run in result if run not in gone]
    result += [_ended(run, when.at, book) for run in (*current.values(), *gone)]
    return tuple(sorted(result, key=lambda r: (r.rule, r.key, r.asks, r.episode))), renamed


def _name(run: Run) -> tuple[RuleId, str, bool]:
    """What one rule does under one key; `again_after` lets it run there several times over."""
    return (run.rule, run.key, run.asks)


def _is_again(run: Run, match: Match, book: RuleBook) -> bool:
    """Whether a rule is wanted again under its key: a record that came `again_after` later matches as well."""
    after = book.rules[match.rule].again_after
    return after is not None and match.received_at is not None and match.received_at >= run.known_at + after


def _renamed_run(run: Run, match: Match) -> Run:
    if (run.rule, run.key, run.asks) == (match.rule, match.fallback, match.asks):
        return replace(run, key=match.key)
    return run


def _ended(run: Run, at: datetime, book: RuleBook) -> Run:
    """End a run, unless its rule says `if_corrected: keep`, which keeps what it did for good."""
    rule = book.rules.get(run.rule)
    return run if rule is not None and rule.keep else replace(run, ended_at=at)


def _begun(match: Match, when: Moment, before: Sequence[Run], book: RuleBook) -> Run:
    episodes = (r.episode for r in before if (r.rule, r.key, r.asks) == (match.rule, match.key, match.asks))
    return Run(
        rule=match.rule,
        key=match.key,
        episode=max(episodes, default=0) + 1,
        known_at=when.of(match.since),
        ended_at=None,
        asks=match.asks,
        presumed=match.presumed,
        at=match.at,
        check=match.check,
        record=match.record,
        version=book.version,
    )


def _continued(run: Run, match: Match) -> Run:
    if (run.key, run.presumed, run.check, run.at) == (match.key, match.presumed, match.check, match.at):
        return run
    return replace(
        run,
        key=match.key,
        presumed=match.presumed,
        check=match.check,
        at=match.at,
        record=match.record,
    )


def _clocks(
    known: Sequence[ClockRun], wanted: Sequence[WantedClock], when: Moment, book: RuleBook
) -> tuple[tuple[ClockRun, ...], Names]:
    renamed: Names = []
    current = {(run.clock, run.key): run for run in known if run.withdrawn_at is None}
    result = [run for run in known if run.withdrawn_at is not None]
    for clock in wanted:
        run = current.pop((clock.clock, clock.key), None)
        if run is None and clock.fallback != clock.key:
            run = current.pop((clock.clock, clock.fallback), None)
            if run is not None:
                renamed.append((f"clock:{clock.clock}", clock.fallback, clock.key))
        episode = _next_episode(clock.clock, clock.key, result)
        result.append(
            _new_clock(clock, when, episode, book.version) if run is None else _kept_clock(run, clock, when.at)
        )
    result += [replace(run, withdrawn_at=when.at) for run in current.values()]
    return tuple(sorted(result, key=lambda r: (r.clock, r.key, r.episode))), renamed


def _next_episode(clock: ClockId, key: str, before: Sequence[ClockRun]) -> int:
    return max((r.episode for r in before if (r.clock, r.key) == (clock, key)), default=0) + 1


def _new_clock(clock: WantedClock, when: Moment, episode: int, version: Version) -> ClockRun:
    return replace(clock.as_run(when.of(clock.since), version), episode=episode)


def _kept_clock(run: ClockRun, clock: WantedClock, at: datetime) -> ClockRun:
    """The same clock with what is now known of it; a moved due keeps the episode, and when it moved is kept."""
    moved = run.due_at != clock.due_at
    return replace(
        run,
        key=clock.key,
        rule=clock.rule,
        start_at=clock.start_at,
        due_at=clock.due_at,
        due_known_at=at if moved else run.due_known_at,
        estimated=clock.estimated,
        stopped_at=clock.stop.at if clock.stop else None,
        stop_known_at=clock.stop.known_at if clock.stop else None,
    )


def live_runs(runs: Iterable[Run], book: RuleBook) -> list[Run]:
    """Runs of rules that send: not shadow, still in the rule set or already at work."""
    return [run for run in runs if (rule := book.rules.get(run.rule)) is not None and rule.status is RuleStatus.LIVE]
