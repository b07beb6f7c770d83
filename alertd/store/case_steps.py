"""One change beside what it changes, and the rows that make the difference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from alertd.core.clocks import ClockState, state
from alertd.model.case import Alert, CaseRow, ClockRun, CrossRow, StoredMessage
from alertd.model.ids import CaseId, Token
from alertd.model.values import Kind
from alertd.service.ports import CaseChange
from alertd.store.bulk import Bulk, On
from alertd.store.codec import HALF, channel, micros, optional_micros, run_token
from alertd.store.documents import CaseState, Lead, is_running
from alertd.store.tables import alerts, cross, leads

CLOCKS = "clocks."
"""Counters of clocks of live cases: `clocks.CLOCK.STATE`."""
_END_OF_TIME = datetime.max.replace(tzinfo=UTC)
_NO_TOKENS: frozenset[Token] = frozenset()


@dataclass(frozen=True, slots=True)
class Before:
    """A case as stored before a change."""

    row: CaseRow
    state: CaseState


_NOTHING = CaseState()


@dataclass(frozen=True, slots=True)
class Step:
    """A change that was decided on just what is stored.

    Attributes:
        change: The change.
        before: The case as stored; None when it is new.
        joined: The cases that it takes in, as stored.
        strong_before: Tokens that led to the case, or to one that it takes in.
        fresh: Seqs that none of these cases held before.
    """

    change: CaseChange
    before: Before | None
    joined: tuple[Before, ...]
    strong_before: frozenset[Token]
    fresh: frozenset[int]

    @property
    def state(self) -> CaseState:
        """The case's state as stored."""
        return _NOTHING if self.before is None else self.before.state


def step(change: CaseChange, known: Mapping[str, Before]) -> Step:
    """Put a change beside the stored cases that it touches."""
    before = known[change.row.id] if change.row.revision else None
    joined = tuple(known[row.id] for row in change.joined)
    held = [each.state for each in ((before, *joined) if before else joined)]
    return Step(
        change=change,
        before=before,
        joined=joined,
        strong_before=_NO_TOKENS.union(*(state.strong for state in held)),
        fresh=frozenset(change.messages).difference(*(state.messages for state in held)),
    )


def write_leads(
    one: Step, after: CaseState, links: Mapping[int, tuple[StoredMessage, Token | None]], bulk: Bulk
) -> None:
    """Let names, identities, incidents and runs lead to the case.

    What led to a case leads to it for ever: a reader looks at the case itself before it believes a lead.

    Args:
        one: The step.
        after: State to be stored.
        links: Messages newly linked, with the token of their incident.
        bulk: Takes the rows.
    """
    found = {
        (run_token(*key), Lead.RUN) for key in _shared_runs(one.change, after) - _shared_runs(one.change, one.state)
    }
    for seq in one.fresh & links.keys():
        stored, incident = links[seq]
        if stored.message.identity is not None:
            found.add((stored.message.identity[:HALF], Lead.IDENTITY))
        if incident is not None:
            found.add((incident[:HALF], Lead.INCIDENT))
        if stored.message.kind is Kind.INCIDENT:
            # A strong token leads here by itself.
            names = (stored.tokens.names | stored.tokens.strong) - after.strong
            found |= {(token[:HALF], Lead.NAME) for token in names}
    bulk.add(leads, [(token, int(kind), one.change.row.id) for token, kind in found], On.KEEP)


def _shared_runs(change: CaseChange, stored: CaseState) -> set[tuple[str, str]]:
    return {(run.rule, run.key) for run in stored.runs if change.shared is None or run.rule in change.shared}


def write_cross(one: Step, after: CaseState, bulk: Bulk) -> None:
    """Replace the case's cross rows, and take away those of the cases it takes in."""
    case, old = one.change.row.id, one.state.cross
    if old != after.cross:
        kept = set(old).intersection(after.cross) if old else frozenset()
        bulk.remove(cross, [_cross_key(case, row) for row in old if row not in kept])
        bulk.add(cross, [_cross_columns(case, row) for row in dict.fromkeys(after.cross) if row not in kept])
    for other in one.joined:
        bulk.remove(cross, [_cross_key(other.row.id, row) for row in other.state.cross])


def _cross_columns(case: CaseId, row: CrossRow) -> tuple[bytes, int, str, bytes, bytes, int | None, int]:
    return (*_cross_key(case, row), optional_micros(row.until), int(row.answer))


def _cross_key(case: CaseId, row: CrossRow) -> tuple[bytes, int, str, bytes, bytes]:
    return (channel(row.leaf, row.side, row.key), micros(row.at), case, row.record, row.distinct)


def write_alerts(one: Step, after: CaseState, bulk: Bulk) -> None:
    """Replace the case's alerts; of the cases it takes in stay those whose codes live on only there."""
    case = one.change.row.id
    old, new = ({_alert_columns(case, alert) for alert in each.alerts} for each in (one.state, after))
    bulk.remove(alerts, {row[:2] for row in old} - {row[:2] for row in new})
    bulk.add(alerts, new - old, On.REPLACE)
    codes = {alert.code for alert in after.alerts}
    taken = ((other.row.id, alert) for other in one.joined for alert in other.state.alerts)
    bulk.remove(alerts, [(id_, alert.episode) for id_, alert in taken if alert.code in codes])


def _alert_columns(case: CaseId, alert: Alert) -> tuple[str, int, str, int, int | None]:
    return (case, alert.episode, alert.code, micros(alert.opened_at), optional_micros(alert.closed_at))


def weigh(one: Step, after: CaseState, tally: Counter[str]) -> None:
    """Count what the step changes in the totals of `statistics`."""
    for name, number in _weight(one.change.row, after):
        tally[name] += number
    for gone in _stored(one):
        for name, number in _weight(gone.row, gone.state):
            tally[name] -= number


def _stored(one: Step) -> Iterable[Before]:
    return one.joined if one.before is None else (one.before, *one.joined)


def _weight(row: CaseRow, stored: CaseState) -> Iterator[tuple[str, int]]:
    yield "cases.open_cases", int(row.closed_at is None)
    yield "cases.running_clocks", sum(map(is_running, stored.clocks))
    yield "cases.open_alerts", sum(alert.closed_at is None for alert in stored.alerts)
    yield from ((f"{CLOCKS}{clock.clock}.{_ended(clock)}", 1) for clock in stored.clocks)


def _ended(clock: ClockRun) -> str:
    """How a clock ended, by what is on record; one that was missed and still runs counts as running here."""
    return ClockState.RUNNING if is_running(clock) else state(clock, _END_OF_TIME)


def own_rows(one: Step, after: CaseState) -> Collection[CrossRow]:
    """Cross rows that the step takes away or adds."""
    return (*one.state.cross, *after.cross, *(row for other in one.joined for row in other.state.cross))
