"""What a replay plays: messages of a stretch of time from the store, with everything that hangs together with them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from alertd.core.cross import spelled
from alertd.core.fold import field_set
from alertd.core.plan import plan
from alertd.daemon.replay_names import OnRecord
from alertd.daemon.replay_side import Past
from alertd.model.case import Facts, StoredMessage
from alertd.model.conditions import Another, Count
from alertd.model.ids import CaseId
from alertd.model.rulebook import RuleBook
from alertd.model.shifts import Swap
from alertd.model.values import Kind, Value
from alertd.service.ports import Snapshot
from alertd.store import SqlStore
from alertd.store.codec import receive_order

AFTERWARDS = timedelta(days=8)
"""How far the pretend clock runs on: what comes later under the other rules is later, not lost."""
_CHUNK = 500
Each = TypeVar("Each")


@dataclass(frozen=True, slots=True)
class Stored:
    """What was read.

    Attributes:
        number: Messages received in the stretch asked for.
        messages: All messages of the cases that they belong to, in the order received.
        cases: These cases.
    """

    number: int
    messages: list[StoredMessage]
    cases: list[Facts]


def read_past(store: SqlStore, since: datetime, until: datetime, most: int | None) -> Stored:
    """Read the messages of [since, until), and what hangs together with them up to `AFTERWARDS` later.

    Raises:
        StoreUnavailable: the store cannot be read.
    """
    messages: dict[int, StoredMessage] = {}
    cases: dict[CaseId, Facts] = {}
    with store.read_past() as past:
        owners, seqs = past.received(since, until, most)
        for chunk in _chunks(owners):
            _take(past.around([each for each in chunk if each not in cases], ()), messages, cases)
        for some in _chunks([seq for seq in seqs if seq not in messages]):
            _take(past.around((), some), messages, cases)
    known = [each for each in messages.values() if each.message.received_at < until + AFTERWARDS]
    return Stored(len(seqs), sorted(known, key=receive_order), list(cases.values()))


def _take(snapshot: Snapshot, messages: dict[int, StoredMessage], cases: dict[CaseId, Facts]) -> None:
    for facts in snapshot.facts:
        cases[facts.row.id] = facts
        messages |= {m.seq: m for m in facts.messages}
    messages |= {m.seq: m for m in snapshot.orphans}


def _chunks(of: Sequence[Each]) -> Iterator[Sequence[Each]]:
    return (of[start : start + _CHUNK] for start in range(0, len(of), _CHUNK))


class _Ties:
    """Union-find over whatever hangs together."""

    def __init__(self) -> None:
        self._parent: dict[Hashable, Hashable] = {}

    def root(self, node: Hashable) -> Hashable:
        """What stands for everything that a node is tied to."""
        parent = self._parent.setdefault(node, node)
        while parent != node:
            grand = self._parent[parent]
            self._parent[node] = grand
            node, parent = parent, grand
        return node

    def tie(self, nodes: Iterable[Hashable]) -> None:
        """Tie nodes together."""
        first: Hashable = None
        for node in nodes:
            root = self.root(node)
            first = root if first is None else first
            if root != first:
                self._parent[root] = first


def shards(stored: Stored, books: Sequence[RuleBook], swaps: Sequence[Swap], until: datetime) -> list[Past]:
    """Divide what is played into parts that see nothing of each other, the largest first.

    Messages hang together by every token that they carry, and by every value by which some rule of any of the books
    looks at other cases.
    """
    ties = _Ties()
    joins = _joins(books)
    for each in stored.messages:
        tokens = each.tokens
        ties.tie((tokens.record, *tokens.strong, *tokens.names, *tokens.about))
    for facts in stored.cases:
        ties.tie((*facts.strong, *(m.tokens.record for m in facts.messages)))
    roots = {each.tokens.record: ties.root(each.tokens.record) for each in stored.messages}
    numbers: dict[Hashable, int] = {root: number for number, root in enumerate(dict.fromkeys(roots.values()))}
    for each in stored.messages:
        ties.tie((each.tokens.record, *_seen_by(each, joins)))
    on_record = {m.seq: record for facts in stored.cases for record in [_on_record(facts)] for m in facts.messages}
    parts: dict[Hashable, Past] = {}
    for each in stored.messages:
        record = each.tokens.record
        part = parts.setdefault(ties.root(record), Past([], {}, {}, swaps, until))
        part.messages.append(each)
        part.components[record] = numbers[roots[record]]
        if each.seq in on_record and each.message.kind is Kind.INCIDENT:
            part.on_record[each.seq] = on_record[each.seq]
    return sorted(parts.values(), key=lambda part: -len(part.messages))


def _on_record(facts: Facts) -> OnRecord:
    return OnRecord(facts.row.ref, facts.alerts)


def _joins(books: Sequence[RuleBook]) -> set[tuple[str, str]]:
    """Fields by whose values rules look at other cases or share a key with them, with the name of the comparison."""
    found: set[tuple[str, str]] = set()
    for book in books:
        for leaf in book.leaves.values():
            if isinstance(leaf, Count):
                found.add((leaf.same or "", leaf.same or ""))
            for join in leaf.joins if isinstance(leaf, Another) else ():
                found |= {(join.this, join.this), (join.other, join.this)}
        found |= {(book.rules[rule].once_per[0], f"key:{rule}") for rule in plan(book).shared}
    return found


def _seen_by(stored: StoredMessage, joins: Iterable[tuple[str, str]]) -> Iterator[Hashable]:
    """What stands for the values by which a message is seen from other cases, or looks at them."""
    fields = stored.message.fields
    answered = field_set(stored.message) if stored.message.kind is Kind.STATUS else None
    for field, name in joins:
        if not field:
            yield "everything"
        elif (value := fields.get("value") if answered == field else fields.get(field)) is not None:
            yield from ((name, word) for word in _words(value))


def _words(value: Value) -> Iterator[str]:
    if isinstance(value, tuple):
        yield from map(spelled, value)
    else:
        yield spelled(value)
