"""Put an account together from the store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alertd.core.clocks import state_now
from alertd.core.on_call import Swaps, by_role
from alertd.model.case import ClockRun, Facts, Notification, Obligation
from alertd.model.contract import PEOPLE_EVENTS
from alertd.model.rulebook import RuleBook
from alertd.service.explain.account import Account, AlertTold, ClockTold, Decided, Heard, Message, Owed, Tried
from alertd.service.explain.judged import judged
from alertd.service.explain.moment import Then, at_moment
from alertd.service.explain.rules_then import PastRules
from alertd.service.explain.timeline import timeline
from alertd.service.explain.traces import Trace, read_trace
from alertd.service.explain.words import line_words
from alertd.service.ports import Reading
from alertd.service.system_lines import shown

_MINUTE = timedelta(minutes=1)
_BY_PERSON = "person/"


@dataclass(frozen=True, slots=True)
class Asked:
    """The stretch asked about, [since, until), aware UTC."""

    since: datetime
    until: datetime


def asked_about(at: datetime) -> Asked:
    """The whole minute of a moment without seconds, else that second."""
    length = timedelta(seconds=1) if at.second else _MINUTE
    return Asked(at, at + length)


def account(facts: Facts, reading: Reading, past: PastRules, asked: Asked | None, now: datetime) -> Account:
    """Everything on record about a case.

    Args:
        facts: The case.
        reading: The store at one moment.
        past: Rules by version, as the store keeps them.
        asked: What is asked about: clocks as they stood then, and the newest decision by then written out. None for
            the case as it stands.
        now: Aware UTC.
    """
    end = asked.until if asked is not None else now
    traces = [read_trace(decided, text) for decided, text in reading.decisions(facts.row.id)]
    trace = next((each for each in reversed(traces) if asked is None or each.at < end), None)
    rules = past(trace.version) if trace is not None else None
    numbers = {stored.seq: number for number, stored in enumerate(facts.messages, start=1)}
    rows = _rows(facts, reading)
    found = Account(
        case=facts.row.ref,
        cohort=facts.row.cohort,
        opened_at=facts.row.opened_at,
        closed_at=facts.row.closed_at,
        at=None,
        timeline=(),
        messages=tuple(_heard(facts, reading, traces)),
        decisions=tuple(_decided(traces, numbers)),
        judged=judged(trace, numbers, rows, past) if trace is not None else None,
        alerts=tuple(_alerts(facts)),
        clocks=tuple(_clock(run, rules.book if rules else None, end) for run in _by_start(facts.clocks)),
        owed=tuple(_owed(row) for row in rows),
        told=tuple(_message(note, reading) for note in reading.notifications(facts.row.id)),
        referrals=reading.referrals(facts.row.id),
    )
    found = replace(found, timeline=timeline(found, now))
    if asked is None:
        return found
    then = Then(asked.since, asked.until, rules.book if rules else None, _swaps(reading, asked.until))
    return replace(found, at=at_moment(found, then))


def _swaps(reading: Reading, until: datetime) -> Swaps:
    stood = (s for s in reading.swaps() if s.made_at < until and (s.undone_at is None or s.undone_at >= until))
    return by_role(stood)


def _rows(facts: Facts, reading: Reading) -> list[Obligation]:
    """Everything that was to be told about a case: its own lines, and what any case told under a key that it shares."""
    lines = [key for note in reading.notifications(facts.row.id) for key in note.lines]
    known = {row.key: row for row in (*facts.obligations, *reading.requests(facts.row.id))}
    others = reading.obligations([key for key in lines if key not in known])
    known |= {row.key: row for row in others if row.case == facts.row.id}
    for about, key in dict.fromkeys((f"rule:{run.rule}", run.key) for run in facts.runs):
        known |= {row.key: row for row in reading.global_obligations(about, key)}
    return sorted(known.values(), key=lambda row: (row.made_at, row.at, row.key))


def _heard(facts: Facts, reading: Reading, traces: Sequence[Trace]) -> Iterator[Heard]:
    seqs = [stored.seq for stored in facts.messages]
    outcomes, again = reading.outcomes(seqs), reading.received_again(seqs)
    for number, stored in enumerate(facts.messages, start=1):
        message, repeated = stored.message, again.get(stored.seq)
        yield Heard(
            number=number,
            kind=message.kind,
            event=str(message.fields.get("event", "")),
            source=shown(message.source),
            by=message.source.removeprefix(_BY_PERSON) if message.source.startswith(_BY_PERSON) else "",
            alert=str(message.fields.get("reference", "")) if message.fields.get("event") in PEOPLE_EVENTS else "",
            record_version=message.version,
            sent_at=message.sent_at,
            received_at=message.received_at,
            outcome=outcomes.get(stored.seq, ""),
            rules_version=next((t.version for t in traces if stored.seq in t.seqs), ""),
            again=repeated.times if repeated else 0,
            again_at=repeated.last_at if repeated else None,
        )


def _decided(traces: Sequence[Trace], numbers: Mapping[int, int]) -> Iterator[Decided]:
    seen: frozenset[int] = frozenset()
    for trace in traces:
        fresh = sorted(numbers[seq] for seq in trace.seqs - seen if seq in numbers)
        seen |= trace.seqs
        yield Decided(trace.at, trace.version, dict(trace.rules), trace.labels, tuple(fresh), trace.lines)


def _alerts(facts: Facts) -> Iterator[AlertTold]:
    for alert in facts.alerts:
        yield AlertTold(
            code=alert.code,
            episode=alert.episode,
            state=alert.state,
            opened_at=alert.opened_at,
            rounds=alert.rounds,
            closed_at=alert.closed_at,
            accepted_by=alert.accepted_by,
            ladder=alert.ladder,
            duty=alert.duty,
            reasons=alert.reasons,
        )


def _by_start(clocks: Sequence[ClockRun]) -> list[ClockRun]:
    return sorted(clocks, key=lambda run: (run.known_at, run.due_at, run.clock))


def _clock(run: ClockRun, book: RuleBook | None, at: datetime) -> ClockTold:
    return ClockTold(
        clock=run.clock,
        episode=run.episode,
        state=state_now(run, book or RuleBook(run.version), at),
        rule=run.rule,
        known_at=run.known_at,
        start_at=run.start_at,
        due_at=run.due_at,
        estimated=run.estimated,
        stopped_at=run.stopped_at,
        stop_known_at=run.stop_known_at,
        withdrawn_at=run.withdrawn_at,
        rules_version=run.version,
    )


def _owed(row: Obligation) -> Owed:
    return Owed(
        key=str(row.key),
        about=row.key.about,
        step=row.key.step,
        role=row.key.role,
        shown=line_words(row.key.about, row.key.step, row.key.role),
        due_at=row.at,
        made_at=row.made_at,
        state=row.state,
        reason=row.reason,
        until=row.not_before,
        template=row.template,
        late=row.late,
        repeat=row.repeat,
        rules_version=row.version,
    )


def _message(note: Notification, reading: Reading) -> Message:
    return Message(
        id=note.id,
        asked=note.asked,
        role=note.role,
        person=note.person,
        why=note.why,
        by=note.channel,
        template=note.template,
        state=note.state,
        reason=note.reason,
        created_at=note.created_at,
        sent_at=note.sent_at,
        provider=note.provider,
        receipt_due_at=note.receipt_due_at,
        receipt_at=note.receipt_at,
        repeat=note.repeat,
        lines=tuple(map(str, note.lines)),
        attempts=tuple(
            Tried(each.number, each.begun_at, each.outcome, each.settled_at) for each in reading.attempts(note.id)
        ),
    )
