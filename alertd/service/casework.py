"""Casework: decide the cases that a batch of messages, or time, has touched; and write what was decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from alertd.core.decide import Terms
from alertd.core.partition import Group, partition
from alertd.model.case import MessageOutcome, StoredMessage
from alertd.model.ids import CaseId, Token
from alertd.model.values import Kind
from alertd.model.view import Matcher
from alertd.service.deciding import Decided, candidate, change, changed_groups, decide_all, rechecks
from alertd.service.orphans import found_their_case, tell_in_an_hour
from alertd.service.ports import Reading, Snapshot, Writing
from alertd.service.system_lines import duplicate_line, unknown_fields_line
from alertd.service.taken import tell_taken


@dataclass(frozen=True, slots=True)
class Ruling:
    """The rules in force and who judges by them; swapped as one."""

    terms: Terms
    matcher: Matcher


@dataclass(frozen=True, slots=True)
class IntakeSettings:
    """How messages are read.

    Attributes:
        prefix: Borough's prefix of case references.
        by_system: Scope `person.ref` by `record.system`.
        keep: Fields kept although dropped otherwise.
        synonyms: Other word → word of the vocabulary.
        watched: Senders of whom it is noted when they were last heard.
    """

    prefix: str = "WF"
    by_system: bool = False
    keep: frozenset[str] = frozenset()
    synonyms: Mapping[str, str] = field(default_factory=dict)
    watched: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Batch:
    """New messages, what was decided by them, the statuses no case answers to, and what became of each new message."""

    stored: list[StoredMessage]
    decided: list[Decided]
    orphans: list[StoredMessage]
    outcomes: dict[int, MessageOutcome]


class Casework:
    """Decides and writes under one ruling."""

    def __init__(self, ruling: Ruling, prefix: str, new_id: Callable[[], str]) -> None:
        self._ruling = ruling
        self._prefix = prefix
        self._new_id = new_id

    def decide(self, stored: Sequence[StoredMessage], now: datetime, reading: Reading) -> Batch:
        """Decide what new messages (provisional seqs below 0) touch.

        Raises:
            MatcherError: the rules do not settle.
        """
        asked = [each.tokens.strong | each.tokens.names | {*each.tokens.about, each.tokens.record} for each in stored]
        found = reading.closures(asked) if stored else []
        groups: list[tuple[Group, Snapshot]] = []
        orphans: list[StoredMessage] = []
        for snapshot, mine in _by_snapshot(stored, found):
            known = [m for fact in snapshot.facts for m in fact.messages]
            parts, left = partition(snapshot.facts, _once_each([*known, *snapshot.orphans, *mine]))
            groups += [(group, snapshot) for group in changed_groups(parts, snapshot.facts)]
            orphans += left
        decided = self._decided(groups, now, reading)
        return Batch(list(stored), decided, orphans, _outcomes(stored, decided))

    def decide_again(self, cases: Sequence[CaseId], now: datetime, reading: Reading) -> Batch:
        """Decide stored cases at a moment: time has passed, or other cases changed."""
        groups: list[tuple[Group, Snapshot]] = []
        wanted = set(cases)
        snapshot = reading.closure((), cases)
        known = [m for fact in snapshot.facts for m in fact.messages]
        parts, _ = partition(snapshot.facts, _once_each([*known, *snapshot.orphans]))
        groups = [(group, snapshot) for group in parts if wanted & {row.id for row in group.cases}]
        return Batch([], self._decided(groups, now, reading), [], {})

    def _decided(self, groups: Sequence[tuple[Group, Snapshot]], now: datetime, reading: Reading) -> list[Decided]:
        candidates = [candidate(group, snapshot.facts, self._new_id) for group, snapshot in groups]
        return decide_all(candidates, now, self._ruling.terms, self._ruling.matcher, reading)

    def write(self, batch: Batch, writing: Writing, now: datetime) -> None:
        """Write a batch in the caller's transaction.

        Raises:
            StaleWrite: what was read has moved on; decide again.
        """
        terms = self._ruling.terms
        rows = [(m.message, m.tokens, batch.outcomes[m.seq]) for m in batch.stored]
        seqs = dict(zip((m.seq for m in batch.stored), writing.add_messages(rows), strict=True))
        # References and codes are drawn first: the store checks what was read before it writes the first case.
        changes = [change(decided, seqs, writing, terms, self._prefix, now) for decided in batch.decided]
        for each in changes:
            writing.put_case(each)
        for each, decided in zip(changes, batch.decided, strict=True):
            tell_taken(each, decided.candidate.facts.alerts, terms.plan.book, writing, now)
        if affected := rechecks(batch.decided, writing, terms):
            writing.enqueue_rechecks(sorted(affected), now)
        tell_in_an_hour(batch.orphans, writing, now)
        found_their_case(batch.decided, writing, now)
        settled = _settled_outcomes(batch)
        if settled:
            writing.set_outcomes(settled)
        self._notes(batch, writing, now, terms.hashed)

    def _notes(self, batch: Batch, writing: Writing, now: datetime, hashed: Callable[[str], Token]) -> None:
        lines = [line for m in batch.stored if (line := unknown_fields_line(m.message, now, hashed)) is not None]
        for decided in batch.decided:
            own = decided.candidate.facts.row.id
            for identity in {m.message.identity for m in decided.candidate.group.messages if m.seq < 0} - {None}:
                if identity is None:
                    continue
                # The newest of them: answers chain, and a name that a hundred cases share makes no ten thousand notes.
                others = [c for c in writing.same_identity(identity) if c != own][-1:]
                lines += [duplicate_line(own, other, now, hashed) for other in others]
        if lines:
            writing.add_obligations(lines)


def _by_snapshot(
    stored: Sequence[StoredMessage], found: Sequence[Snapshot]
) -> list[tuple[Snapshot, list[StoredMessage]]]:
    """New messages by what they hang together with: groups that share a snapshot are decided as one."""
    by_id: dict[int, tuple[Snapshot, list[StoredMessage]]] = {}
    for message, snapshot in zip(stored, found, strict=True):
        by_id.setdefault(id(snapshot), (snapshot, []))[1].append(message)
    return list(by_id.values())


def _once_each(messages: Sequence[StoredMessage]) -> list[StoredMessage]:
    """Statuses noted on several cases come with each of them; here they stand once."""
    return list({m.seq: m for m in messages}.values())


def _outcomes(stored: Sequence[StoredMessage], decided: Sequence[Decided]) -> dict[int, MessageOutcome]:
    """What became of each new message; one that no case took is an orphan."""
    outcomes = {m.seq: MessageOutcome.ORPHAN for m in stored}
    for each in decided:
        for m in each.candidate.group.messages:
            if m.seq in outcomes:
                outcomes[m.seq] = _outcome(m, each)
    return outcomes


def _outcome(stored: StoredMessage, decided: Decided) -> MessageOutcome:
    if stored.seq in decided.decision.fold.superseded:
        return MessageOutcome.SUPERSEDED
    if stored.message.kind is Kind.STATUS or stored.tokens.record in decided.decision.matched_records:
        return MessageOutcome.ACTED
    return MessageOutcome.NO_MATCH


def _settled_outcomes(batch: Batch) -> dict[int, MessageOutcome]:
    """Outcomes of earlier messages, which a correction or a late incident may have given a case, or taken away."""
    found = {m.seq: MessageOutcome.ORPHAN for m in batch.orphans if m.seq > 0}
    for each in batch.decided:
        found |= {m.seq: _outcome(m, each) for m in each.candidate.group.messages if m.seq > 0}
    return found
